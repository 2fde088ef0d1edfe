"""Which baselines stand beside a pipeline: its task decides, not its author."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.vision.config import ClassifyConfig

#: Task → pipelines that every candidate is judged beside. They are plugins like any other and may become champion.
BASELINES: Mapping[str, tuple[str, ...]] = {
    "forecast": (
        "forecasting.naive",
        "forecasting.seasonal_naive",
        "forecasting.random_walk_drift",
        "forecasting.ets",
        "forecasting.ridge",
    ),
    "classify": ("vision.majority", "vision.logistic", "vision.neighbours"),
}

#: Task → the settings that the task itself needs; a baseline gets these of the run's config and no others.
TASK_CONFIGS: Mapping[str, type[BaseModel]] = {"forecast": ForecastConfig, "classify": ClassifyConfig}


def baselines_of(task: str, candidate: str) -> tuple[str, ...]:
    """The baselines beside ``candidate``; a baseline that is itself the candidate is not its own rival.

    Example:
        >>> "forecasting.ridge" in baselines_of("forecast", "forecasting.ridge")
        False
    """
    return tuple(name for name in BASELINES[task] if name != candidate)


def baseline_config(task: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The task's own settings out of a run's config."""
    return {name: config[name] for name in TASK_CONFIGS[task].model_fields if name in config}
