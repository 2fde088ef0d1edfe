"""Two models on the same held-out rows, compared as the gate compares. Runs in a child: NumPy and SciPy live here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from azuraforge.errors import InvalidInput
from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.evidence import compare as compare_contenders
from azuraforge.models.gate.reasons import told

LEVEL = 0.95


class Child(Protocol):
    """The child side of a call, as this step sees it."""

    payload: dict[str, Any]


def compare(child: Child) -> dict[str, Any]:
    """Payload: task, horizon, season, seed, a and b ``{"errors": path, "name"}``. Result: fields of ``PairOut``."""
    payload = child.payload
    metric: Any = "error_rate" if payload["task"] == "classify" else "rmse"
    one, other = (Contender(side, _losses(payload[side], payload["task"]), metric=metric) for side in ("a", "b"))
    if one.losses.shape != other.losses.shape or not np.array_equal(np.isnan(one.losses), np.isnan(other.losses)):
        raise InvalidInput("the stored errors of the two runs do not belong to the same rows", where="errors.npz")
    how = {"horizon": payload["horizon"], "season": payload["season"], "level": LEVEL, "seed": payload["seed"]}
    found = compare_contenders(one, other, **how)
    if found.low is None or found.high is None:
        verdict = "too_few"
    else:
        verdict = "a_better" if found.high < 0 else "b_better" if found.low > 0 else "no_difference"
    return {
        "metric": found.metric,
        "relative_difference": found.relative_difference,
        "difference": found.difference,
        "shown": {language: told(found.params, language) for language in ("en", "tr")},
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "block": found.block,
        "origins": found.origins,
        "verdict": verdict,
    }


def _losses(side: Mapping[str, Any], task: str) -> NDArray[np.float64]:
    """``(origin, horizon)`` squared errors, or ``(example, 1)`` 1 where the answer was wrong."""
    with np.load(side["errors"], allow_pickle=False) as arrays:
        if task == "classify":
            return np.asarray(arrays[f"{side['name']}/wrong"], dtype=np.float64)[:, None]
        return np.square(np.asarray(arrays[side["name"]], dtype=np.float64))
