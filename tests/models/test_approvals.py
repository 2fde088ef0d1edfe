"""A promotion under a policy with approvals waits for another person, and is checked again when it is approved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from azuraforge.database import Scope, UnitOfWork
from azuraforge.errors import Conflict, Forbidden, NotFound
from azuraforge.models.promotion_schemas import PromotionOut
from azuraforge.models.promotion_tables import ModelPromotion, PromotionApproval
from azuraforge.models.registry.names import BY_GATE
from azuraforge.models.registry.waiting import Actor
from azuraforge.models.schemas import PolicyRequest

Make = Callable[..., Path]
AYSE, KEMAL, DENIZ = (Actor(name, f"person-{name}") for name in ("ayse", "kemal", "deniz"))


@pytest.fixture
def models(system: Any, project_id: str, make_folder: Make) -> Any:
    """Version 1 is champion, version 2 is not, and the policy demands an approval."""
    for step in (1.0, 2.0, 3.0):
        system.add_version(project_id, make_folder(step))
    system.service.aliases.promote_by_hand(project_id, "load", 1, alias="champion", reason="first", by="ayse")
    demand(system.service, project_id)
    return system.service


def demand(models: Any, project_id: str, approvals: int = 1, **terms: Any) -> None:
    models.policies.set(project_id, "load", PolicyRequest(approvals=approvals, reason="four eyes"), "ayse", **terms)


def ask(models: Any, project_id: str, version: int = 2, asker: Actor = AYSE, alias: str = "champion") -> Any:
    return models.aliases.promote_by_hand(
        project_id, "load", version, alias=alias, reason="better at night", by=asker.name, person=asker.person
    )


def waiting(models: Any, project_id: str, caller: str | None = None) -> list[PromotionOut]:
    return list(models.approvals.list(project_id, "load", caller, is_open=True).items)


def listed(models: Any, project_id: str) -> list[int]:
    """The versions that wait in the list of models."""
    id_ = models.reads.show(project_id, "load").id
    return list(models.live.of_models(project_id, [id_])[id_].waiting)


def champion(models: Any, project_id: str) -> int | None:
    return models.reads.show(project_id, "load").champion


def actions(models: Any, project_id: str) -> list[tuple[str, int | None, str]]:
    return [(line.action, line.version, line.by) for line in models.aliases.history(project_id, "load").items]


def approve(models: Any, project_id: str, number: int, approver: Actor = KEMAL, **more: Any) -> Any:
    return models.approvals.approve(project_id, "load", number, approver=approver, **more)


def test_a_promotion_waits_until_another_person_approves_it(system: Any, models: Any, project_id: str) -> None:
    asked = ask(models, project_id)
    assert (asked.action, asked.version, champion(models, project_id)) == ("wait", 2, 1)
    (open_one,) = waiting(models, project_id, KEMAL.person)
    assert (open_one.reason, open_one.by, open_one.may_approve) == ("better at night", "ayse", True)
    assert not waiting(models, project_id, AYSE.person)[0].may_approve
    assert not waiting(models, project_id, None)[0].may_approve
    assert listed(models, project_id) == [2]
    moved = approve(models, project_id, open_one.number, reason="I saw the weekend")
    assert (moved.action, moved.version, moved.previous_version, champion(models, project_id)) == ("promote", 2, 1, 2)
    assert actions(models, project_id)[:2] == [("promote", 2, "kemal"), ("wait", 2, "ayse")]
    assert moved.reason == "I saw the weekend (approved; ayse asked for it: better at night)"
    assert (waiting(models, project_id), listed(models, project_id)) == ([], [])
    types = [event.type for event in system.events.read(project_id, "project") if event.type.startswith("model.promo")]
    assert types[-3:] == ["model.promotion_waiting", "model.promoted", "model.promotion_approved"]


def test_who_asked_may_not_approve_but_may_decline(models: Any, project_id: str) -> None:
    ask(models, project_id)
    number = waiting(models, project_id)[0].number
    with pytest.raises(Forbidden, match="you asked for this promotion"):
        approve(models, project_id, number, AYSE)
    assert champion(models, project_id) == 1
    declined = models.approvals.decline(project_id, "load", number, by="ayse", reason="not yet")
    assert (declined.action, declined.reason, champion(models, project_id)) == ("decline", "not yet", 1)
    assert actions(models, project_id)[:2] == [("decline", 2, "ayse"), ("wait", 2, "ayse")]


def test_a_decided_promotion_is_not_decided_again(models: Any, project_id: str) -> None:
    ask(models, project_id)
    number = waiting(models, project_id)[0].number
    approve(models, project_id, number)
    for again in (
        lambda: approve(models, project_id, number),
        lambda: models.approvals.decline(project_id, "load", number, by="kemal"),
    ):
        with pytest.raises(Conflict, match="does not wait any more") as refused:
            again()
        assert refused.value.error_code == "promotion_decided"
    with pytest.raises(NotFound):
        approve(models, project_id, 99)


def test_a_newer_promotion_replaces_the_waiting_one_of_its_alias(models: Any, project_id: str) -> None:
    ask(models, project_id, 2)
    ask(models, project_id, 2, alias="night")
    ask(models, project_id, 3, KEMAL)
    assert [(each.alias, each.version) for each in waiting(models, project_id)] == [("champion", 3), ("night", 2)]
    everything = models.approvals.list(project_id, "load").items
    assert [each.state for each in everything] == ["waiting", "waiting", "replaced"]
    assert actions(models, project_id)[:3] == [("wait", 3, "kemal"), ("replace", 2, "kemal"), ("wait", 2, "ayse")]
    with pytest.raises(Conflict, match="does not wait any more"):
        approve(models, project_id, everything[-1].number, DENIZ)


def test_what_changed_meanwhile_is_a_conflict(models: Any, project_id: str) -> None:
    ask(models, project_id)
    number = waiting(models, project_id)[0].number
    models.trash.delete(project_id, "load", 2, "deniz")
    with pytest.raises(Conflict, match="was deleted") as deleted:
        approve(models, project_id, number)
    assert "models decline load" in (deleted.value.next_step or "")
    models.trash.restore(project_id, "load", 2)
    approve(models, project_id, number)
    assert champion(models, project_id) == 2


def test_a_move_of_the_alias_replaces_the_waiting_promotion(models: Any, project_id: str) -> None:
    ask(models, project_id)
    approve(models, project_id, waiting(models, project_id)[0].number)
    ask(models, project_id, 3)
    ask(models, project_id, 3, alias="night")
    models.aliases.rollback_by_hand(project_id, "load", alias="champion", reason="worse", by="deniz")
    assert [each.alias for each in waiting(models, project_id)] == ["night"]
    assert actions(models, project_id)[:2] == [("replace", 3, "deniz"), ("rollback", 1, "deniz")]


def test_two_approvals_come_from_two_other_members(system: Any, models: Any, project_id: str) -> None:
    demand(models, project_id, 2)
    ask(models, project_id)
    number = waiting(models, project_id)[0].number
    first = approve(models, project_id, number, reason="nights are better")
    assert (first.action, first.reason, champion(models, project_id)) == ("approve", "nights are better", 1)
    with pytest.raises(Conflict, match="already approved") as twice:
        approve(models, project_id, number)
    assert twice.value.error_code == "already_approved"
    (open_one,) = waiting(models, project_id, KEMAL.person)
    assert (open_one.needed, [each.by for each in open_one.approvals], open_one.may_approve) == (2, ["kemal"], False)
    assert waiting(models, project_id, DENIZ.person)[0].may_approve
    moved = approve(models, project_id, number, DENIZ)
    assert (moved.action, moved.by, champion(models, project_id)) == ("promote", "deniz", 2)
    assert moved.reason == "approved, also by kemal; ayse asked for it: better at night"
    assert actions(models, project_id)[:3] == [("promote", 2, "deniz"), ("approve", 2, "kemal"), ("wait", 2, "ayse")]
    (done,) = models.approvals.list(project_id, "load").items
    assert ([each.by for each in done.approvals], done.state) == (["kemal", "deniz"], "approved")


def test_a_changed_policy_never_lowers_what_a_waiting_promotion_needs(models: Any, project_id: str) -> None:
    ask(models, project_id)
    number = waiting(models, project_id)[0].number
    demand(models, project_id, 0)
    assert (champion(models, project_id), waiting(models, project_id)[0].needed) == (1, 1)
    demand(models, project_id, 2)
    assert approve(models, project_id, number).action == "approve"
    demand(models, project_id, 1)
    assert approve(models, project_id, number, DENIZ).action == "promote"
    demand(models, project_id, 0)
    ask(models, project_id, 3)
    assert champion(models, project_id) == 3


def test_a_purged_model_takes_its_promotions_along(system: Any, models: Any, project_id: str) -> None:
    demand(models, project_id, 2)
    ask(models, project_id)
    approve(models, project_id, waiting(models, project_id)[0].number)
    models.trash.delete(project_id, "load", None, "deniz")
    models.trash.purge(project_id, None)
    with system.database.read(project_id) as session:
        assert session.scalars(select(ModelPromotion)).all() == []
        assert session.scalars(select(PromotionApproval)).all() == []


def test_the_gate_s_promotion_waits_for_another_person_than_the_run_s(
    system: Any, models: Any, project_id: str
) -> None:
    def gate(session: Any) -> None:
        for alias in ("candidate", None):
            if alias is not None:
                models.aliases.promote(session, "load", 2, alias=alias, reason="won", by=BY_GATE, run_id="run1")
            else:
                models.aliases.ask(
                    session, "load", 2, reason="won", asker=Actor(BY_GATE, AYSE.person), run_id="run1", policy=1,
                    expected=1,
                )  # fmt: skip

    system.database.write(project_id, gate)
    (found,) = waiting(models, project_id)
    with pytest.raises(Forbidden, match="you started the run"):
        approve(models, project_id, found.number, AYSE)
    demand(models, project_id)
    with pytest.raises(Conflict, match="policy of model 'load' was changed"):
        approve(models, project_id, found.number)
    models.approvals.decline(project_id, "load", found.number, by="kemal")
    assert {each.alias for each in models.aliases.history(project_id, "load", "candidate").items} == {"candidate"}
    assert all("candidate" not in each.aliases for each in models.reads.show(project_id, "load").version_list)


def test_a_rollback_and_a_candidate_need_no_approval(models: Any, project_id: str) -> None:
    assert ask(models, project_id, 2, alias="candidate").action == "promote"
    ask(models, project_id)
    approve(models, project_id, waiting(models, project_id)[0].number)
    models.aliases.rollback_by_hand(project_id, "load", alias="champion", reason="worse", by="ayse")
    assert champion(models, project_id) == 1


def test_only_an_admin_lowers_the_approvals(models: Any, project_id: str) -> None:
    with pytest.raises(Forbidden, match="only an admin"):
        demand(models, project_id, 0, may_lower=False)
    demand(models, project_id, 2, may_lower=False)
    with pytest.raises(Forbidden, match="only an admin"):
        demand(models, project_id, 1, may_lower=False)
    demand(models, project_id, 0, may_lower=True)
    assert ask(models, project_id).action == "promote"


def test_history_pages_through_moves_and_promotions_alike(models: Any, project_id: str) -> None:
    ask(models, project_id)
    models.approvals.decline(project_id, "load", waiting(models, project_id)[0].number, by="kemal")
    ask(models, project_id, 3)
    whole = actions(models, project_id)
    assert [action for action, _, _ in whole] == ["wait", "decline", "wait", "promote"]
    paged, after = [], None
    while True:
        page = models.aliases.history(project_id, "load", limit=1, after=after)
        paged += [(line.action, line.version, line.by) for line in page.items]
        if (after := page.next) is None:
            break
    assert paged == whole
    moment = models.aliases.history(project_id, "load").items[0].at
    assert [line.action for line in models.aliases.history(project_id, "load", at=moment).items] == ["promote"]


def test_a_request_s_record_and_its_approval_are_one(models: Any, project_id: str) -> None:
    ask(models, project_id)
    number = waiting(models, project_id)[0].number

    def fails(_session: Any) -> None:
        raise RuntimeError("the record cannot be written")

    with pytest.raises(RuntimeError):
        approve(models, project_id, number, unit=UnitOfWork(Scope(project_id), fails))
    assert (champion(models, project_id), len(waiting(models, project_id))) == (1, 1)
