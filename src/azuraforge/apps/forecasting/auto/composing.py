"""Composition of a ``forecasting.auto`` run: members, weights, and the reasons why some members are left out."""

from __future__ import annotations

from collections.abc import Iterable

from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.auto.learning import Progress
from azuraforge.apps.forecasting.auto.weights import Combination
from azuraforge.plugins.contract.composition import Composition, LeftOutMember, Member
from azuraforge.plugins.contract.sentences import in_each_language

#: Message keys of the reasons why members are not tried.
TOO_FEW, RAISED, TOO_SLOW = "auto.validation_too_short", "auto.raised", "auto.too_slow"


def composed(
    combination: Combination, progress: Progress, config: AutoConfig, not_tried: Iterable[LeftOutMember] = ()
) -> Composition:
    """Return the composition of the fitted members.

    Args:
        combination: weights and scores of the members.
        progress: finished work of the run.
        config: config of the run.
        not_tried: members that were not tried; members that an earlier attempt of the run has tried are skipped.
    """
    weights = combination.weights
    names = sorted(
        progress.members, key=lambda name: (-weights.get(name, 0.0), combination.scores.get(name) or 0.0, name)
    )
    members = tuple(
        Member(
            name=name,
            weight=weights.get(name, 0.0),
            score=combination.scores.get(name),
            seconds=progress.seconds.get(name),
            trials=max(1, progress.trials.get(name, 1)),
        )
        for name in names
    )
    tried = {*progress.members, *progress.left_out}
    left_out = [progress.left_out[name] for name in sorted(progress.left_out)]
    # A single member is not a combination, whatever the rule: the others failed, diverged or got no weight.
    alone = sum(weight > 0 for weight in weights.values()) == 1
    return Composition(
        rule="single" if alone else combination.rule,
        measure=in_each_language("auto.measure_squared" if combination.squared else "auto.measure"),
        members=members,
        left_out=(*left_out, *(each for each in not_tried if each.name not in tried)),
        budget_seconds=config.budget_seconds,
    )
