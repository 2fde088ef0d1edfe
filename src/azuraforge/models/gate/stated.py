"""Reasons that a verdict states about its comparisons and the policy's margin."""

from __future__ import annotations

from azuraforge.models.gate.comparability import MIN_PIECES
from azuraforge.models.gate.evidence import Comparison, measured
from azuraforge.models.gate.policy import GatePolicy
from azuraforge.models.gate.reasons import Reason
from azuraforge.plugins.contract.metric import MetricFacts


def stated_margin(policy: GatePolicy, metric: MetricFacts) -> list[Reason]:
    """Return the reason that states the margin which a policy requires; empty without a margin."""
    if not policy.margin:
        return []
    if policy.margin_kind == "relative":
        return [Reason("margin_relative", {"margin": policy.margin, **measured(metric)})]
    return [Reason("margin_absolute", {"amount": f"{policy.margin:g}", **measured(metric)})]


def about(code: str, comparison: Comparison) -> Reason:
    """Return the reason ``code`` with the numbers of a comparison."""
    return Reason(code, comparison.params)


def compared_with_champion(comparison: Comparison) -> Reason:
    """Return the reason that states the result of the comparison with the champion."""
    if comparison.unknown is not None:
        return remembering("too_wide", comparison)
    return about("beats_champion" if comparison.better else "not_better_than_champion", comparison)


def remembering(code: str, comparison: Comparison) -> Reason:
    """Return the reason why the origins do not suffice, with the number of independent origins that they are worth."""
    return Reason(code, {**comparison.params, "worth": worth(comparison), "needed": MIN_PIECES})


def worth(comparison: Comparison) -> int:
    """Return the number of independent rows with the same information, as a whole number of at least 1."""
    return max(1, int(comparison.pieces))
