"""Predicting through real children: warm, restarted, in the ledger, refused where the input is wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import Conflict, InvalidInput, NotFound, StorageError, TransientError
from azuraforge.models.answers import PredictionInputs
from azuraforge.models.predictions.inference import answer_of
from azuraforge.models.schemas import PredictRequest
from azuraforge.models.serving.pool import ReplicaPool
from azuraforge.models.serving.replica import IN_FLIGHT, Replica
from azuraforge.models.serving.request_rows import read_rows
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.forecasting.covariates import part_at_end
from azuraforge.plugins.forecasting.following import following_times
from azuraforge.processes.frames import encode
from azuraforge.processes.launcher import Launcher
from azuraforge.waiting.ending import Ending, work_of_request
from tests.models.ledger_lines import ledger_lines

Make = Callable[..., Path]
HAND: dict[str, Any] = {"alias": "champion", "reason": "because", "by": "ayşe"}
START = datetime(2026, 3, 1, tzinfo=UTC)


def rows(values: list[float]) -> list[dict[str, Any]]:
    return [
        {"at": (START + timedelta(hours=hour)).isoformat(), "load": value, "heat": 1.0}
        for hour, value in enumerate(values)
    ]


def wait_for_end(child: Any) -> None:
    """Return once the child's process is gone; the suite's own time limit ends a wait in vain."""
    while child.resident_bytes:
        time.sleep(0.01)


@pytest.fixture
def serving(system: Any, project_id: str, make_folder: Make, tmp_path: Path) -> Any:
    """A system with one champion (step 1) and its dataset, which ends at 5.0."""
    path = tmp_path / "load.csv"
    lines = [f"{START + timedelta(hours=hour - 29)},{hour - 24},{hour % 3}" for hour in range(30)]
    path.write_text("\n".join(["at,load,heat", *lines]))
    dataset = system.datasets.add_file(project_id, path, path.name, FileOptions(time="at", target="load", unit="kW"))
    schema, fingerprint = dataset.dataset_schema.model_dump(), dataset.fingerprint
    system.add_version(
        project_id, make_folder(1.0), schema=schema, dataset_id=dataset.id, dataset_fingerprint=fingerprint
    )
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    return system


def predict(serving: Any, project_id: str, **request: Any) -> Any:
    return serving.predict(project_id, "load", PredictRequest(**request), "ayşe")


def test_without_a_body_the_champion_continues_its_dataset(serving: Any, project_id: str) -> None:
    answer = predict(serving, project_id)
    assert (answer.version, answer.alias, answer.plugin, answer.run_id) == (1, "champion", "test.step", "run1")
    assert answer.origin == START
    assert [point.value for point in answer.predictions] == [6.0, 7.0, 8.0]
    assert [point.at for point in answer.predictions] == [START + timedelta(hours=hour) for hour in (1, 2, 3)]
    assert (answer.predictions[0].low, answer.predictions[0].high) == (5.0, 7.0)
    assert answer.interval == pytest.approx(0.9)
    assert (answer.target, answer.unit) == ("load", "kW")


def test_own_rows_and_a_shorter_horizon(serving: Any, project_id: str) -> None:
    answer = predict(serving, project_id, rows=rows([1, 2, 40]), horizon=2)
    assert [point.value for point in answer.predictions] == [41.0, 42.0]
    assert answer.origin == START + timedelta(hours=2)
    assert len(serving.children) == 1
    predict(serving, project_id, rows=rows([1, 2]))
    assert len(serving.children) == 1, "the second question goes to the warm child"


def test_every_answer_stands_in_the_ledger(serving: Any, project_id: str) -> None:
    first, second = predict(serving, project_id), predict(serving, project_id, rows=rows([1, 2]), version=1)
    ledger = {line.prediction_id: line for line in ledger_lines(serving.database, project_id, "load", 10)}
    assert set(ledger) == {first.prediction_id, second.prediction_id}
    line = ledger[first.prediction_id]
    assert (line.version, line.alias, line.by, line.outcome, line.judged_at) == (1, "champion", "ayşe", None, None)
    assert line.predictions == first.predictions
    assert line.matures_at == first.predictions[-1].at
    assert line.inputs.rows == 30
    version = serving.service.reads.show_version(project_id, "load", 1)
    assert line.inputs.dataset_fingerprint == version.dataset_fingerprint
    assert ledger[second.prediction_id].alias is None
    assert ledger[second.prediction_id].inputs == PredictionInputs(rows=2)
    serving.service.ledger.close()
    events = [event for event in serving.events.read(project_id, "project") if event.type == "prediction.made"]
    assert sum(event.data["count"] for event in events) == 2


def test_the_new_champion_answers_at_once(serving: Any, project_id: str, make_folder: Make) -> None:
    predict(serving, project_id)
    trained_on = serving.service.reads.show_version(project_id, "load", 1).dataset_id
    serving.add_version(project_id, make_folder(10.0), dataset_id=trained_on)
    serving.service.aliases.promote_by_hand(project_id, "load", 2, **HAND)
    answer = predict(serving, project_id)
    assert (answer.version, answer.predictions[0].value) == (2, 15.0)
    assert predict(serving, project_id, version=1).predictions[0].value == 6.0
    serving.service.aliases.rollback_by_hand(project_id, "load", **HAND)
    assert predict(serving, project_id).version == 1


def test_a_child_that_died_is_started_again(serving: Any, project_id: str) -> None:
    predict(serving, project_id)
    os.kill(serving.children[0].pid, signal.SIGKILL)
    wait_for_end(serving.children[0])
    assert predict(serving, project_id).predictions[0].value == 6.0
    assert len(serving.children) == 2


def test_a_question_that_kills_its_child_is_an_error_and_the_next_one_is_served(serving: Any, project_id: str) -> None:
    predict(serving, project_id)
    with pytest.raises(TransientError, match="its process was killed"):
        predict(serving, project_id, rows=rows([1, 666]))
    assert predict(serving, project_id).predictions[0].value == 6.0
    assert len(serving.children) == 3, "asked once more of a fresh child, and then no more"


def test_a_child_that_is_killed_while_it_thinks_is_started_again_once(serving: Any, project_id: str) -> None:
    predict(serving, project_id)
    question = {"rows": rows([1, 555])}  # the pipeline of this test takes a second over it
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(predict(serving, project_id, **question)))
    asking.start()
    time.sleep(0.3)
    os.kill(serving.children[0].pid, signal.SIGKILL)
    asking.join()
    assert [answer.predictions[0].value for answer in answers] == [556.0]
    assert len(serving.children) == 2


def _soon(serving: Any, project_id: str, value: float, timeout_seconds: float = 60.0) -> Any:
    """A question on its way to version 1, behind those before it."""
    return _questions_to(serving, project_id)(value, timeout_seconds)


def _questions_to(serving: Any, project_id: str) -> Callable[..., Any]:
    """Asks version 1 and reads nothing first, so that a slow machine asks as quickly as the test means it to."""
    row = serving.service.reads.show_version(project_id, "load", 1)
    served = serving.service.versions.get(project_id, serving.service.reads.show(project_id, "load").id, 1)

    def ask(value: float, timeout_seconds: float = 60.0) -> Any:
        question = {"rows": rows([1, value]), "dataset": None, "horizon": 1}
        return serving.warm.ask_soon((project_id, row.content_hash), served.opening, question, timeout_seconds)

    return ask


def _value(answer: Any) -> float:
    return float(answer.result()["points"][0]["value"])


@pytest.mark.sqlite_only
def test_who_stands_behind_a_question_that_kills_is_answered(serving: Any, project_id: str) -> None:
    predict(serving, project_id)
    killer, *others = [_soon(serving, project_id, value) for value in (666, 1, 2, 3, 4, 5, 6)]
    assert [_value(each) for each in others] == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    with pytest.raises(TransientError, match="its process was killed"):
        killer.result()
    assert len(serving.children) == 3, "the killer was asked twice, and nobody else was suspected"


@pytest.mark.sqlite_only
def test_who_stands_behind_a_question_that_takes_too_long_is_answered(serving: Any, project_id: str) -> None:
    predict(serving, project_id)
    slow, other = _soon(serving, project_id, 777, 0.5), _soon(serving, project_id, 3)
    with pytest.raises(TransientError, match=r"did not answer within 0\.5 seconds"):
        slow.result()
    assert _value(other) == 4.0
    assert len(serving.children) == 2


@pytest.mark.sqlite_only
def test_the_same_question_that_waits_twice_is_asked_once(serving: Any, project_id: str) -> None:
    predict(serving, project_id)
    ask = _questions_to(serving, project_id)
    ahead = [ask(555), *(ask(value) for value in range(1, IN_FLIGHT))]
    waiting = [ask(value) for value in (20, 30, 20, 20, 30)]
    (replica,) = serving.warm._replicas.values()
    assert len(replica._waiting) == 2
    assert [_value(each) for each in waiting] == [21.0, 31.0, 21.0, 21.0, 31.0]
    assert [_value(each) for each in ahead] == [556.0, *(value + 1.0 for value in range(1, IN_FLIGHT))]


@pytest.mark.sqlite_only
def test_a_question_larger_than_the_pipe_arrives_whole(serving: Any, project_id: str) -> None:
    many = rows([float(value % 50) for value in range(20_000)])
    answer, small = predict(serving, project_id, rows=many, horizon=1), predict(serving, project_id, rows=rows([1, 2]))
    assert (answer.predictions[0].value, small.predictions[0].value) == (50.0, 3.0)


def test_a_child_that_hangs_is_ended(serving: Any, project_id: str) -> None:
    row = serving.add_version(project_id, next(serving.folders._artifacts.parent.glob("predictor-*")), model="other")
    opening = serving.service.versions.get(project_id, row.model_id, row.version).opening
    question = {"rows": rows([1, 777]), "dataset": None, "horizon": None}
    with pytest.raises(TransientError, match="did not answer"):
        serving.warm.ask_soon((project_id, "hanging"), opening, question, 2.0).result()
    wait_for_end(serving.children[-1])
    assert (project_id, "hanging") not in serving.warm.loaded


def test_the_least_recently_used_child_is_evicted(serving: Any, project_id: str, make_folder: Make) -> None:
    serving.add_version(project_id, make_folder(2.0))
    serving.add_version(project_id, make_folder(3.0))
    question = {"rows": rows([1, 2])}
    for version in (1, 2):
        predict(serving, project_id, version=version, **question)
    assert len(serving.warm.loaded) == 2
    serving.warm._max_bytes = int(2.5 * serving.children[0].resident_bytes)
    predict(serving, project_id, version=1, **question)
    predict(serving, project_id, version=3, **question)
    hashes = [serving.service.reads.show_version(project_id, "load", version).content_hash for version in (1, 3)]
    assert serving.warm.loaded == [(project_id, content_hash) for content_hash in hashes]
    wait_for_end(serving.children[1])
    serving.warm._max_bytes = 1
    predict(serving, project_id, version=3, **question)
    assert serving.warm.loaded == [(project_id, hashes[1])], "the one just used may be larger than the limit"


def test_many_at_once_get_their_own_answers(serving: Any, project_id: str) -> None:
    answers: dict[int, float] = {}

    def ask(value: int) -> None:
        answers[value] = predict(serving, project_id, rows=rows([0, value])).predictions[0].value

    threads = [threading.Thread(target=ask, args=(value,)) for value in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {value: value + 1.0 for value in range(12)}
    assert len(serving.children) == 1
    assert len(ledger_lines(serving.database, project_id, "load", 100)) == 12


def test_a_damaged_version_answers_nothing(serving: Any, project_id: str) -> None:
    content_hash = serving.service.reads.show_version(project_id, "load", 1).content_hash
    path = serving.folders.path(project_id, content_hash) / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"weights\.safetensors was changed"):
        predict(serving, project_id)
    assert ledger_lines(serving.database, project_id, "load", 10) == []


def test_a_damaged_dataset_is_refused(serving: Any, project_id: str) -> None:
    dataset_id = serving.service.reads.show_version(project_id, "load", 1).dataset_id
    [path] = serving.datasets.get(project_id, dataset_id, 1).paths
    frame = pl.read_parquet(path)
    frame.with_columns(pl.col("load") + 1e-9).write_parquet(path)
    with pytest.raises(StorageError, match="have changed since they were stored"):
        predict(serving, project_id)


def test_the_api_process_stays_light() -> None:
    """Frames, weights and statistics belong to children; the API stays small and starts fast."""
    heavy = ("polars", "scipy", "safetensors", "sklearn", "statsmodels")
    code = f"import sys, azuraforge.models.routes; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"


def test_after_closing_nothing_is_started(serving: Any, project_id: str) -> None:
    predict(serving, project_id)
    serving.service.close()
    wait_for_end(serving.children[0])
    with pytest.raises(TransientError, match="stopping"):
        predict(serving, project_id)


def test_what_cannot_be_predicted_is_said(serving: Any, project_id: str, make_folder: Make) -> None:
    with pytest.raises(InvalidInput, match="predicts at most 3 rows ahead, but 4 were requested"):
        predict(serving, project_id, horizon=4)
    with pytest.raises(InvalidInput, match="could not predict from 1 row: ValueError: needs 2 rows") as caught:
        predict(serving, project_id, rows=rows([1]))
    assert caught.value.next_step == "send a longer history"
    with pytest.raises(NotFound, match="no version 7"):
        predict(serving, project_id, version=7)
    with pytest.raises(Conflict, match="under the alias 'candidate'"):
        predict(serving, project_id, alias="candidate")
    serving.add_version(project_id, make_folder(4.0), dataset_id=None)
    with pytest.raises(InvalidInput, match="not trained on a stored dataset"):
        predict(serving, project_id, version=2)
    assert ledger_lines(serving.database, project_id, "load", 10) == []


HOURLY = Schema(time="at", target="load", features=("heat",), frequency="1h", timezone="Europe/Istanbul")


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        (lambda r: r[1].update(load=None), "rows[1]", "'load' is None"),
        (lambda r: r[1].update(load=float("nan")), "rows[1]", "'load' is nan"),
        (lambda r: r[2].update(heat="warm"), "rows[2]", "'heat' is 'warm'"),
        (lambda r: r[2].update(heat=True), "rows[2]", "'heat' is True"),
        (lambda r: r[0].pop("heat"), "rows[0]", "'heat' is None"),
        (lambda r: r[0].update(wind=1), "rows[0]", "unknown column 'wind'"),
        (lambda r: r[1].update(at="yesterday"), "rows[1]", "'at' is 'yesterday'"),
        (lambda r: r[1].update(at="2026-03-01T01:00:00"), "rows[1]", "'at' is '2026-03-01T01:00:00'"),
        (lambda r: r.reverse(), "rows[1]", "not later than in the previous row"),
        (lambda r: r.pop(1), "rows[1]", "expected 2026-03-01T04:00:00"),
    ],
)
def test_a_bad_row_is_named(change: Callable[[Any], Any], where: str, message: str) -> None:
    given = rows([1, 2, 3])
    change(given)
    with pytest.raises(InvalidInput) as caught:
        read_rows(given, HOURLY)
    assert caught.value.where == where
    assert message in caught.value.message
    assert caught.value.next_step


def frame_of(times: list[datetime]) -> pl.DataFrame:
    column = pl.Series("at", times, dtype=pl.Datetime("us", "UTC"))
    return pl.DataFrame({"at": column, "load": [0.0] * len(times)})


def test_months_follow_the_calendar_and_days_the_zone() -> None:
    monthly = Schema(time="at", target="load", frequency="1mo")
    times = following_times(frame_of([datetime(2026, 1, 31, tzinfo=UTC)]), monthly, 3)
    assert [(at.month, at.day) for at in times] == [(2, 28), (3, 31), (4, 30)]
    daily = Schema(time="at", target="load", frequency="1d", timezone="Europe/Budapest")
    midnight = datetime(2026, 3, 27, 23, tzinfo=UTC)  # 00:00 in Budapest, the day before the clocks change
    assert [at.hour for at in following_times(frame_of([midnight]), daily, 3)] == [23, 22, 22]


def test_trading_days_step_over_weekends() -> None:
    days = [datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=day) for day in range(5)]
    times = following_times(frame_of(days), Schema(time="at", target="load"), 3)
    assert [at.day for at in times] == [12, 13, 14]
    with pytest.raises(InvalidInput, match="cannot be derived from one row"):
        following_times(frame_of(days[:1]), Schema(time="at", target="load"), 1)


def test_trading_days_step_over_the_weekend_of_their_zone() -> None:
    """Midnight in Istanbul is 21:00 UTC of the day before: in UTC Mondays look like Sundays."""
    first = datetime(2023, 12, 31, 21, tzinfo=UTC)  # Monday, January 1st
    days = [first + timedelta(days=day) for day in range(7 * 60) if day % 7 < 5]
    times = following_times(frame_of(days), Schema(time="at", target="load", timezone="Europe/Istanbul"), 6)
    local = [at + timedelta(hours=3) for at in times]
    assert [at.isoweekday() for at in local] == [1, 2, 3, 4, 5, 1]
    assert {at.hour for at in local} == {0}


def read_daily(times: list[datetime], schema: Schema) -> pl.DataFrame:
    return read_rows([{"at": at.isoformat(), "load": 1.0} for at in times], schema)


def test_rows_at_month_ends_are_taken_and_others_are_named() -> None:
    schema = Schema(time="at", target="load", frequency="1mo", month_end=True)
    ends = [datetime(2024, 1, 31, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC), datetime(2024, 3, 31, tzinfo=UTC)]
    assert [(at.month, at.day) for at in following_times(read_daily(ends, schema), schema, 2)] == [(4, 30), (5, 31)]
    with pytest.raises(InvalidInput, match="expected 2024-03-31") as caught:
        read_daily([*ends[:2], datetime(2024, 3, 29, tzinfo=UTC)], schema)
    assert caught.value.where == "rows[2]"
    assert caught.value.next_step == "send one row for the last day of each month"


def test_days_at_midnight_utc_are_taken_from_callers_in_other_zones() -> None:
    schema = Schema(time="at", target="load", frequency="1d", timezone="Europe/Berlin", rhythm_timezone="UTC")
    days = [datetime(2024, 3, 20, tzinfo=UTC) + timedelta(days=day) for day in range(20)]  # clocks change on the 31st
    assert following_times(read_daily(days, schema), schema, 1) == [datetime(2024, 4, 9, tzinfo=UTC)]


def test_a_callers_few_rows_go_on_in_the_hours_of_the_trained_series(
    system: Any, project_id: str, make_folder: Make, tmp_path: Path
) -> None:
    """One afternoon does not show when an exchange closes; the dataset does."""
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    times = [monday + timedelta(days=day, hours=hour) for day in range(60) if day % 7 < 5 for hour in range(9, 18)]
    path = tmp_path / "exchange.csv"
    path.write_text("\n".join(["at,load", *(f"{at},{index % 5}.5" for index, at in enumerate(times))]))
    dataset = system.datasets.add_file(project_id, path, path.name, FileOptions(time="at", target="load"))
    schema = dataset.dataset_schema.model_dump()
    assert schema["frequency"] is None
    trained = {"schema": schema, "dataset_fingerprint": dataset.fingerprint}
    system.add_version(project_id, make_folder(1.0), dataset_id=dataset.id, **trained)
    friday = monday + timedelta(days=4)
    own = [{"at": (friday + timedelta(hours=hour)).isoformat(), "load": 1.0} for hour in (15, 16)]
    answer = predict(system, project_id, rows=own, version=1)
    monday_morning = friday + timedelta(days=3, hours=9)
    expected = [friday + timedelta(hours=17), monday_morning, monday_morning + timedelta(hours=1)]
    assert [point.at for point in answer.predictions] == expected
    assert answer.origin == friday + timedelta(hours=16)
    assert "dataset_id" not in ledger_lines(system.database, project_id, "load", 1)[0].inputs
    system.add_version(project_id, make_folder(2.0), dataset_id="gone", **trained)
    alone = predict(system, project_id, rows=own, version=2)
    assert [point.at.hour for point in alone.predictions] == [17, 18, 19]


def test_the_last_rows_may_only_tell_what_is_known_ahead() -> None:
    given = [*rows([1, 2, 3]), *({**row, "load": None} for row in rows([0, 0, 0, 4, 5])[3:])]
    with pytest.raises(InvalidInput, match="'load' is None"):
        read_rows(given, HOURLY)
    frame = read_rows(given, HOURLY, ("heat",))
    part = part_at_end(frame, HOURLY, 3, ("heat",))
    heat = frame["heat"].to_list()
    assert (part.frame.height, int(part.origins[0])) == (3, 2)
    assert np.array_equal(part.ahead["heat"], [[heat[3], heat[4], np.nan]], equal_nan=True)
    assert part_at_end(frame, HOURLY, 3).frame.height == 5
    given[1]["load"] = None
    with pytest.raises(InvalidInput, match="'load' is None"):  # a hole before the end is still one
        read_rows(given, HOURLY, ("heat",))
    given[1]["load"], given[4]["heat"] = 1.0, None
    with pytest.raises(InvalidInput, match="'heat' is None"):
        read_rows(given, HOURLY, ("heat",))


@pytest.mark.sqlite_only
def test_a_queue_has_an_end_and_who_left_is_not_asked(
    serving: Any, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azuraforge.models.serving.replica.MOST_WAITING", 2)
    predict(serving, project_id)
    ahead = [_soon(serving, project_id, 555), *(_soon(serving, project_id, value) for value in range(1, IN_FLIGHT))]
    gone, stays = (_soon(serving, project_id, value) for value in (666, 30))  # 666 kills whoever is asked it
    with pytest.raises(TransientError, match="too many"):
        _soon(serving, project_id, 40)
    assert gone.cancel()
    late = _soon(serving, project_id, 40)
    (replica,) = serving.warm._replicas.values()
    replica._waiting[0].asked_at -= 100
    monkeypatch.setattr("azuraforge.models.serving.replica.MOST_WAITING", 1000)
    with pytest.raises(TransientError, match="too many"):
        _soon(serving, project_id, 50)
    assert [_value(each) for each in (ahead[0], stays, late)] == [556.0, 31.0, 41.0]
    assert len(serving.children) == 1


def test_versions_that_cannot_be_opened_do_not_pile_up() -> None:
    def refuse(entry: str, opening: dict[str, Any]) -> Any:
        raise InvalidInput("no such version")

    warm = ReplicaPool(refuse, "")
    for index in range(5):
        with pytest.raises(InvalidInput):
            warm.ask_soon(("project", str(index)), {}, {}, 1.0).result()
    assert [key for _, key in warm._replicas] == ["4"]
    warm.close()


@pytest.fixture
def streaming(launcher: Launcher) -> Iterator[ReplicaPool]:
    """Children that answer in pieces; see ``tests/entries/words.py``."""
    pool = ReplicaPool(lambda entry, opening: launcher.open("words:serve", opening), "")
    yield pool
    pool.close()


def test_an_answer_comes_in_pieces_and_others_keep_their_order(streaming: ReplicaPool) -> None:
    pieces: list[str] = []

    def ask(*words: str, on_piece: Any = None) -> Any:
        return streaming.ask_soon(("project", "words"), {}, {"words": words}, 30.0, on_piece)

    streamed = ask("a", "b", "c", on_piece=lambda piece: pieces.append(piece["word"]))
    whole, empty = ask("x", "y"), ask()
    assert (streamed.result(30), pieces) == ({"count": 3}, ["a", "b", "c"])
    assert (whole.result(30), empty.result(30)) == ({"count": 2}, {"count": 0})

    def refuse(piece: Any) -> None:
        raise ValueError("the client has left")

    assert ask("a", "b", on_piece=refuse).result(30) == {"count": 2}


def test_an_answer_that_has_begun_is_not_begun_again(streaming: ReplicaPool) -> None:
    pieces: list[str] = []
    ask = partial(streaming.ask_soon, ("project", "words"), {})
    broken = ask({"words": ["a", "die"]}, 30.0, lambda piece: pieces.append(piece["word"]))
    behind = ask({"words": ["b"]}, 30.0)
    with pytest.raises(TransientError):
        broken.result(30)
    assert pieces == ["a"]
    assert behind.result(30) == {"count": 1}


def test_a_question_of_a_client_that_has_left_is_dropped() -> None:
    opening, close = threading.Event(), threading.Event()
    ending = Ending()

    def open_child(entry: str, payload: dict[str, Any]) -> Any:
        opening.set()
        close.wait(120)
        raise InvalidInput("no such version")

    def leave() -> None:
        assert opening.wait(120)
        ending.end()

    warm = ReplicaPool(open_child, "")
    leaving = threading.Thread(target=leave)
    leaving.start()
    with work_of_request(ending), pytest.raises(TransientError) as left:
        asyncio.run(answer_of(warm.ask_soon(("project", "0"), {}, {}, 1.0)))
    assert left.value.error_code == "client_left"
    close.set()
    leaving.join()
    warm.close()


class Mumbler:
    """A child whose answers lack their value."""

    resident_bytes, ended = 1, False

    def __init__(self) -> None:
        self.ours, self._theirs = socket.socketpair()
        self.ours.setblocking(False)
        self._theirs.sendall(encode({"type": "result"}))

    def pipe(self) -> socket.socket:
        return self.ours

    def close(self) -> None:
        self.ours.close()
        self._theirs.close()


def test_who_gets_an_answer_that_cannot_be_read_hears_of_it() -> None:
    replica = Replica(Mumbler, lambda replica: None)  # type: ignore[arg-type]
    with pytest.raises(TransientError, match="a frame 'result' lacks value"):
        replica.ask(encode({"type": "question", "payload": {}}), 5.0).result(10.0)
    replica.close()
