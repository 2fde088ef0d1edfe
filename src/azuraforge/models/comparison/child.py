"""Comparison of two models on the same held-out rows, by the gate's method, in a child process with NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.models.comparison.messages import JudgedErrors, PairInput
from azuraforge.models.comparison.schemas import PairNumbers
from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.evidence import compare as compare_contenders
from azuraforge.models.gate.reasons import shown_figures
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.task_kind import AnyTaskKind
from azuraforge.plugins.discovery.loading import load_task_kind

LEVEL = 0.95


class Asked(Protocol):
    """Protocol of the child process connection, as far as this entry point uses it."""

    @property
    def payload(self) -> Mapping[str, object]: ...


def compare(child: Asked) -> PairNumbers:
    """Compare the models of two runs by the gate metric of their task kind.

    The payload of ``child`` is a ``PairInput``. Raises InvalidInput if the stored errors belong to different rows.
    """
    wanted = PairInput.model_validate(child.payload)
    kind = load_task_kind(wanted.task, wanted.plugins_folder)
    metric = kind.gate_metric(None)
    one, other = (
        Contender(side, _losses(of, kind, metric), metric=metric) for side, of in (("a", wanted.a), ("b", wanted.b))
    )
    if one.losses.shape != other.losses.shape or not np.array_equal(np.isnan(one.losses), np.isnan(other.losses)):
        raise InvalidInput(
            "the stored errors of the two runs do not belong to the same rows",
            where="errors.npz",
            next_step="compare runs that were evaluated on the same test set",
        )
    found = compare_contenders(one, other, horizon=wanted.horizon, season=wanted.season, level=LEVEL, seed=wanted.seed)
    verdict: Literal["a_better", "b_better", "no_difference", "too_few"] = "no_difference"
    if found.low is None or found.high is None:
        verdict = "too_few"
    elif found.high < 0:
        verdict = "a_better"
    elif found.low > 0:
        verdict = "b_better"
    return PairNumbers(
        metric=found.metric.name,
        relative_difference=found.relative_difference,
        difference=found.difference,
        shown={language: shown_figures(found.params, language) for language in ("en", "tr")},
        low=found.low,
        high=found.high,
        level=found.level,
        pieces=found.pieces,
        origins=found.origins,
        verdict=verdict,
    )


def _losses(side: JudgedErrors, kind: AnyTaskKind, metric: MetricFacts) -> Floats:
    with np.load(side.errors, allow_pickle=False) as arrays:
        return kind.stored_losses(arrays, side.name, metric)
