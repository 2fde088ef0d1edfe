"""Shadows and canaries: who answers, what is kept, and when a canary goes by itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread
from sqlalchemy import select

from azuraforge.database import new_id
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.messages import speaking
from azuraforge.models.answers import PredictionInputs, PredictionPoint
from azuraforge.models.deployment_tables import DeploymentSeries, ModelDeployment
from azuraforge.models.deployments import judging
from azuraforge.models.deployments import service as deployments
from azuraforge.models.deployments.places import Deployed, Place
from azuraforge.models.deployments.schemas import DeploymentRequest
from azuraforge.models.deployments.sequential import is_worse
from azuraforge.models.deployments.service import takes
from azuraforge.models.deployments.store import JudgedPair, KnownLoss
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.schemas import OutcomeRequest
from azuraforge.models.predictions.truths import Truths
from azuraforge.models.schemas import PredictRequest
from azuraforge.projects.idempotency import ANSWER_UNKNOWN
from tests.models.ledger_lines import ledger_lines

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
def model(system: Any, project_id: str, make_folder: Make) -> str:
    """Version 1 adds one to the last value and is champion, version 2 adds three; version 3 wants a long history."""
    system.add_version(project_id, make_folder(1.0))
    system.add_version(project_id, make_folder(3.0))
    system.add_version(project_id, make_folder(1.0, 10))
    system.service.aliases.promote_by_hand(project_id, "load", 1, alias="champion", reason="first", by="ayşe")
    return "load"


def _start(system: Any, project_id: str, **fields: Any) -> Any:
    request = DeploymentRequest(reason="try it", **{"version": 2, "mode": "canary", "share_percent": 100.0, **fields})
    return system.service.deployments.start(project_id, "load", request, "ayşe")


def _events(system: Any, project_id: str) -> list[str]:
    return [event.type for event in system.events.read(project_id, "project", 0, 1000)]


def _outcomes(system: Any) -> Outcomes:
    after_judging = [system.service.deployments.watch]
    return Outcomes(
        system.database, system.events, system.datasets, Truths(system.service.versions, lambda *_: {}), after_judging
    )


def test_a_shadow_answers_too_and_nobody_hears_it(system: Any, project_id: str, model: str) -> None:
    before = system.predict(project_id, model, _ask("r0"), "ayşe")
    assert _start(system, project_id, mode="shadow").alongside == 1
    given = system.predict(project_id, model, _ask("r1"), "ayşe")
    system.service.deployments.drain()
    assert (given.version, given.predictions) == (1, before.predictions)
    lines = {
        line.version: line for line in ledger_lines(system.database, project_id, model, 10) if line.request_id == "r1"
    }
    assert lines[2].predictions[0].value == 13.0
    (shown,) = system.service.deployments.list(project_id, model).items
    assert (shown.state, shown.errors.even, shown.errors.worse, shown.left_out) == ("active", 1, 0, 0)
    ended = system.service.deployments.end(project_id, model, 1, "seen enough", "kemal")
    assert (ended.state, ended.ended_by, ended.ended_reason) == ("ended", "kemal", "seen enough")
    system.predict(project_id, model, _ask("r2"), "ayşe")
    system.service.deployments.drain()
    assert [line.version for line in ledger_lines(system.database, project_id, model, 10)].count(2) == 1
    told = _events(system, project_id)
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
def test_a_canarys_answer_is_given_and_the_champions_kept(system: Any, project_id: str, model: str) -> None:
    _start(system, project_id)
    given = system.predict(project_id, model, _ask("r1"), "ayşe")
    system.service.deployments.drain()
    assert (given.version, given.alias, given.predictions[0].value) == (2, "champion", 13.0)
    lines = ledger_lines(system.database, project_id, model, 10)
    assert sorted((line.version, line.predictions[0].value) for line in lines) == [(1, 11.0), (2, 13.0)]
    assert {line.request_id for line in lines} == {"r1"}
    by_number = system.predict(project_id, model, _ask("r2").model_copy(update={"version": 1}), "ayşe")
    assert by_number.version == 1


def test_a_canary_that_fails_is_covered_and_taken_back(system: Any, project_id: str, model: str) -> None:
    _start(system, project_id, version=3)
    for index in range(20):
        given = system.predict(project_id, model, _ask(f"r{index}"), "ayşe")
        assert (given.version, given.predictions[0].value) == (1, 11.0)
    (shown,) = system.service.deployments.list(project_id, model).items
    assert (shown.state, shown.ended_by) == ("rolled_back", "the platform")
    assert 5 < shown.errors.worse < 12
    assert shown.ended_reason.startswith(f"errors: only version 3 failed {shown.errors.worse} times")
    with speaking("tr"):
        (turkish,) = system.service.deployments.list(project_id, model).items
    assert turkish.ended_reason.startswith("hatalar: ")
    assert turkish.ended_reason.endswith("(izin verilen pay %1,0, %95,0 düzeyinde bahis testi)")
    assert "model.canary_rolled_back" in _events(system, project_id)
    assert system.service.reads.show(project_id, model).champion == 1


@pytest.mark.sqlite_only
def test_what_nobody_can_answer_is_not_the_canarys_fault(system: Any, project_id: str, model: str) -> None:
    _start(system, project_id)
    short = PredictRequest(rows=_rows(FUTURE, count=1), request_id="short")
    for _ in range(3):
        with pytest.raises(InvalidInput):
            system.predict(project_id, model, short, "ayşe")
    (shown,) = system.service.deployments.list(project_id, model).items
    assert (shown.state, shown.errors.worse) == ("active", 0)


def test_a_canary_with_a_worse_live_loss_is_taken_back(system: Any, project_id: str, model: str) -> None:
    _start(system, project_id)
    outcomes = _outcomes(system)
    states = []
    for day in range(14):
        origin = FUTURE + timedelta(days=day)
        system.predict(project_id, model, _ask(f"r{day}", origin), "ayşe")
        system.predict(project_id, model, _ask(f"again{day}", origin), "ayşe")  # the same story twice
        system.service.deployments.drain()
        known = [OutcomeRequest(request_id=f"{name}{day}", value=11.1) for name in ("r", "again")]
        outcomes.post(project_id, known, "ayşe")
        states.append(system.service.deployments.list(project_id, model).items[0].state)
    shown = system.service.deployments.list(project_id, model).items[0]
    assert shown.state == "rolled_back"
    assert shown.ended_reason.startswith("live loss: worse than version 1 by more than 10.0 % in ")
    days = states.index("rolled_back") + 1
    assert days > 5  # one bad day proves nothing
    assert shown.losses.worse == days
    assert system.predict(project_id, model, _ask("after"), "ayşe").version == 1


@pytest.mark.sqlite_only
def test_an_equal_or_better_canary_stays(system: Any, project_id: str, model: str) -> None:
    _start(system, project_id)
    outcomes = _outcomes(system)
    for day in range(10):
        origin = FUTURE + timedelta(days=day)
        system.predict(project_id, model, _ask(f"r{day}", origin), "ayşe")
        system.service.deployments.drain()
        outcomes.post(project_id, [OutcomeRequest(request_id=f"r{day}", value=12.9)], "ayşe")
    (shown,) = system.service.deployments.list(project_id, model).items
    assert (shown.state, shown.losses.better, shown.losses.worse) == ("active", 10, 0)
    # Promoted, it is deployed alongside no version.
    system.service.aliases.promote_by_hand(project_id, model, 2, alias="champion", reason="better live", by="ayşe")
    (shown,) = system.service.deployments.list(project_id, model).items
    assert (shown.state, shown.ended_reason) == (
        "ended",
        "the alias champion now points to another version: better live",
    )


def test_what_cannot_be_tried_is_refused(system: Any, project_id: str, model: str, make_folder: Make) -> None:
    with pytest.raises(Conflict, match="already has the alias 'champion'"):
        _start(system, project_id, version=1)
    with pytest.raises(Conflict, match="has no alias 'night', so no version can be deployed alongside it"):
        _start(system, project_id, alias="night")
    with pytest.raises(NotFound):
        _start(system, project_id, version=9)
    system.add_version(project_id, make_folder(5.0), schema={"time": "at", "target": "other", "frequency": "1h"})
    with pytest.raises(Conflict, match="differ: target"):
        _start(system, project_id, version=4)
    _start(system, project_id)
    with pytest.raises(Conflict, match="already deployed alongside alias 'champion'"):
        _start(system, project_id, version=3)
    with pytest.raises(Conflict, match="is deployed as a canary"):
        system.service.trash.delete(project_id, model, 2, "ayşe")


def _row(**fields: Any) -> ModelDeployment:
    none = dict.fromkeys(
        ("losses_worse", "losses_even", "losses_better", "overlapping", "bound_of", "beyond", "within",
         "only_this_failed", "both_answered", "only_alongside_failed"), 0,
    )  # fmt: skip
    settings = {"version": 2, "alongside": 1, "loss_margin": 0.1, "error_margin": 0.01, "level": 0.95}
    return ModelDeployment(**{**none, **settings, **fields})


def _pair(first: float, last: float, loss: float, alongside: float, series: str = "") -> JudgedPair:
    at, until = (FUTURE + timedelta(hours=hour) for hour in (first, last))
    return JudgedPair(f"{first}-{last}", at, until, loss, alongside, loss, alongside, True, series)


def _losses(row: ModelDeployment) -> tuple[int, int, int]:
    return row.losses_worse, row.losses_even, row.losses_better


def test_pairs_about_the_same_targets_count_once() -> None:
    row = _row()
    pairs = [_pair(1, 3, 2.0, 1.0), _pair(2, 4, 2.0, 1.0), _pair(4, 6, 1.0, 2.0), _pair(7, 9, 1.05, 1.0)]
    assert [counted for _, counted in judging.count(row, pairs)] == [True, False, True, True]
    assert (_losses(row), row.overlapping) == ((1, 1, 1), 1)


def test_which_pairs_count_is_settled_once_whatever_becomes_known_later() -> None:
    """Chosen anew at each look, the pair that was known late would push out one that was counted."""
    row = _row()
    judging.count(row, [_pair(4, 6, 2.0, 1.0), _pair(7, 9, 2.0, 1.0)])
    assert _losses(row) == (2, 0, 0)
    late = [_pair(1, 3, 1.0, 2.0), _pair(2, 5, 1.0, 2.0), _pair(10, 12, 1.0, 1.0)]
    assert [counted for _, counted in judging.count(row, late)] == [False, False, True]
    assert (_losses(row), row.overlapping) == ((2, 1, 0), 2)


@pytest.mark.sqlite_only
def test_a_look_stores_what_it_counted_and_never_counts_it_again(system: Any, project_id: str, model: str) -> None:
    _start(system, project_id)
    outcomes = _outcomes(system)
    for day in (3, 1, 5):  # what is known late is about an earlier time
        system.predict(project_id, model, _ask(f"r{day}", FUTURE + timedelta(days=day)), "ayşe")
        system.service.deployments.drain()
        outcomes.post(project_id, [OutcomeRequest(request_id=f"r{day}", value=11.1)], "ayşe")
    (shown,) = system.service.deployments.list(project_id, model).items
    assert (shown.losses.worse, shown.losses.even, shown.overlapping) == (2, 0, 1)
    system.service.deployments.watch(project_id, [system.service.reads.show(project_id, model).id])
    assert system.service.deployments.list(project_id, model).items == [shown]


def _known(draw: random.Random, count: int) -> list[float]:
    return [draw.expovariate(1.0) for _ in range(count)]


def test_a_canary_that_is_rarely_but_terribly_wrong_goes() -> None:
    draw = random.Random(3)
    row = _row()
    judging.begin(row, _known(draw, 1000))
    for hour in range(600):
        alongside = draw.expovariate(1.0)
        # A little better than the holder, except that each twentieth answer is a disaster.
        judging.count(row, [_pair(2 * hour, 2 * hour + 1, 100.0 if hour % 20 == 19 else 0.8 * alongside, alongside)])
        if (reason := judging.why_worse(row)) is not None:
            break
    assert reason is not None
    assert str(reason).startswith(
        f"extreme losses: above {row.bound:.4g}, the largest of 1000 losses of version 1, in "
    )
    assert 2 < row.beyond < 10
    assert row.losses_better > row.losses_worse, "by how often it is worse nobody would have noticed"


def test_what_surprises_both_is_not_the_canarys_fault_and_too_little_known_is_no_bound() -> None:
    draw = random.Random(4)
    row = _row()
    judging.begin(row, _known(draw, judging.LEAST_KNOWN - 10))
    judging.count(row, [_pair(2 * hour, 2 * hour + 1, 1e6, 1.0) for hour in range(10)])
    assert (row.beyond, row.within, row.bound_of) == (0, 0, judging.LEAST_KNOWN), "they made the bound, and no more"
    judging.count(row, [_pair(100 + 2 * hour, 101 + 2 * hour, 1e6, 1e6) for hour in range(50)])
    assert (row.beyond, row.within) == (0, 50)
    assert judging.deployment_out(_shown(row)).extremes.share == pytest.approx(0.0158, abs=1e-3)


def _shown(row: ModelDeployment) -> ModelDeployment:
    row.number, row.alias, row.mode, row.share_percent, row.state = 1, "champion", "canary", 10.0, "active"
    row.left_out, row.reason, row.started_by, row.started_at = 0, "try it", "ayşe", FUTURE
    return row


def test_an_equal_canary_is_seldom_called_extreme() -> None:
    """Alike losses, a bound from few of them, a look after each pair: the bound's own error is part of the 5 % / 3."""
    draw, false, trials = random.Random(6), 0, 200
    for _ in range(trials):
        row = _row()
        judging.begin(row, _known(draw, judging.LEAST_KNOWN))
        for hour in range(200):
            loss, alongside = draw.expovariate(1.0), draw.expovariate(1.0)
            judging.count(row, [_pair(2 * hour, 2 * hour + 1, loss, alongside)])
            reason = judging.why_worse(row)
            if reason is not None and str(reason).startswith("extreme"):
                false += 1
                break
    level = 0.05 / 3
    assert false / trials <= level + 3 * (level * (1 - level) / trials) ** 0.5, false


def test_the_bound_comes_from_what_the_champion_did_before(
    system: Any, project_id: str, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "LEAST_KNOWN", 3)
    outcomes = _outcomes(system)
    for day, value in enumerate((11.5, 14.0, 11.0, 11.0)):
        origin = FUTURE + timedelta(days=day if day < 3 else 2)  # the last question is the one before it again
        system.predict(project_id, model, _ask(f"r{day}", origin), "ayşe")
        outcomes.post(project_id, [OutcomeRequest(request_id=f"r{day}", value=value)], "ayşe")
    told = _start(system, project_id).extremes
    assert (told.known, told.bound, told.beyond) == (3, 3.0, 0)


@dataclass(frozen=True)
class Said:
    prediction_id: str


class Toy:
    """Two versions that answer or fail as they are told, and may change the queue while they are asked."""

    def __init__(self, system: Any, project_id: str, mode: str = "canary") -> None:
        self.system, self.project_id, self.asked = system, project_id, []
        self.fails: set[int] = set()
        self.meanwhile: Callable[[], None] = lambda: None
        _start(system, project_id, mode=mode)
        model_id = system.service.reads.show(project_id, "load").id
        self.place = Place(project_id, model_id, "load", 1, Deployed(1, mode, 2, 100.0))

    def ask(self, version: int, pair_id: str | None) -> Said:
        self.asked.append((version, pair_id))
        self.meanwhile()
        if version in self.fails:
            raise InvalidInput("no")
        return Said(f"by {version}")

    def counts(self) -> dict[str, int]:
        self.system.service.deployments.drain()
        (shown,) = self.system.service.deployments.list(self.project_id, "load").items
        return {
            "both": shown.errors.even, "canary failed": shown.errors.worse, "alongside failed": shown.errors.better,
            "left out": shown.left_out,
        }  # fmt: skip

    def answer(self) -> Said:
        async def ask(version: int) -> Said:
            return self.ask(version, None)

        async def answer() -> Said:
            given: Said = await self.system.service.deployments.answer(
                self.place, "r1", ask=ask, ask_pair=self.ask, in_thread=to_thread.run_sync
            )
            return given

        return asyncio.run(answer())


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("mode", "fails", "counted"),
    [
        ("canary", set(), "both"),
        ("canary", {2}, "canary failed"),
        ("canary", {1}, "alongside failed"),
        ("shadow", set(), "both"),
        ("shadow", {2}, "canary failed"),
    ],
)
def test_each_question_counts_for_whom_it_speaks(
    system: Any, project_id: str, model: str, mode: str, fails: set[int], counted: str
) -> None:
    toy = Toy(system, project_id, mode)
    toy.fails = fails
    given = toy.answer()
    assert given.prediction_id == ("by 2" if mode == "canary" and 2 not in fails else "by 1")
    assert {name for name, count in toy.counts().items() if count} == {counted}
    if 2 not in fails:
        assert toy.asked[1] == ((1, "by 2") if mode == "canary" else (2, "by 1"))


@pytest.mark.sqlite_only
def test_a_repeated_request_is_not_asked_of_the_holder_too(system: Any, project_id: str, model: str) -> None:
    toy = Toy(system, project_id)

    def repeated() -> None:
        raise Conflict("this key is recorded", code=ANSWER_UNKNOWN)

    toy.meanwhile = repeated
    with pytest.raises(Conflict, match="this key is recorded"):
        toy.answer()
    assert [version for version, _ in toy.asked] == [2]
    assert not any(toy.counts().values())


@pytest.mark.sqlite_only
@pytest.mark.parametrize("fails", [set(), {2}])
@pytest.mark.parametrize("full", ["before", "meanwhile"])
def test_whether_a_pair_counts_is_decided_before_anybody_is_asked(
    system: Any, project_id: str, model: str, fails: set[int], full: str
) -> None:
    """Otherwise the slow failures of a canary would be those that are left out, or its quick answers."""
    toy = Toy(system, project_id)
    toy.fails = fails
    service = system.service.deployments

    def turn(waiting: int) -> None:
        service._waiting = waiting

    if full == "before":
        turn(deployments._MOST_WAITING)
        toy.meanwhile = lambda: turn(0)
    elif fails:
        toy.meanwhile = lambda: turn(deployments._MOST_WAITING)
    toy.answer()
    turn(0) if fails or full == "before" else None
    expected = "left out" if full == "before" else "canary failed" if fails else "both"
    assert {name for name, count in toy.counts().items() if count} == {expected}


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


@pytest.mark.sqlite_only
def test_an_outcome_by_id_judges_both_halves_of_a_pair(system: Any, project_id: str, model: str) -> None:
    _start(system, project_id)
    given = system.predict(project_id, model, _ask("r1"), "ayşe")
    system.service.deployments.drain()
    _outcomes(system).post(project_id, [OutcomeRequest(prediction_id=given.prediction_id, value=11.1)], "ayşe")
    assert system.service.deployments.list(project_id, model).items[0].losses.worse == 1


@pytest.mark.sqlite_only
def test_answers_about_other_times_make_no_pair(
    system: Any, project_id: str, make_folder: Make, tmp_path: Path
) -> None:
    """A version that cannot read the newest version of its dataset answers from the end of its own."""
    for version in (1, 2):
        path = tmp_path / f"{version}.csv"
        hours = [FUTURE + timedelta(hours=hour) for hour in range(30 * version)]
        head = "at,load,heat" if version == 1 else "at,load,cold"
        path.write_text("\n".join([head, *(f"{at},{row},{row % 3}" for row, at in enumerate(hours))]))
        options = FileOptions(name="load", time="at", target="load")
        dataset = system.datasets.add_file(project_id, path, path.name, options)
        system.add_version(
            project_id, make_folder(float(version)), schema=dataset.dataset_schema.model_dump(), dataset_id=dataset.id,
            dataset_version=version, dataset_fingerprint=dataset.fingerprint,
        )  # fmt: skip
    system.service.aliases.promote_by_hand(project_id, "load", 1, alias="champion", reason="first", by="ayşe")
    _start(system, project_id, mode="shadow")
    system.predict(project_id, "load", PredictRequest(horizon=1), "ayşe")
    system.service.deployments.drain()
    lines = ledger_lines(system.database, project_id, "load", 10)
    assert len({line.predictions[0].at for line in lines}) == 2
    outcomes = _outcomes(system)
    for line in lines:
        told = OutcomeRequest(prediction_id=line.prediction_id, at=line.predictions[0].at, value=50.0)
        assert outcomes.post(project_id, [told], "ayşe").judged == 1
    (shown,) = system.service.deployments.list(project_id, "load").items
    assert (shown.losses.worse, shown.losses.even, shown.losses.better, shown.overlapping) == (0, 0, 0, 0)


def test_extremes_are_stated_in_multiples_of_what_is_usual_in_a_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "LEAST_KNOWN", 3)
    row, scales = _row(by_series=True), {"small": 1.0, "large": 1000.0}
    series = {name: DeploymentSeries(series=name, losses=0.0, losses_of=0) for name in scales}
    known = [
        KnownLoss(name, scale * size, name == "small")
        for size in (0.5, 1.5) * 8 for name, scale in scales.items()
    ]  # fmt: skip
    judging.begin_by_series(row, known, series)
    assert (row.bound_of, row.bound) == (6, pytest.approx(1.5, rel=0.1)), "of sixteen, ten tell what is usual"
    pairs = [_pair(1, 3, 2.0, 1.0, "small"), _pair(2, 3, 1e6, 1e3, "large"), _pair(4, 5, 1e3, 1e3, "large")]
    assert [counted for _, counted in judging.count(row, pairs, series)] == [True, False, True]
    assert (row.beyond, row.within) == (1, 1), "2 is much where 1 is usual, 1000 is not where 1000 is"


def test_images_have_no_time() -> None:
    row = _row()
    pairs = [_pair(2, 2, 1.0, 0.0), _pair(1, 1, 1.0, 0.0)]
    seen = [replace(pair, of_numbers=False) for pair in pairs]
    assert [counted for _, counted in judging.count(row, seen)] == [True, True]


def test_a_panels_series_are_watched_apart(system: Any, project_id: str, make_folder: Make) -> None:
    """The lines of two series, as the ledger has them: one pair counts of the same times, and both tell the usual."""
    schema = {"time": "at", "target": "load", "features": ["heat"], "frequency": "1h", "series": "shop"}
    for step in (1.0, 3.0):
        system.add_version(project_id, make_folder(step), schema=schema)
    system.service.aliases.promote_by_hand(project_id, "load", 1, alias="champion", reason="first", by="ayşe")
    owner = system.service.reads.show(project_id, "load").id
    ledger = system.service.ledger

    def say(version: int, series: str, pair_id: str | None, **fields: Any) -> str:
        id_, at = new_id(), FUTURE + timedelta(hours=1)
        value = {1: 11.0, 2: 13.0}[version]
        point = PredictionPoint(at=at, value=value, low=None, high=None)
        line = LedgerLine(
            model="load", id=id_, model_id=owner, version=version, by="ayşe",
            inputs=PredictionInputs(rows=4, series=series), target="load", unit="", origin_at=FUTURE,
            matures_at=at, points=(point,), latency_seconds=0.1, naive=10.0,
            pair_id=pair_id, question=series, **{"deployment": 1, **fields},
        )  # fmt: skip
        ledger.enter(project_id, line)
        return id_

    outcomes = _outcomes(system)
    for name in ("a", "b"):
        before = say(1, name, None, deployment=None)
        outcomes.post(project_id, [OutcomeRequest(prediction_id=before, value=11.1)], "ayşe")
    _start(system, project_id)
    given = [say(2, name, None) for name in ("a", "b")]
    for name, id_ in zip(("a", "b"), given, strict=True):
        say(1, name, id_)
    outcomes.post(project_id, [OutcomeRequest(prediction_id=id_, value=11.1) for id_ in given], "ayşe")
    (shown,) = system.service.deployments.list(project_id, "load").items
    assert (shown.losses.worse, shown.overlapping) == (1, 1)
    with system.database.read(project_id) as session:
        kept = session.scalars(select(DeploymentSeries).order_by(DeploymentSeries.series)).all()
        assert [(each.series, each.losses_of) for each in kept] == [("a", 2), ("b", 2)]
