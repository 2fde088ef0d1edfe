"""The ledger: pages of it, outcomes that arrive in whatever way, judged once, live scores alongside the naive ones."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.exc import IntegrityError

from azuraforge.database import Scope, UnitOfWork, new_id
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.models.answers import KnownPoints, PredictionInputs, PredictionPoint
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.addressing import meant
from azuraforge.models.predictions.ledger import Ledger, _Group
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.models.predictions.schemas import OutcomeRequest
from azuraforge.models.schemas import PredictRequest
from azuraforge.models.tables import Prediction
from azuraforge.projects.schemas import RetentionPolicy
from tests.models.predictions.conftest import HOURS, START, Ground


def test_a_line_tells_what_was_known_then_and_nothing_of_the_outcome(ground: Ground) -> None:
    made = ground.predict(request_id="order 7")
    line = ground.show(made.prediction_id)
    assert (line.request_id, line.naive, line.features) == ("order 7", 5.0, {"load": 5.0, "heat": 2.0})
    assert 0 < line.latency_seconds < 60
    assert (line.outcome, line.judged_at, line.outcomes) == (None, None, [])
    assert ground.service.reads.scores(ground.project_id, "load", None).total == []


def test_what_somebody_says_is_judged_once(ground: Ground) -> None:
    made = ground.predict()
    first = {"prediction_id": made.prediction_id, "at": HOURS[1]}
    assert vars(ground.post({**first, "value": 8.0})) == {"judged": 1, "known": 0}
    assert vars(ground.post({**first, "value": 100.0})) == {"judged": 0, "known": 1}
    line = ground.show(made.prediction_id)
    (point,) = line.outcomes
    assert (point.actual, point.loss, point.naive_loss, point.hit, point.late) == (8.0, 2.0, 3.0, False, False)
    assert point.source == "sent by ayşe"
    assert (line.outcome, line.judged_at) == (KnownPoints(known=1, of=3), None)
    rest = [{"prediction_id": made.prediction_id, "at": at, "value": 7.0} for at in HOURS[2:4]]
    assert ground.post(*rest).judged == 2
    line = ground.show(made.prediction_id)
    assert line.outcome == KnownPoints(known=3, of=3)
    assert line.judged_at is not None
    assert [each.hit for each in line.outcomes] == [False, True, True]


def test_two_who_judge_at_once_judge_once(ground: Ground) -> None:
    made = [ground.predict() for _ in range(5)]
    told: list[int] = []

    def post(value: float) -> None:
        told.append(
            ground.post(
                *({"prediction_id": each.prediction_id, "at": HOURS[1], "value": value} for each in made)
            ).judged
        )

    threads = [threading.Thread(target=post, args=(float(value),)) for value in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [0, 0, 0, 0, 0, 5]
    kept = {ground.show(each.prediction_id).outcomes[0].actual for each in made}
    assert len(kept) == 1, "whoever came first judged all of them"


def test_a_new_version_of_the_dataset_judges_what_was_said_about_its_rows(ground: Ground) -> None:
    made = ground.predict()
    assert ground.service.outcomes.join(ground.project_id, ground.dataset_id) == 0, "not yet known"
    ground.add_rows([7.5, 7.0])
    assert ground.service.outcomes.join(ground.project_id, ground.dataset_id) == 2
    line = ground.show(made.prediction_id)
    assert [(each.at, each.actual, each.loss, each.naive_loss) for each in line.outcomes] == [
        (HOURS[1], 7.5, 1.5, 2.5),
        (HOURS[2], 7.0, 0.0, 2.0),
    ]
    assert (line.outcome, line.judged_at) == (KnownPoints(known=2, of=3), None)
    ground.add_rows([0.0, 0.0, 9.0])  # the past was rewritten: what was judged stays
    assert ground.service.outcomes.tend(ground.project_id) == 1
    line = ground.show(made.prediction_id)
    assert [each.actual for each in line.outcomes] == [7.5, 7.0, 9.0]
    assert line.judged_at is not None
    assert ground.service.outcomes.tend(ground.project_id) == 0


def test_another_unit_is_no_truth(ground: Ground, project_id: str) -> None:
    ground.predict()
    path = ground._tmp / "other.csv"
    lines = [f"{START + timedelta(hours=hour - 29)},{hour},{hour % 3}" for hour in range(40)]
    path.write_text("\n".join(["at,load,heat", *lines]))
    ground.system.datasets.add_file(
        project_id, path, path.name, FileOptions(name="load", time="at", target="load", unit="MW")
    )
    assert ground.service.outcomes.join(project_id, ground.dataset_id) == 0


def test_by_the_callers_name_and_by_a_models_time(ground: Ground) -> None:
    named, other = ground.predict(request_id="a", horizon=1), ground.predict(request_id="b")
    assert ground.post({"request_id": "a", "value": 5.0}).judged == 1, "one point needs no time"
    assert ground.post({"model": "load", "at": HOURS[1], "value": 6.0}).judged == 1, "the other one was known"
    assert ground.show(named.prediction_id).outcomes[0].actual == 5.0
    assert ground.show(other.prediction_id).outcomes[0].actual == 6.0
    assert ground.post({"model": "load", "at": HOURS[7], "value": 6.0}).judged == 0, "nobody spoke of that time"


def test_what_cannot_be_judged_is_said(ground: Ground, other_project_id: str) -> None:
    made = ground.predict()
    with pytest.raises(InvalidInput, match="has 3 points") as caught:
        ground.post({"prediction_id": made.prediction_id, "value": 1.0})
    assert caught.value.where == "outcomes[0]"
    with pytest.raises(InvalidInput, match="has no value for"):
        ground.post({"prediction_id": made.prediction_id, "value": 1.0, "at": HOURS[7]})
    with pytest.raises(NotFound, match="prediction 'nobody' does not exist"):
        ground.post({"prediction_id": made.prediction_id, "value": 1.0, "at": HOURS[1]},
                    {"prediction_id": "nobody", "value": 1.0})  # fmt: skip
    assert ground.show(made.prediction_id).outcomes == [], "all of a request or nothing"
    for wrong in ({"value": 1.0}, {"model": "load", "value": 1.0}, {"request_id": "a"}):
        with pytest.raises(ValueError, match=r"exactly one|requires the time"):
            OutcomeRequest(**wrong)
    foreign = ground.service
    request = OutcomeRequest(prediction_id=made.prediction_id, at=HOURS[1], value=1.0)
    for ask in (
        lambda: foreign.outcomes.post(other_project_id, [request], "x"),
        lambda: foreign.reads.show(other_project_id, made.prediction_id),
        lambda: foreign.reads.scores(other_project_id, "load", None),
        lambda: foreign.reads.page(other_project_id, model="load", version=None, judged=None, limit=5),
    ):
        with pytest.raises(NotFound):
            ask()


def test_live_scores_are_shown_with_the_naive_ones(ground: Ground) -> None:
    ground.predict()
    ground.predict(rows=[{"at": HOURS[0].isoformat(), "load": 3.0, "heat": 1.0},
                         {"at": HOURS[1].isoformat(), "load": 10.0, "heat": 1.0}], continues="load")  # fmt: skip
    ground.post(
        *({"model": "load", "at": at, "value": value} for at, value in zip(HOURS[1:5], (7, 7, 9, 13), strict=True))
    )
    told = ground.service.reads.scores(ground.project_id, "load", None)
    # First line: 6, 7, 8 against 7, 7, 9 (naive 5); second line: 11, 12, 13 against 7, 9, 13 (naive 10).
    (total,) = told.total
    assert (total.version, total.count, told.points, told.predictions, told.waiting) == (1, 6, 6, 2, 0)
    assert total.loss == pytest.approx((1 + 0 + 1 + 4 + 3 + 0) / 6)
    assert total.naive_loss == pytest.approx((2 + 2 + 4 + 3 + 1 + 3) / 6)
    assert total.skill == pytest.approx(1 - 9 / 15)
    assert total.hits == pytest.approx(4 / 6)
    assert [(each.start, each.count) for each in told.over_time] == [
        (HOURS[1], 1), (HOURS[2], 2), (HOURS[3], 2), (HOURS[4], 1)
    ]  # fmt: skip
    assert (told.target, told.unit, told.classes, told.interval) == ("load", "kW", False, pytest.approx(0.9))
    live = ground.live()
    assert (live.points, live.loss, live.naive_loss, live.classes) == (6, total.loss, total.naive_loss, False)
    assert (live.run_id, live.drift, live.waiting) == ("run1", None, [])


def test_the_list_reads_live_scores_of_champions_alone_and_with_as_many_statements_for_any_number(
    ground: Ground, make_folder: Callable[..., Path], other_project_id: str
) -> None:
    def statements(ids: list[str]) -> int:
        asked: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            asked.extend([statement] if statement.lstrip().upper().startswith("SELECT") else [])

        event.listen(Engine, "before_cursor_execute", count)
        ground.service.reads.of_models(ground.project_id, ids)
        event.remove(Engine, "before_cursor_execute", count)
        return len([each for each in asked if "set_config" not in each])

    made = ground.predict(horizon=1)
    ground.post({"prediction_id": made.prediction_id, "value": 8.0})
    load = ground.system.service.reads.show(ground.project_id, "load").id
    assert ground.live().points == 1
    ground.system.add_version(ground.project_id, make_folder(2.0), run_id="run2")
    ground.system.service.aliases.promote_by_hand(
        ground.project_id, "load", 2, alias="champion", reason="better", by="ayşe"
    )
    live = ground.live()
    assert (live.run_id, live.points, live.loss, live.naive_loss) == ("run2", 0, None, None), "a new champion"
    ground.system.add_version(ground.project_id, make_folder(3.0), model="other")
    other = ground.system.service.reads.show(ground.project_id, "other").id
    found = ground.service.reads.of_models(ground.project_id, [load, other])
    assert (found[other].run_id, found[other].points) == (None, 0), "no champion"
    assert statements([load]) == statements([load, other]) > 0
    assert ground.service.reads.of_models(other_project_id, [load])[load].run_id is None


def test_a_prediction_of_the_past_is_counted_apart(ground: Ground) -> None:
    past = datetime(2020, 5, 1, tzinfo=UTC)
    rows = [{"at": (past + timedelta(hours=hour)).isoformat(), "load": 1.0, "heat": 1.0} for hour in range(2)]
    made = ground.predict(rows=rows, horizon=1)
    ground.post({"prediction_id": made.prediction_id, "value": 2.0})
    told = ground.service.reads.scores(ground.project_id, "load", None)
    assert [(each.late, each.count) for each in told.total] == [(True, 1)]
    assert ground.live().points == 0


def test_classes_are_judged_next_to_the_most_frequent_one(ground: Ground) -> None:
    ledger, at = Ledger(ground.system.database, ground.system.events), HOURS[0]
    model_id = ground.system.service.reads.show(ground.project_id, "load").id
    for number, label in enumerate(("cat", "cat", "dog")):
        point = PredictionPoint(at=at, value=0.8, low=None, high=None, label=label)
        line = LedgerLine(
            model="load", id=f"p{number}", model_id=model_id, version=1, by="x",
            inputs=PredictionInputs(), target="label", unit="", origin_at=at, matures_at=at, points=(point,),
            request_id=f"r{number}", latency_seconds=0.1,
        )  # fmt: skip
        ledger.enter(ground.project_id, line)
    for number, truth in enumerate(("cat", "dog", "dog")):
        ground.post({"request_id": f"r{number}", "label": truth})
    told = [ground.show(f"p{number}").outcomes[0] for number in range(3)]
    assert [(each.label, each.loss, each.naive_loss, each.hit) for each in told] == [
        ("cat", 0.0, None, True),  # nobody knew yet what is usual
        ("dog", 1.0, 1.0, False),
        ("dog", 0.0, 1.0, True),  # one cat and one dog were seen: the first in order is the usual one
    ]
    (total,) = ground.service.reads.scores(ground.project_id, "load", None).total
    assert (total.count, total.loss, total.naive_loss, total.skill) == (3, pytest.approx(1 / 3), 1.0, 0.5)
    assert (ground.live().classes, ground.live().loss) == (True, total.loss)


def test_another_writer_enters_a_batch_once_however_often_it_sends_it(ground: Ground) -> None:
    """A writer that died before it learned of the commit sends the batch again, with what came since."""
    ledger, at = Ledger(ground.system.database, ground.system.events), HOURS[0]
    model_id = ground.system.service.reads.show(ground.project_id, "load").id

    def lines(count: int, version: int = 1) -> list[LedgerLine]:
        point = PredictionPoint(at=at, value=0.8, low=None, high=None)
        return [
            LedgerLine(
                model="load", id=f"b{version}{number}", model_id=model_id, version=version, by="learner",
                inputs=PredictionInputs(), target="load", unit="", origin_at=at, matures_at=at, points=(point,),
            )
            for number in range(count)
        ]  # fmt: skip

    assert ledger.enter_many(ground.project_id, lines(1200)) == 1200
    assert ledger.enter_many(ground.project_id, lines(1203)) == 3
    with pytest.raises(IntegrityError):  # there is no version 99: all of a batch, or nothing
        ledger.enter_many(ground.project_id, [*lines(3, version=1), *lines(2, version=99)])
    with ground.system.database.read(ground.project_id) as session:
        assert session.scalar(select(func.count()).select_from(Prediction)) == 1203
    ledger.close()
    events = [each for each in ground.system.events.read(ground.project_id, "project", 0, 1000)
              if each.type == "prediction.made"]  # fmt: skip
    assert sum(each.data["count"] for each in events) == 1203


def test_pages_of_the_ledger_miss_nothing_and_repeat_nothing(ground: Ground) -> None:
    made = [ground.predict(request_id=str(number)).prediction_id for number in range(7)]
    ground.post({"request_id": "3", "at": HOURS[1], "value": 1.0})
    seen, after = [], None
    while True:
        page = ground.service.reads.page(ground.project_id, model="load", version=1, judged=False, after=after, limit=3)
        seen += [each.prediction_id for each in page.items]
        after = page.next
        if after is None:
            break
    assert seen == made[::-1]
    with pytest.raises(InvalidInput, match="does not belong to this list"):
        ground.service.reads.page(ground.project_id, model=None, version=None, judged=None, after="x", limit=3)


def test_the_policy_says_how_long_lines_are_kept(ground: Ground) -> None:
    made = ground.predict()
    ground.post({"prediction_id": made.prediction_id, "at": HOURS[1], "value": 1.0})
    ledger = ground.service.bin
    ledger.expire(ground.project_id, RetentionPolicy())
    ledger.expire(ground.project_id, RetentionPolicy(keep_prediction_days=1))
    assert ground.show(made.prediction_id).outcomes, "one day is not over"
    ledger.expire(
        ground.project_id, RetentionPolicy(keep_prediction_days=1).model_copy(update={"keep_prediction_days": 0})
    )
    assert ledger.purge(ground.project_id, None).counts == {"predictions": 1}
    with pytest.raises(NotFound):
        ground.show(made.prediction_id)


def test_a_purged_model_takes_its_ledger_along(ground: Ground) -> None:
    made = ground.predict()
    ground.post({"prediction_id": made.prediction_id, "at": HOURS[1], "value": 1.0})
    trash = ground.system.service.trash
    trash.delete(ground.project_id, "load", None, "ayşe")
    assert ground.show(made.prediction_id).model == "load", "in the trash it is still there"
    trash.purge(ground.project_id, None)
    with pytest.raises(NotFound):
        ground.show(made.prediction_id)


def _own(*loads: float, start: int = 0) -> list[dict[str, Any]]:
    return [{"at": HOURS[start + hour].isoformat(), "load": load, "heat": 1.0} for hour, load in enumerate(loads)]


def test_own_rows_are_judged_by_a_dataset_only_where_they_say_which(ground: Ground) -> None:
    """Rows of another series have the same times; what the dataset tells is no truth about them."""
    silent = ground.predict(rows=_own(700.0, 700.0), request_id="other shop")
    told = ground.predict(rows=_own(5.0, 5.5), continues="load")
    assert ground.show(silent.prediction_id).continues is None
    assert ground.show(told.prediction_id).continues == ground.dataset_id
    ground.add_rows([6.0, 7.0, 8.0, 9.0])
    assert ground.service.outcomes.join(ground.project_id, ground.dataset_id) == 3
    ground.service.outcomes.tend(ground.project_id)
    ground.post({"model": "load", "at": HOURS[2], "value": 7.0})
    assert ground.show(silent.prediction_id).outcomes == []
    assert [each.actual for each in ground.show(told.prediction_id).outcomes] == [7.0, 8.0, 9.0]
    assert ground.post({"request_id": "other shop", "at": HOURS[2], "value": 701.0}).judged == 1
    with pytest.raises(NotFound):
        ground.predict(rows=_own(1.0, 2.0), continues="nothing of this name")
    with pytest.raises(InvalidInput, match="rows"):
        ground.predict(continues="load")


def test_the_same_question_weighs_once_however_often_it_is_asked(ground: Ground) -> None:
    for _ in range(20):
        ground.predict(horizon=1)  # from 5.0: says 6
    ground.predict(horizon=1, rows=_own(5.0, 9.0), continues="load")  # says 10
    ground.post({"model": "load", "at": HOURS[1], "value": 6.0}, {"model": "load", "at": HOURS[2], "value": 14.0})
    told = ground.service.reads.scores(ground.project_id, "load", None)
    (total,) = told.total
    assert (total.count, total.answers, told.points) == (2, 21, 21)
    assert (total.loss, total.naive_loss) == (pytest.approx((0 + 4) / 2), pytest.approx((1 + 5) / 2))
    assert total.skill == pytest.approx(1 - 4 / 6)
    (one, *_) = told.over_time
    assert sum(each.count for each in told.over_time) == 2
    assert one.start <= HOURS[1]


def test_answers_from_before_questions_had_a_name_count_line_by_line(ground: Ground) -> None:
    made = [ground.predict(horizon=1).prediction_id for _ in range(2)]
    ground.system.database.write(
        ground.project_id,
        lambda session: session.execute(
            update(Prediction).where(Prediction.project_id == ground.project_id).values(question=None)
        ),
    )
    ground.post(*({"prediction_id": each, "value": 6.0} for each in made))
    (total,) = ground.service.reads.scores(ground.project_id, "load", None).total
    assert (total.count, total.answers) == (2, 2)


def test_requests_that_are_awaited_get_their_own_answers_and_share_commits(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.predict()
    system, commits = ground.system, []
    add = ledger_store.add

    def counted(session: Any, lines: list[LedgerLine]) -> Any:
        commits.append(len(lines))
        threading.Event().wait(0.02)  # while it writes, others come
        return add(session, lines)

    monkeypatch.setattr(ledger_store, "add", counted)

    async def ask(value: int) -> float:
        request = PredictRequest(rows=_own(0.0, float(value)))
        answer = await system.service.predict(ground.project_id, "load", request, "ayşe")
        return float(answer.predictions[0].value)

    async def all_at_once() -> list[float]:
        return await asyncio.gather(*(ask(value) for value in range(60)))

    assert asyncio.run(all_at_once()) == [value + 1.0 for value in range(60)]
    lines = ground.service.reads.page(ground.project_id, model="load", version=1, judged=None, limit=100)
    assert sorted(line.naive for line in lines.items) == sorted([5.0, *range(60)])
    assert len(commits) < 60


def test_a_units_record_is_written_in_the_transaction_of_its_line(ground: Ground) -> None:
    """A repeated request finds its key if the line is stored, and only then."""
    ground.predict()

    def refuse(session: Any) -> None:
        raise Conflict("somebody was quicker")

    async def ask() -> None:
        unit = UnitOfWork(Scope(ground.project_id), refuse)
        await ground.system.service.predict(ground.project_id, "load", PredictRequest(), "ayşe", unit=unit)

    with pytest.raises(Conflict):
        asyncio.run(ask())
    page = ground.service.reads.page(ground.project_id, model="load", version=1, judged=None, limit=9)
    assert len(page.items) == 1


def test_live_pages_hear_of_lines_in_sums(ground: Ground) -> None:
    for _ in range(9):
        ground.predict()
    ground.system.service.ledger.close()

    def told() -> list[Any]:
        read = ground.system.events.read(ground.project_id, "project", 0, 1000)
        return [each for each in read if each.type == "prediction.made"]

    events = told()
    assert sum(each.data["count"] for each in events) == 9
    assert events[0].data["count"] == 1, "the first one is told at once"
    assert len(events) < 9


def test_answers_that_come_together_share_a_commit(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.predict()
    commits: list[int] = []
    add = ledger_store.add

    def slow(session: Any, lines: list[LedgerLine]) -> Any:
        commits.append(len(lines))
        threading.Event().wait(0.05)
        return add(session, lines)

    monkeypatch.setattr(ledger_store, "add", slow)
    threads = [threading.Thread(target=ground.predict) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    page = ground.service.reads.page(ground.project_id, model="load", version=None, judged=None, limit=100)
    assert len(page.items) == 17
    assert sum(commits) == 16
    assert len(commits) < 16


def test_one_bad_line_is_nobody_elses_fault(ground: Ground) -> None:
    made = ground.predict()
    row = ground.system.database
    with row.read(ground.project_id) as session:
        (line, _) = ledger_store.line(session, made.prediction_id) or ()
        columns = {each.name: getattr(line, each.name) for each in fields(LedgerLine) if each.name != "model"}
    group = _Group()
    for version in (1, 99, 1):  # there is no version 99
        group.lines.append(LedgerLine(**{**columns, "id": new_id(), "model": "load", "version": version}))
        group.waiting.append(Future())
    ground.system.service.ledger._write(ground.project_id, group)
    errors = [each.exception(20.0) for each in group.waiting]
    assert [error is None for error in errors] == [True, False, True]
    page = ground.service.reads.page(ground.project_id, model="load", version=1, judged=None, limit=9)
    assert len(page.items) == 3


@pytest.mark.parametrize("name", ["request_id", "series", "continues", "alias"])
def test_names_hold_no_control_characters(name: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        PredictRequest(**{name: "a\0b"})


def _line(id_: str, pair_id: str | None, *times: datetime) -> Prediction:
    points = tuple(PredictionPoint(at=at, value=1.0, low=None, high=None) for at in times)
    return Prediction(id=id_, pair_id=pair_id, points=points, question="same" if len(times) == 1 else id_)


def test_what_is_true_of_an_answer_is_true_of_the_kept_one() -> None:
    request = OutcomeRequest(prediction_id="given", at=HOURS[2], value=1.0)
    given, alike, apart = (
        _line("given", None, *HOURS[1:4]), _line("alike", "given", *HOURS[2:5]), _line("apart", "given", *HOURS[3:6])
    )  # fmt: skip
    assert meant([given, alike, apart], request, 0) == [(given, HOURS[2]), (alike, HOURS[2])]
    seen, again = _line("given", None, HOURS[1]), _line("again", "given", HOURS[2])
    image = OutcomeRequest(prediction_id="given", label="cat")
    assert meant([seen, again], image, 0) == [(seen, HOURS[1]), (again, HOURS[2])]
