"""A model's own terms: the gate under them, and who set them when."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models.gate.contenders import Champion, Contender, Slice
from azuraforge.models.gate.policy import GatePolicy, GuardedSlice, Measured
from azuraforge.models.gate.verdict import Verdict, decide
from azuraforge.models.schemas import PolicyRequest
from azuraforge.plugins.kinds.forecast.kind import Forecast

Make = Callable[..., Path]
ORIGINS = 400


def _judged(
    policy: GatePolicy, candidate: float = 0.9, champion: float | None = 1.0, baseline: float = 1.2, **options: Any
) -> Verdict:
    """Everybody makes the same errors, scaled: differences are as sure as they are large."""
    noise = np.abs(np.random.default_rng(7).normal(size=(ORIGINS, 2)))
    power = 1 if policy.metric == "mae" else 2
    metric = Forecast.facts().gate_metric(policy.metric)

    def losses(scale: float) -> np.ndarray:
        return (scale * noise) ** power

    holder = None
    if champion is not None:
        holder = Champion("load v1", losses(champion), metric=metric, unseen=np.ones(ORIGINS, dtype=bool))
    return decide(
        Contender("new", losses(candidate), metric=metric),
        [Contender("naive", losses(baseline), metric=metric)],
        holder,
        horizon=2,
        season=1,
        resamples=200,
        policy=policy,
        **options,
    )


def _codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_win_smaller_than_the_margin_is_none() -> None:
    assert _judged(GatePolicy()).decision == "promoted"
    assert _judged(GatePolicy(margin=0.05)).decision == "promoted"
    kept = _judged(GatePolicy(margin=0.15))
    assert (kept.decision, kept.champion) == ("kept", "load v1")
    assert _codes(kept)[:2] == ["margin_relative", "not_better_than_champion"]
    assert "15 %" in kept.reasons[0].text("en")
    # The champion's RMSE is about 1, so 0.05 of the unit is less than the difference and 0.2 is more.
    assert _judged(GatePolicy(margin=0.05, margin_kind="absolute")).decision == "promoted"
    assert _judged(GatePolicy(margin=0.2, margin_kind="absolute")).decision == "kept"
    first = _judged(GatePolicy(margin=0.5), champion=None)
    assert first.decision == "baseline_promoted"
    assert _judged(GatePolicy(margin=0.1), champion=None).decision == "promoted"


def test_another_metric_is_read_as_itself() -> None:
    squared, absolute = _judged(GatePolicy()), _judged(GatePolicy(metric="mae"))
    for verdict in (squared, absolute):
        assert verdict.comparisons[-1].relative_difference == pytest.approx(-0.1)
    assert absolute.comparisons[-1].metric.name == "mae"
    assert "MAE −10 %" in absolute.reasons[0].text("en")
    # At most 10 % worse is at most 10 % in either metric.
    worse = Slice("first step", np.tile([True, False], (ORIGINS, 1)), 0.1)
    for metric in ("rmse", "mae"):
        verdict = _judged(GatePolicy(metric=metric), candidate=1.05, slices=[worse])
        assert "slice_worse" not in _codes(verdict)
        assert "slice_worse" in _codes(_judged(GatePolicy(metric=metric), candidate=1.15, slices=[worse]))


@pytest.mark.parametrize(
    ("policy", "measured", "code"),
    [
        (GatePolicy(max_latency_ms=5), Measured(latency_ms=6.5), "too_slow"),
        (GatePolicy(max_latency_ms=5), Measured(), "latency_not_measured"),
        (GatePolicy(max_bytes=1000), Measured(bytes=1001), "too_large"),
        (GatePolicy(max_latency_ms=5, max_bytes=1000), Measured(latency_ms=4.9, bytes=1000), None),
    ],
)
@pytest.mark.parametrize("champion", [None, 1.0])
def test_limits(policy: GatePolicy, measured: Measured, code: str | None, champion: float | None) -> None:
    verdict = _judged(policy, champion=champion, measured=measured)
    if code is None:
        assert verdict.decision == "promoted"
        return
    assert verdict.decision == ("kept" if champion else "baseline_promoted")
    assert code in _codes(verdict)
    assert verdict.record().measured == measured


SMALL = GatePolicy(max_bytes=1000)


@pytest.mark.parametrize(
    ("policy", "candidate", "champion", "measured", "headline"),
    [
        (GatePolicy(max_latency_ms=5), 0.9, None, Measured(latency_ms=6.5), "baseline_barred"),
        (GatePolicy(max_latency_ms=5), 0.9, None, Measured(), "baseline_barred"),
        (SMALL, 0.9, None, Measured(bytes=1001), "baseline_barred"),
        (SMALL, 0.9, 2.0, Measured(bytes=1001), "baseline_barred"),
        (SMALL, 1.2, None, Measured(bytes=1001), "baseline_barred"),
        (GatePolicy(margin=0.5), 0.9, None, Measured(), "baseline_barred"),
        (GatePolicy(), 1.2, None, Measured(), "baseline_unproven"),
        (GatePolicy(), 2.0, 2.0, Measured(), "baseline_unproven"),
    ],
)
def test_a_proven_lead_is_not_called_unproven(
    policy: GatePolicy, candidate: float, champion: float | None, measured: Measured, headline: str
) -> None:
    verdict = _judged(policy, candidate=candidate, champion=champion, measured=measured)
    assert verdict.decision == "baseline_promoted"
    assert verdict.record(candidate_first=True).headline == headline
    assert verdict.record().headline == "baseline_promoted"


def test_where_a_person_promotes_the_gate_only_approves() -> None:
    by_hand = GatePolicy(automatic=False)
    verdict = _judged(by_hand)
    assert (verdict.decision, verdict.approved, verdict.champion) == ("approved", "new", "load v1")
    assert _codes(verdict)[-1] == "promotion_by_hand"
    first = _judged(by_hand, champion=None, candidate=1.5)
    assert (first.decision, first.approved, first.champion) == ("approved", "naive", "")
    assert first.record(candidate_first=True).headline == "approved"
    assert _judged(by_hand, candidate=1.1).decision == "kept"


def test_a_policy_is_what_it_was_written_as() -> None:
    hours = GuardedSlice(by="hour", margin=0.2, values=("7", "8"))
    limits: dict[str, Any] = {"max_latency_ms": 5.0, "max_bytes": 10_000, "automatic": False}
    policy = GatePolicy(number=3, metric="mae", margin=0.1, margin_kind="absolute", slices=(hours,), **limits)
    assert GatePolicy.model_validate_json(policy.model_dump_json()) == policy
    assert GatePolicy.model_validate({}) == GatePolicy()


def test_policies_are_numbered_and_say_who_set_them(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder())
    policies = system.service.policies
    own = policies.show(project_id, "load")
    assert (own.number, own.automatic, own.metric, own.by) == (0, True, None, None)
    with system.database.read(project_id) as session:
        assert policies.current(session, "load") == GatePolicy()
        assert policies.current(session, "not made yet") == GatePolicy()
    slices = (GuardedSlice(by="hour", margin=0.05, values=("7", "8")),)
    request = PolicyRequest(margin=0.02, slices=slices, automatic=False, reason="mornings matter")
    assert policies.set(project_id, "load", request, "ayşe").number == 1
    policies.set(project_id, "load", PolicyRequest(metric="mae", reason="simpler"), "kemal")
    told = policies.list(project_id, "load").items
    assert [(each.number, each.by, each.reason) for each in told] == [
        (2, "kemal", "simpler"),
        (1, "ayşe", "mornings matter"),
        (0, None, None),
    ]
    assert told[1].slices[0].values == ("7", "8")
    page = policies.list(project_id, "load", limit=2)
    assert [*page.items, *policies.list(project_id, "load", limit=2, after=page.next).items] == told
    with system.database.read(project_id) as session:
        assert policies.current(session, "load") == GatePolicy(number=2, metric="mae")


def test_what_cannot_be_judged_is_refused(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder())
    policies = system.service.policies
    with pytest.raises(InvalidInput, match="metric 'log_loss' is not a gate metric"):
        policies.set(project_id, "load", PolicyRequest(metric="log_loss", reason="r"), "a")
    with pytest.raises(InvalidInput, match="cannot be sliced by 'class'"):
        policies.set(project_id, "load", PolicyRequest(slices=(GuardedSlice(by="class"),), reason="r"), "a")
    with pytest.raises(NotFound):
        policies.set(project_id, "nobody", PolicyRequest(reason="r"), "a")
    with pytest.raises(ValidationError):
        PolicyRequest(margin=-1, reason="r")


def test_where_another_member_approves_the_gate_asks() -> None:
    verdict = _judged(GatePolicy(approvals=1))
    assert (verdict.decision, verdict.approved, verdict.champion) == ("approved", "new", "load v1")
    assert _codes(verdict)[-1] == "promotion_awaits_approval"
    assert verdict.record().awaits_approval
    assert not _judged(GatePolicy(approvals=1, automatic=False)).record().awaits_approval
    assert _judged(GatePolicy(approvals=1), candidate=1.1).decision == "kept"
