"""Conditions of a comparison: enough rows that neither side has learned from, and losses of the same targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from azuraforge.models.gate.contenders import Champion, Contender
from azuraforge.models.gate.reasons import Reason

#: Minimum number of origins or examples for a decision.
MIN_ORIGINS = 30
#: Minimum number of independent pieces for a decision: origins divided by the horizon, fewer if errors are
#: autocorrelated.
MIN_PIECES = 3

#: Codes of reasons why a champion cannot be compared with the candidate.
INCOMPARABLE = (
    "other_target",
    "other_unit",
    "other_horizon",
    "other_kind",
    "other_classes",
    "other_size",
    "other_frequency",
    "lineage_unknown",
    "champion_unreadable",
    "no_common_series",
    "champion_changed",
)


def needed_origins(horizon: int, season: int, *, in_time: bool = True) -> int:
    """Return the minimum number of origins for a decision: 30, and along a series at least a season and three horizons.

    Example:
        >>> needed_origins(8, 52), needed_origins(24, 24), needed_origins(24, 24, in_time=False)
        (52, 72, 30)
    """
    return max(MIN_ORIGINS, season, MIN_PIECES * horizon) if in_time else MIN_ORIGINS


def incomparable(code: str, **params: bool | int | float | str | None) -> Reason:
    """Return the reason why a champion cannot be compared, for ``Champion.obstacle``.

    Codes that begin with ``other_`` require the values ``champion`` and ``candidate``; ``champion_unreadable`` requires
    ``problem``, ``champion_changed`` the versions ``judged`` and ``present``, and ``no_common_series`` requires
    ``count``. ``lineage_unknown`` has no values. Raises ValueError if ``code`` is not in ``INCOMPARABLE``.
    """
    if code not in INCOMPARABLE:
        raise ValueError(f"{code!r} is none of {', '.join(INCOMPARABLE)}")
    return Reason(code, params)


def check_together(candidate: Contender, baselines: Sequence[Contender], champion: Champion | None) -> None:
    """Raise ValueError if the contenders cannot be compared with one another.

    This is so if names repeat, if there is no baseline, if metrics differ, if the losses do not have the same shape and
    missing targets, or if a loss is infinite or negative.
    """
    if not baselines:
        raise ValueError("the gate needs at least one baseline: a score without its baseline means nothing")
    judged: list[Contender] = [candidate, *baselines]
    if champion is not None:
        judged += [] if champion.obstacle is not None else [champion]
        if champion.obstacle is None and champion.unseen.shape != (len(champion.losses),):
            raise ValueError(f"unseen needs one flag per origin, got {champion.unseen.shape}")
    if len({contender.metric.name for contender in judged}) != 1:
        raise ValueError("contenders are compared by one metric")
    names = [contender.name for contender in [candidate, *baselines]] + ([champion.name] if champion else [])
    if len(set(names)) != len(names):
        raise ValueError(f"contenders need names of their own, got {', '.join(names)}")
    missing = np.isnan(candidate.losses)
    for contender in judged:
        if contender.losses.ndim != 2 or contender.losses.shape != candidate.losses.shape:
            raise ValueError(
                f"{contender.name}: losses need shape {candidate.losses.shape}, got {contender.losses.shape}"
            )
        answered = contender.answered if isinstance(contender, Champion) else None
        expected = missing if answered is None else missing | ~answered
        if not np.array_equal(np.isnan(contender.losses), expected):
            raise ValueError(f"{contender.name}: losses are missing (NaN) elsewhere than {candidate.name}'s")
        if np.isinf(contender.losses).any() or (contender.losses < 0).any():
            raise ValueError(f"{contender.name}: losses must be finite and not negative")
