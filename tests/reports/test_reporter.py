"""Every run's end writes its report, behind everybody else's work, and never costs the run anything."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from azuraforge.database import Session
from azuraforge.errors import TransientError
from azuraforge.processes.exchange import TOO_SLOW
from azuraforge.reports.reporter import ENTRY, Reporter
from azuraforge.reports.service import PROBLEM, RunReports
from azuraforge.runs import store
from tests.events.ticking import Happened

DOCUMENTS = {"report.en.md"}


@pytest.fixture
def make_reporter(stand) -> Iterator[Callable[..., Reporter]]:
    """Reporters over the stand's runs; stopped when the test ends."""
    stand.reports = RunReports(stand.artifacts, stand.service, stand.launcher.call)
    made: list[Reporter] = []

    def make(open_child: Any = None, **settings: Any) -> Reporter:
        opened = open_child or stand.launcher.open
        made.append(Reporter(stand.database, stand.events, stand.reports, opened, **settings))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def reports_of(stand: Any, run_id: str) -> dict[str, str]:
    found = [each.name for each in stand.get(run_id).artifacts if each.kind == "report"]
    files = {name: stand.service.artifact(stand.project_id, run_id, name)[1] for name in found}
    return {name: path.read_text() for name, path in files.items()}


def wait_for_reports(stand: Any, run_id: str) -> dict[str, str]:
    stand.wait(run_id, lambda run: {each.name for each in run.artifacts} >= DOCUMENTS)
    return reports_of(stand, run_id)


def test_every_end_writes_the_document_and_the_other_language_waits_for_a_reader(
    stand: Any, make_reporter: Any
) -> None:
    reporter = make_reporter()
    reporter.start()
    good = stand.create(seed=3, steps=4).id
    bad = stand.create(steps=30, every=5, raise_at=12, error="user").id
    long = stand.create(steps=10_000, pause=0.01).id
    stand.wait(long, lambda run: run.state == "running")
    stand.service.cancel(stand.project_id, long)
    written = wait_for_reports(stand, good)
    assert set(written) == DOCUMENTS
    assert "| steps | 4 |" in written["report.en.md"]
    assert "[curves]: data:image/svg" in written["report.en.md"]
    turkish = stand.reports.write(stand.project_id, good, "md", "tr").content.decode()
    assert "[curves]: data:image/svg" in turkish
    assert "çalıştırması" in turkish
    assert reports_of(stand, good)["report.tr.md"] == turkish
    assert "on purpose" in wait_for_reports(stand, bad)["report.en.md"]
    assert "cancelled" in wait_for_reports(stand, long)["report.en.md"]
    # Whoever asks gets what was written.
    asked = stand.reports.write(stand.project_id, good, "md", "en")
    assert asked.content.decode() == written["report.en.md"]


def test_a_start_writes_what_is_missing_and_a_resumed_run_gets_a_new_one(stand: Any, make_reporter: Any) -> None:
    lost = stand.create(steps=30, every=5, raise_at=12, error="user", raise_once=True).id
    stand.wait(lost)
    reporter = make_reporter()  # it starts after the end, as after a crash
    reporter.look(stand.project_id)
    before = reports_of(stand, lost)
    assert "What happened" in before["report.en.md"]
    stand.service.resume(stand.project_id, lost)
    assert stand.wait(lost).state == "succeeded"
    reporter.look(stand.project_id)
    assert "What happened" not in reports_of(stand, lost)["report.en.md"]
    stand.supervisor.stop()
    queued = stand.create(steps=4).id
    stand.service.cancel(stand.project_id, queued)
    reporter.look(stand.project_id)
    assert "stopped before its first phase" in reports_of(stand, queued)["report.en.md"]


def test_a_child_ends_after_its_share_of_the_reports(stand: Any, make_reporter: Any) -> None:
    opened: list[Any] = []

    def open_child(entry: str, payload: dict[str, Any]) -> Any:
        opened.append(stand.launcher.open(entry, payload))
        return opened[-1]

    for _ in range(3):
        stand.wait(stand.create(steps=4).id)
    reporter = make_reporter(open_child, reports_per_child=2)
    reporter.look(stand.project_id)
    first, second = opened
    assert first.pid != second.pid
    with pytest.raises(TransientError):  # it has ended
        first.ask({}, 5.0)


class Mute:
    """A child that answers nothing."""

    asked = 0
    pid = 0

    def __call__(self, entry: str, payload: dict[str, Any]) -> Mute:
        return self

    def ask(self, payload: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        self.asked += 1
        raise ValueError("no letters for 𓀀")

    def close(self) -> None:
        pass


def test_what_cannot_be_written_is_said_and_costs_the_run_nothing(stand: Any, make_reporter: Any) -> None:
    run_id = stand.create(steps=4).id
    stand.wait(run_id)
    mute = Mute()
    reporter = make_reporter(mute)
    for _ in range(2):
        with pytest.raises(ValueError, match="no letters"):
            reporter.look(stand.project_id)
        assert reports_of(stand, run_id) == {}, "it may go well the next time"
    assert reporter.look(stand.project_id) == 1
    assert stand.get(run_id).state == "succeeded"
    assert reports_of(stand, run_id) == {PROBLEM: "no letters for 𓀀\n"}
    make_reporter(mute).look(stand.project_id)
    assert mute.asked == 3, "it is not tried again by itself"
    assert b"| steps | 4 |" in stand.reports.write(stand.project_id, run_id, "md", "en").content


class Failing:
    """Opens a real child, which is not there the first times; says why."""

    def __init__(self, stand: Any, *errors: TransientError, opening: bool = False) -> None:
        self.stand, self.errors, self.opening = stand, list(errors), opening

    def __call__(self, entry: str, payload: dict[str, Any]) -> Any:
        if self.opening and self.errors:
            raise self.errors.pop(0)
        child = self.stand.launcher.open(entry, payload)
        if self.errors:
            error = self.errors.pop(0)

            def ask(payload: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
                raise error

            child.ask = ask
        return child


@pytest.mark.parametrize("opening", [True, False])
def test_a_launcher_that_dies_costs_no_report(stand: Any, make_reporter: Any, opening: bool) -> None:
    run_id = stand.create(steps=4).id
    stand.wait(run_id)
    errors = [TransientError("the launcher died") for _ in range(5 if opening else 2)]
    reporter = make_reporter(Failing(stand, *errors, opening=opening))
    for _ in errors:
        with pytest.raises(TransientError, match="launcher died"):
            reporter.look(stand.project_id)
        assert reports_of(stand, run_id) == {}
    reporter.look(stand.project_id)
    assert set(reports_of(stand, run_id)) == DOCUMENTS


def test_who_takes_too_long_is_tried_once_more(stand: Any, make_reporter: Any) -> None:
    run_id = stand.create(steps=4).id
    stand.wait(run_id)
    slow = [TransientError("no answer within 120 seconds", code=TOO_SLOW) for _ in range(2)]
    reporter = make_reporter(Failing(stand, *slow))
    with pytest.raises(TransientError):
        reporter.look(stand.project_id)
    reporter.look(stand.project_id)
    assert set(reports_of(stand, run_id)) == {PROBLEM}


def test_a_project_that_must_wait_holds_up_no_other(stand: Any, make_reporter: Any, monkeypatch: Any) -> None:
    reporter, looked = make_reporter(), []

    def look(project_id: str) -> int:
        looked.append(project_id)
        raise TransientError("it died")

    monkeypatch.setattr(reporter, "look", look)
    reporter._look_at({"one", "two", "three"})
    assert sorted(looked) == ["one", "three", "two"]
    assert reporter._noticed == {"one", "two", "three"}, "and their turn comes again"


def test_trials_and_external_runs_have_none(stand: Any, make_reporter: Any) -> None:
    for kind in ("trial", "external"):
        line = {"run_id": "nosuchrun", "kind": kind, "state": "succeeded"}
        stand.database.write(
            stand.project_id,
            lambda session, line=line: stand.events.append(session, "project", Happened.of("run.state", line)),
        )
    assert make_reporter().look(stand.project_id) == 0


class Slow:
    """A real process that takes its time to answer."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self, entry: str, payload: dict[str, Any]) -> Slow:
        self.process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        return self

    def ask(self, payload: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        assert self.process is not None
        self.process.wait(timeout_seconds)
        raise TransientError("it died", next_step="try again")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()

    def close(self) -> None:
        pass


def test_a_stop_ends_the_one_being_written_and_the_next_start_writes_it(stand: Any, make_reporter: Any) -> None:
    run_id = stand.create(steps=4).id
    stand.wait(run_id)
    slow = Slow()
    reporter = make_reporter(slow)
    reporter.start()
    reporter.notice(stand.project_id, "project")
    deadline = time.monotonic() + 120
    while slow.process is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    reporter.stop()
    assert slow.process.wait(120) < 0
    assert not reporter._thread.is_alive()
    assert reports_of(stand, run_id) == {}, "nobody is to blame"
    make_reporter().look(stand.project_id)
    assert set(reports_of(stand, run_id)) == DOCUMENTS


def test_its_child_gives_way_to_others(stand: Any) -> None:
    child = stand.launcher.open(ENTRY, {})
    try:
        others = os.getpriority(os.PRIO_PROCESS, stand.launcher.pid)
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == min(19, others + 10)
    finally:
        child.close()


def test_a_report_waits_for_what_follows_the_success(stand: Any, make_reporter: Any) -> None:
    """Its figures belong into the report: neither the end nor somebody who asks early keeps one without them."""
    run_id = stand.create(steps=2).id
    stand.wait(run_id)

    def follow_ups(names: list[str]) -> None:
        def work(session: Session) -> None:
            run = store.lock(session, run_id)
            store.change(session, run, follow_ups=names)
            if not names:
                about = {"run_id": run_id, "kind": run.kind, "state": run.state}
                stand.events.append(session, "project", Happened.of("run.followed_up", about))

        stand.database.write(stand.project_id, work)

    follow_ups(["importance"])
    reporter = make_reporter()
    reporter.look(stand.project_id)
    assert stand.reports.write(stand.project_id, run_id, "md", "en").content
    assert reports_of(stand, run_id) == {}
    follow_ups([])
    reporter.look(stand.project_id)
    assert set(reports_of(stand, run_id)) == DOCUMENTS
