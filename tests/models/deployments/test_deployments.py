"""Shadows and canaries: who answers, what is kept, and when a canary goes by itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.models.deployments.sequential import is_worse
from azuraforge.models.deployments.service import Pairs, compared, takes
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.schemas import OutcomeRequest
from azuraforge.models.schemas import DeploymentRequest, PredictRequest

Make = Callable[..., Path]
#: Later than any clock that this runs under: nobody knew the outcome when it was predicted.
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


def _rows(origin: datetime, last: float = 10.0, count: int = 4) -> list[dict[str, Any]]:
    return [
        {"at": (origin - timedelta(hours=count - 1 - row)).isoformat(), "load": last, "heat": 1.0}
        for row in range(count)
    ]


def _ask(name: str, origin: datetime = FUTURE, last: float = 10.0) -> PredictRequest:
    return PredictRequest(rows=_rows(origin, last), horizon=1, request_id=name)


@pytest.fixture
def model(room: Any, project_id: str, make_folder: Make) -> str:
    """Version 1 adds one to the last value and is champion, version 2 adds three; version 3 wants a long history."""
    room.add_version(project_id, make_folder(1.0))
    room.add_version(project_id, make_folder(3.0))
    room.add_version(project_id, make_folder(1.0, 10))
    room.service.promote_by_hand(project_id, "load", 1, alias="champion", reason="first", by="ayşe")
    return "load"


def _start(room: Any, project_id: str, **fields: Any) -> Any:
    request = DeploymentRequest(reason="try it", **{"version": 2, "mode": "canary", "share_percent": 100.0, **fields})
    return room.service.deployments.start(project_id, "load", request, "ayşe")


def _events(room: Any, project_id: str) -> list[str]:
    return [event.type for event in room.events.read(project_id, "project", 0, 1000)]


def _outcomes(room: Any) -> Outcomes:
    outcomes = Outcomes(room.database, room.events, room.datasets, lambda *_: {})
    outcomes.listeners.append(room.service.deployments.watch)
    return outcomes


def test_a_shadow_answers_too_and_nobody_hears_it(room: Any, project_id: str, model: str) -> None:
    before = room.service.predict(project_id, model, _ask("r0"), "ayşe")
    assert _start(room, project_id, mode="shadow").beside == 1
    given = room.service.predict(project_id, model, _ask("r1"), "ayşe")
    room.service.deployments.drain()
    assert (given.version, given.predictions) == (1, before.predictions)
    lines = {line.version: line for line in room.service.predictions(project_id, model, 10) if line.request_id == "r1"}
    assert lines[2].predictions[0].value == 13.0
    (shown,) = room.service.deployments.list(project_id, model)
    assert (shown.state, shown.errors.even, shown.errors.worse, shown.left_out) == ("active", 1, 0, 0)
    ended = room.service.deployments.end(project_id, model, 1, "seen enough", "kemal")
    assert (ended.state, ended.ended_by, ended.ended_reason) == ("ended", "kemal", "seen enough")
    room.service.predict(project_id, model, _ask("r2"), "ayşe")
    room.service.deployments.drain()
    assert [line.version for line in room.service.predictions(project_id, model, 10)].count(2) == 1
    told = _events(room, project_id)
    assert told.count("model.deployment_started") == told.count("model.deployment_ended") == 1


def test_a_canary_gives_its_share_of_the_answers_always_to_the_same_requests() -> None:
    taken = sum(takes(3, f"request {index}", 20.0) for index in range(5000))
    assert abs(taken / 5000 - 0.2) < 5 * (0.2 * 0.8 / 5000) ** 0.5
    assert not any(takes(3, f"request {index}", 0.0) for index in range(100))
    assert all(takes(3, f"request {index}", 100.0) for index in range(100))
    some = [index for index in range(1000) if takes(3, f"request {index}", 20.0)]
    more = [index for index in range(1000) if takes(3, f"request {index}", 40.0)]
    assert set(some) < set(more)
    assert some != [index for index in range(1000) if takes(4, f"request {index}", 20.0)]


@pytest.mark.sqlite_only
def test_a_canarys_answer_is_given_and_the_champions_kept(room: Any, project_id: str, model: str) -> None:
    _start(room, project_id)
    given = room.service.predict(project_id, model, _ask("r1"), "ayşe")
    room.service.deployments.drain()
    assert (given.version, given.alias, given.predictions[0].value) == (2, "champion", 13.0)
    lines = room.service.predictions(project_id, model, 10)
    assert sorted((line.version, line.predictions[0].value) for line in lines) == [(1, 11.0), (2, 13.0)]
    assert {line.request_id for line in lines} == {"r1"}
    by_number = room.service.predict(project_id, model, _ask("r2").model_copy(update={"version": 1}), "ayşe")
    assert by_number.version == 1


def test_a_canary_that_fails_is_covered_and_taken_back(room: Any, project_id: str, model: str) -> None:
    _start(room, project_id, version=3)
    for index in range(20):
        given = room.service.predict(project_id, model, _ask(f"r{index}"), "ayşe")
        assert (given.version, given.predictions[0].value) == (1, 11.0)
    (shown,) = room.service.deployments.list(project_id, model)
    assert (shown.state, shown.ended_by) == ("rolled_back", "the platform")
    assert 5 < shown.errors.worse < 12
    assert shown.ended_reason.startswith(f"errors: only version 3 failed {shown.errors.worse} times")
    assert "model.canary_rolled_back" in _events(room, project_id)
    assert room.service.show(project_id, model).champion == 1


@pytest.mark.sqlite_only
def test_what_nobody_can_answer_is_not_the_canarys_fault(room: Any, project_id: str, model: str) -> None:
    _start(room, project_id)
    short = PredictRequest(rows=_rows(FUTURE, count=1), request_id="short")
    for _ in range(3):
        with pytest.raises(InvalidInput):
            room.service.predict(project_id, model, short, "ayşe")
    (shown,) = room.service.deployments.list(project_id, model)
    assert (shown.state, shown.errors.worse) == ("active", 0)


def test_a_canary_with_a_worse_live_loss_is_taken_back(room: Any, project_id: str, model: str) -> None:
    _start(room, project_id)
    outcomes = _outcomes(room)
    states = []
    for day in range(14):
        origin = FUTURE + timedelta(days=day)
        room.service.predict(project_id, model, _ask(f"r{day}", origin), "ayşe")
        room.service.predict(project_id, model, _ask(f"again{day}", origin), "ayşe")  # the same story twice
        room.service.deployments.drain()
        known = [OutcomeRequest(request_id=f"{name}{day}", value=11.1) for name in ("r", "again")]
        outcomes.post(project_id, known, "ayşe")
        states.append(room.service.deployments.list(project_id, model)[0].state)
    shown = room.service.deployments.list(project_id, model)[0]
    assert shown.state == "rolled_back"
    assert shown.ended_reason.startswith("live loss: worse than version 1 by more than 10.0% in ")
    days = states.index("rolled_back") + 1
    assert days > 5  # one bad day proves nothing
    assert shown.losses.worse == days
    assert room.service.predict(project_id, model, _ask("after"), "ayşe").version == 1


@pytest.mark.sqlite_only
def test_an_equal_or_better_canary_stays(room: Any, project_id: str, model: str) -> None:
    _start(room, project_id)
    outcomes = _outcomes(room)
    for day in range(10):
        origin = FUTURE + timedelta(days=day)
        room.service.predict(project_id, model, _ask(f"r{day}", origin), "ayşe")
        room.service.deployments.drain()
        outcomes.post(project_id, [OutcomeRequest(request_id=f"r{day}", value=12.9)], "ayşe")
    (shown,) = room.service.deployments.list(project_id, model)
    assert (shown.state, shown.losses.better, shown.losses.worse) == ("active", 10, 0)
    # Promoted, it answers beside nobody.
    room.service.promote_by_hand(project_id, model, 2, alias="champion", reason="better live", by="ayşe")
    (shown,) = room.service.deployments.list(project_id, model)
    assert (shown.state, shown.ended_reason) == ("ended", "the champion moved: better live")


def test_what_cannot_be_tried_is_refused(room: Any, project_id: str, model: str, make_folder: Make) -> None:
    with pytest.raises(Conflict, match="is the champion itself"):
        _start(room, project_id, version=1)
    with pytest.raises(Conflict, match="has no night to answer beside"):
        _start(room, project_id, alias="night")
    with pytest.raises(NotFound):
        _start(room, project_id, version=9)
    room.add_version(project_id, make_folder(5.0), schema={"time": "at", "target": "other", "frequency": "1h"})
    with pytest.raises(Conflict, match="another target"):
        _start(room, project_id, version=4)
    _start(room, project_id)
    with pytest.raises(Conflict, match="answers beside the champion"):
        _start(room, project_id, version=3)
    with pytest.raises(Conflict, match="answers as a canary"):
        room.service.trash.delete(project_id, model, 2, "ayşe")


def test_pairs_about_the_same_targets_count_once() -> None:
    def at(hour: int) -> datetime:
        return FUTURE + timedelta(hours=hour)

    pairs = [(at(1), at(3), 2.0, 1.0), (at(2), at(4), 2.0, 1.0), (at(4), at(6), 1.0, 2.0), (at(7), at(9), 1.05, 1.0)]
    assert compared(pairs, 0.1) == Pairs(worse=1, even=1, better=1)


@pytest.mark.parametrize("margin", [0.0, 0.05])
def test_the_test_seldom_cries_wolf_however_often_one_looks(margin: float) -> None:
    """Canaries as bad as is allowed, looked at after each of 200 questions: at most 5 % are taken back."""
    draw = random.Random(5)
    false, trials = 0, 200
    for _ in range(trials):
        counts = [0, 0, 0]
        for _ in range(200):
            chance = draw.random()
            counts[0 if chance < 0.2 + margin else 2 if chance > 0.8 else 1] += 1
            if is_worse(*counts, margin=margin, alpha=0.05):
                false += 1
                break
    assert false / trials <= 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5, false
    assert is_worse(60, 220, 20, margin=0.0, alpha=0.05)
