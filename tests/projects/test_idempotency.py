"""The key of an idempotent request is stored in the transaction of its effect, by no other write, or not at all."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from sqlalchemy import delete, func, select

from azuraforge.database import Database, Scope, ScopeError, Session, UnitOfWork
from azuraforge.errors import Conflict
from azuraforge.events.tables import Event
from azuraforge.projects.idempotency import Answer, AnsweredRequests, KeyedRequest, repeated
from azuraforge.projects.service import ProjectService
from azuraforge.projects.tables import AnsweredRequest, Member, RetentionPolicy


@pytest.fixture
def answers(database: Database) -> AnsweredRequests:
    return AnsweredRequests(database)


@pytest.fixture
def request_(project_id: str) -> KeyedRequest:
    return KeyedRequest(Scope(project_id), "k", "POST /api/v1/tokens")


def effect(session: Session) -> None:
    """An effect that is there once: the row has the project as its key."""
    session.add(RetentionPolicy(project_id=session.project_id, trash_days=9, keep_work_days=9))
    session.flush()


def stored(database: Database, project_id: str) -> tuple[int, int]:
    """How many keys and effects are stored."""
    with database.read(project_id) as session:
        keys = session.scalar(select(func.count()).select_from(AnsweredRequest))
        effects = session.scalar(select(func.count()).select_from(RetentionPolicy))
    return keys or 0, effects or 0


def test_key_and_effect_are_stored_together(database, project_id, answers, request_):
    assert answers.known(request_) is None
    database.write(project_id, effect, unit=answers.unit_of_work(request_))
    assert stored(database, project_id) == (1, 1)
    with pytest.raises(Conflict) as unknown:
        answers.known(request_)
    assert unknown.value.error_code == "answer_unknown"
    with database.read(project_id) as session:
        recorded = session.scalars(select(AnsweredRequest.created_at)).one()
    assert f"took effect at {recorded.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" in unknown.value.message
    kept_until = recorded.astimezone(UTC) + timedelta(days=2)
    assert f"until {kept_until:%Y-%m-%d %H:%M:%S} UTC" in unknown.value.next_step
    answers.keep(request_, "hash", Answer(201, "application/json", b"{}"))
    row = answers.known(request_)
    assert repeated(row, request_, "hash") == Answer(201, "application/json", b"{}")


def test_an_effect_that_fails_leaves_neither(database, project_id, answers, request_):
    def fails(session: Session) -> None:
        effect(session)
        raise Conflict("no")

    unit = answers.unit_of_work(request_)
    with pytest.raises(Conflict):
        database.write(project_id, fails, unit=unit)
    assert stored(database, project_id) == (0, 0)
    database.write(project_id, effect, unit=unit)  # the service may try again
    assert stored(database, project_id) == (1, 1)


def test_another_write_of_the_request_does_not_take_the_key(database, project_id, answers, request_):
    """Writes before the effect (a token's use, a reference that is kept) survive a crash without the key."""
    unit = answers.unit_of_work(request_)
    before: list[tuple[int, int]] = []
    database.write(project_id, lambda session: session.execute(delete(Event)))
    before.append(stored(database, project_id))
    database.write_soon(project_id, lambda session: session.execute(delete(Event))).result(20)
    before.append(stored(database, project_id))
    database.write(project_id, effect, unit=unit)
    assert before == [(0, 0), (0, 0)]
    database.write(project_id, lambda session: session.execute(delete(RetentionPolicy)))  # and none after it
    assert stored(database, project_id) == (1, 0)


def test_the_slower_of_two_requests_with_one_key_has_no_effect(database, project_id, answers, request_):
    database.write(project_id, lambda session: None, unit=answers.unit_of_work(request_))
    with pytest.raises(Conflict) as lost:
        database.write(project_id, effect, unit=answers.unit_of_work(request_))
    assert lost.value.error_code == "answer_unknown"
    assert "took effect at 2" in lost.value.message
    assert stored(database, project_id) == (1, 0)


def test_a_unit_of_work_is_one_transaction_of_one_project(database, project_id, other_project_id, answers, request_):
    unit = answers.unit_of_work(request_)
    with pytest.raises(ScopeError):
        database.write(other_project_id, effect, unit=unit)
    assert stored(database, other_project_id) == (0, 0)
    database.write(project_id, effect, unit=unit)
    with pytest.raises(RuntimeError, match="one transaction"):
        database.write(project_id, lambda session: None, unit=unit)


def test_a_record_is_written_before_the_effect(database, project_id):
    order: list[str] = []
    unit = UnitOfWork(Scope(project_id), lambda session: order.append("record"))
    database.write(project_id, lambda session: order.append("effect"), unit=unit)
    assert order == ["record", "effect"]


def test_a_request_that_concerns_no_project_has_its_key_under_the_person(database, answers):
    project_id = ProjectService(database).ensure_default()
    with database.read(project_id) as session:
        person_id = session.scalars(select(Member.person_id)).one()
    mine = KeyedRequest(Scope(person_id=person_id), "k", "POST /api/v1/projects")
    made: list[str] = []
    database.write_person(person_id, lambda _session: made.append("one"), unit=answers.unit_of_work(mine))
    with pytest.raises(Conflict, match="took effect at"):
        answers.known(mine)
    with pytest.raises(Conflict):
        database.write_person(person_id, lambda _session: made.append("two"), unit=answers.unit_of_work(mine))
    assert made == ["one"]
    answers.keep(mine, "hash", Answer(201, "application/json", b"{}"))
    assert repeated(answers.known(mine), mine, "hash") == Answer(201, "application/json", b"{}")
    for other in (Scope(project_id), Scope(person_id="other")):
        assert answers.known(KeyedRequest(other, "k", mine.route)) is None, "a key belongs to one owner"
    with pytest.raises(ScopeError):
        database.write(project_id, effect, unit=answers.unit_of_work(mine))
    with pytest.raises(ScopeError, match="system scope"):
        answers.known(KeyedRequest(Scope(), "k", mine.route))
