"""Runs of one's own: nothing lost, nothing doubled, and training never waits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from azuraforge.client import ApiError, Client, ClientError
from azuraforge.client.external import run as external
from tests.client.conftest import shipped_by

TOKEN = "t" * 40


#: Part of a program: waits until its only journal holds a point.
UNTIL_WRITTEN = """
        import time
        from pathlib import Path
        def until_written(home, point):
            while not any(point in each.read_text() for each in Path(home, "journal").glob("*")):
                time.sleep(0.01)
"""


def journals(home: Path) -> list[Path]:
    return sorted((home / "journal").glob("*"))


def only_run(server):
    (run,) = server.runs.values()
    return run


def test_metrics_summary_and_end_arrive(server, client, home):
    server.start()
    before = time.time() * 1000
    with client.run("mine", config={"rate": np.float32(0.5), "path": Path("/data")}, seed=3) as run:
        run.log(loss=0.5)
        run.log(loss=np.float64(0.25), accuracy=1)
        run.log(step=10, loss=float("nan"))
        run.log(loss=np.array([0.125]).sum())
        run.progress(1, 4, "warm")
        run.summary(best=np.float64(0.125))
        assert run.id == "run1"
    told = only_run(server)
    assert (told["kind"], told["name"], told["seed"]) == ("external", "mine", 3)
    assert told["config"] == {"rate": 0.5, "path": "/data"}
    assert server.values("loss") == {1: 0.5, 2: 0.25, 10: None, 11: 0.125}
    assert server.values("accuracy") == {2: 1.0}
    times = [server.times["loss", step] for step in (1, 2, 10, 11)]
    assert before - 1 <= times[0] <= times[1] <= times[2] <= times[3] <= time.time() * 1000
    assert server.times["accuracy", 2] == times[1], "one call is one moment"
    assert told["finished"] == {"state": "succeeded", "summary": {"best": 0.125}, "error": None}
    assert journals(home) == []


def test_an_exception_fails_the_run_in_one_line_and_goes_on_up(server, client):
    server.start()

    def diverge():
        with client.run("mine") as run:
            run.log(loss=1.0)
            raise ValueError("the loss\n  diverged")

    with pytest.raises(ValueError, match="diverged"):
        diverge()
    assert only_run(server)["finished"]["state"] == "failed"
    assert only_run(server)["finished"]["error"] == "ValueError: the loss diverged"


def test_leaving_with_exit_code_zero_is_a_success(server, client):
    server.start()
    with pytest.raises(SystemExit), client.run("mine"):
        raise SystemExit(0)
    assert only_run(server)["finished"]["state"] == "succeeded"


def test_what_is_no_number_is_refused_where_it_was_logged(server, client):
    server.start()
    with client.run("mine") as run:
        with pytest.raises(TypeError, match="loss='low' is not a number"):
            run.log(loss="low")
        run.log(loss=1.0)
    assert server.values("loss") == {1: 1.0}


def test_a_platform_that_comes_later_gets_everything(server, client, home, eventually):
    with client.run("mine") as run:
        for step in range(1, 201):
            run.log(step=step, loss=1 / step)
        assert run.id is None
        assert len(journals(home)) == 1
        server.start()
        eventually(lambda: len(server.values("loss")) == 200, "the journal's arrival")
        run.log(loss=0.0)
    assert server.values("loss") == {**{step: 1 / step for step in range(1, 201)}, 201: 0.0}
    assert only_run(server)["finished"]["state"] == "succeeded"
    assert journals(home) == []


def test_a_platform_that_dies_in_the_middle_and_comes_back(server, client, eventually, home):
    server.start()
    with client.run("mine") as run:
        for round_number in range(3):
            for _ in range(50):
                run.log(loss=round_number)
            eventually(lambda n=round_number: len(server.values("loss")) == 50 * (n + 1), "a round's arrival")
            server.stop()
            for _ in range(50):
                run.log(missing=round_number)
            server.start()
    assert list(server.values("loss")) == [*range(1, 51), *range(101, 151), *range(201, 251)]
    assert list(server.values("missing")) == [*range(51, 101), *range(151, 201), *range(251, 301)]
    assert len(server.runs) == 1
    assert only_run(server)["finishes"] == 1
    assert journals(home) == []


def test_a_lost_acknowledgement_repeats_the_batch_and_only_it(server, client, eventually):
    server.start()
    server.lose_acknowledgements = 2
    with client.run("mine") as run:
        run.log(loss=1.0)
        eventually(lambda: len(server.batches) >= 3, "the repetition")
        run.log(loss=2.0)
    assert server.batches == [1, 1, 1, 2]
    assert server.values("loss") == {1: 1.0, 2: 2.0}


def test_a_lost_answer_to_the_start_makes_no_second_run(server, client, eventually):
    server.start()
    server.lose_creations = 2
    with client.run("mine") as run:
        run.log(loss=1.0)
        eventually(lambda: server.values("loss") == {1: 1.0}, "the point's arrival")
        assert run.id == "run1"
    assert server.creations == 3
    assert only_run(server)["finished"]["state"] == "succeeded"


def test_a_platform_that_never_comes_leaves_a_journal_that_is_shipped_once(server, client, home, caplog):
    with client.run("mine") as run:
        run.log(loss=1.0)
        run.summary(note="late")
    hint = f"`azuraforge runs ship --url {client.url} --home {home}`, with AZURAFORGE_TOKEN set to the token of this"
    assert hint in caplog.text, "without these options the command finds no journal"
    assert len(journals(home)) == 1
    (away,) = shipped_by(client)
    assert "no platform answers" in away.problem
    assert len(journals(home)) == 1
    server.start()
    (shipped,) = shipped_by(client)
    assert (shipped.name, shipped.run_id, shipped.problem) == ("mine", "run1", None)
    assert server.values("loss") == {1: 1.0}
    assert only_run(server)["finished"] == {"state": "succeeded", "summary": {"note": "late"}, "error": None}
    assert client.ship_journals() == []
    assert journals(home) == []


def test_the_next_run_brings_what_the_last_one_could_not(server, client, eventually):
    with client.run("first") as run:
        run.log(loss=1.0)
    server.start()
    with client.run("second"):
        eventually(lambda: len(server.runs) == 2 and server.values("loss") == {1: 1.0}, "the first run's arrival")


def test_a_running_run_s_journal_is_nobody_else_s(server, client, home):
    with client.run("mine") as run:
        run.log(loss=1.0)
        assert client.ship_journals() == []
        assert len(journals(home)) == 1


def test_a_journal_for_another_platform_is_left_alone(server, client, home):
    with Client(url="http://127.0.0.1:9", token=TOKEN, home=home).run("elsewhere") as run:
        run.log(loss=1.0)
    server.start()
    assert client.ship_journals() == []
    assert len(journals(home)) == 1


OTHER = "o" * 40


@pytest.mark.parametrize("reached", [True, False])
def test_a_journal_of_another_project_is_left_alone(server, client, home, reached):
    server.projects[OTHER] = ["sales"]
    if reached:
        server.start()
    with client.run("mine") as run:
        run.log(loss=1.0)
        server.stop()
    server.start()
    (journal,) = journals(home)
    before = journal.read_bytes()
    with Client(url=server.url, token=OTHER, home=home) as other:
        assert other.ship_journals() == []
    assert journal.read_bytes() == before
    assert [each["project"] for each in server.runs.values()] == ["default"] * reached
    (shipped,) = shipped_by(client)
    assert (shipped.problem, only_run(server)["project"]) == (None, "default")


@pytest.mark.parametrize(("named", "later"), [("sales", None), (None, "sales"), ("sales", "default")])
def test_a_journal_of_another_named_project_is_left_alone(server, home, named, later):
    server.projects[OTHER] = ["default", "sales"]
    with Client(url=server.url, token=OTHER, home=home, project=named).run("mine") as run:
        run.log(loss=1.0)
    if named is None:  # reached once: its project is known
        (journal,) = journals(home)
        journal.unlink()
        server.start()
        with Client(url=server.url, token=OTHER, home=home).run("mine") as run:
            run.log(loss=1.0)
            server.stop()
    server.start()
    with Client(url=server.url, token=OTHER, home=home, project=later) as other:
        assert other.ship_journals() == []
    assert len(journals(home)) == 1
    with Client(url=server.url, token=OTHER, home=home, project=named) as same:
        (shipped,) = shipped_by(same)
    assert (shipped.problem, only_run(server)["project"]) == (None, named or "default")


def test_an_unknown_project_sets_no_journal_aside(server, client, home):
    with client.run("mine") as run:
        run.log(loss=1.0)
    server.start()
    server.refusals["project"] = (404, "not_found")
    (journal,) = journals(home)
    with Client(url=server.url, token=TOKEN, home=home, project="default") as named:
        (kept,) = shipped_by(named)
    assert "project is refused" in kept.problem
    assert journals(home) == [journal]


def test_a_killed_process_leaves_what_it_logged(server, client, home, eventually):
    server.start()
    program = f"""{UNTIL_WRITTEN}
        import os, signal
        from azuraforge.client import Client
        run = Client(url={server.url!r}, token={TOKEN!r}, home={str(home)!r}).run("killed").start()
        for step in range(1, 101):
            run.log(loss=step)
        until_written({str(home)!r}, "[100,100.0,")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(program)])
    assert died.returncode == -signal.SIGKILL
    (shipped,) = shipped_by(client)
    assert shipped.problem is None
    assert server.values("loss") == {step: float(step) for step in range(1, 101)}
    assert only_run(server)["finished"]["state"] == "failed"
    assert "ended without finishing" in only_run(server)["finished"]["error"]


def test_a_program_that_forgets_to_finish_and_one_that_forks(server, home):
    server.start()
    program = f"""
        import os, sys
        from azuraforge.client import Client
        client = Client(url={server.url!r}, token={TOKEN!r}, home={str(home)!r})
        with client.run("forks") as run:
            run.log(loss=1.0)
            child = os.fork()
            if child == 0:
                sys.exit(0)  # leaves the block in the child: no end of the run
            os.waitpid(child, 0)
            run.log(loss=2.0)
        client.run("forgets").start().log(loss=3.0)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
    forks, forgets = server.runs.values()
    assert forks["finished"]["state"] == "succeeded"
    assert forks["finishes"] == 1
    assert forgets["finished"]["state"] == "failed"
    assert "without run.finish()" in forgets["finished"]["error"]
    assert server.points[("run1", "loss", 2)] == 2.0
    assert server.points[("run2", "loss", 1)] == 3.0


def test_a_full_disk_sends_past_the_journal(server, home):
    server.start()
    program = f"""{UNTIL_WRITTEN}
        import resource
        from azuraforge.client import Client
        client = Client(url={server.url!r}, token={TOKEN!r}, home={str(home)!r})
        with client.run("full") as run:
            run.log(loss=1.0)
            until_written({str(home)!r}, "[1,1.0,")
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
            for step in range(2, 200):
                run.log(step=step, loss=step)
                time.sleep(0.001)
            run.summary(done=True)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(server.values("loss")) == list(range(1, 200))
    assert "cannot be written" in done.stderr
    assert only_run(server)["finished"]["summary"] == {"done": True}


@pytest.mark.parametrize(("status", "code"), [(422, "invalid_input"), (403, "forbidden")])
def test_what_the_platform_refuses_is_said_before_training(server, client, home, status, code):
    server.start()
    server.refusals["create"] = (status, code)
    with pytest.raises(ApiError) as refused:
        client.run("mine").start()
    assert (refused.value.status, refused.value.code) == (status, code)
    assert journals(home) == []


def test_a_wrong_token_is_said_before_training(server, home):
    server.start()
    with pytest.raises(ApiError, match="this token is not known"):
        Client(url=server.url, token="wrong", home=home).run("mine").start()


def test_a_home_that_cannot_be_written_is_said_before_training(server, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ClientError, match="journal cannot be written"):
        Client(url=server.url, token=TOKEN, home=tmp_path / "file").run("mine").start()


def test_a_run_closed_over_there_does_not_stop_training(server, client, home, eventually):
    server.start()
    with client.run("mine") as run:
        run.log(loss=1.0)
        eventually(lambda: server.values("loss") == {1: 1.0}, "the first point's arrival")
        server.refusals["metrics"] = (409, "conflict")
        run.log(loss=2.0)
        eventually(lambda: run.cancel_requested, "the news")
        for _ in range(100):
            run.log(loss=3.0)
    (kept,) = journals(home)
    (told,) = shipped_by(client)
    assert "metrics is refused" in told.problem
    assert told.kept_at == kept.with_suffix(".refused")
    assert client.ship_journals() == []


def test_the_lease_is_renewed_and_tells_of_a_cancel(server, client, monkeypatch, eventually):
    monkeypatch.setattr(external, "BEAT_SECONDS", 0.05)
    server.start()
    with client.run("mine") as run:
        eventually(lambda: server.leases >= 3, "the lease's renewal")
        assert not run.cancel_requested
        server.cancel_requested = True
        eventually(lambda: run.cancel_requested, "the news of the cancel")


def test_logging_waits_for_nobody(server, client, home):
    """A platform that takes the connection and never answers: log() must not notice."""
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", server.port))
        silent.listen()
        run = client.run("mine")
        starting = threading.Thread(target=run.start)
        starting.start()
        starting.join(external.START_SECONDS + 20)
        assert not starting.is_alive()
        for _ in range(10_000):
            run.log(loss=1.0)  # hangs here, and so fails by the suite's time limit, if it does any network I/O
    server.start()
    run.finish()
    assert len(server.values("loss")) == 10_000
    assert journals(home) == []


def test_a_run_is_started_once(server, client):
    server.start()
    with client.run("mine") as run, pytest.raises(ClientError, match="already been started"):
        run.start()


def test_the_process_ends_as_soon_as_its_work_does(server, home):
    """No thread of ours keeps a program alive."""
    program = f"""
        from azuraforge.client import Client
        with Client(url={server.url!r}, token={TOKEN!r}, home={str(home)!r}).run("short") as run:
            run.log(loss=1.0)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], timeout=60, env={**os.environ})
    assert done.returncode == 0
    assert len(journals(home)) == 1


@pytest.mark.parametrize(
    ("step", "name"), [(2**62, "loss"), (-(2**63), "loss"), (1, ""), (1, "x" * 201), (1, "a\0"), (1, "a\udcff")]
)
def test_what_the_platform_could_not_store_is_said_where_it_is_logged(server, client, step, name):
    server.start()
    with client.run("mine") as run:
        with pytest.raises(ValueError, match=r"out of range|cannot be a metric's name"):
            run.log(step=step, **{name: 1.0})
        run.log(loss=0.5)
    assert server.values("loss") == {1: 0.5}
    assert only_run(server)["finished"]["state"] == "succeeded"


def test_a_summary_of_odd_values_does_not_cost_the_run_its_end(server, client):
    server.start()
    with client.run("mine") as run:
        run.summary(score=float("nan"), count=2**70, seen=[float("inf"), {"na\0me": "half \udcff"}], fine=0.5)
    summary = only_run(server)["finished"]["summary"]
    assert summary == {"score": None, "count": str(2**70), "seen": [None, {"na?me": "half ?"}], "fine": 0.5}
