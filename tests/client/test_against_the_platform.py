"""The client against the real platform: a process of its own, killed and started again."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time

import pytest

from azuraforge.client import ApiError, Client
from tests.client.conftest import shipped_by

AGENT = """
import time
from pydantic import BaseModel, Field
from azuraforge.plugins import Agent

class Counter(Agent):
    name = "counter"

    class Request(BaseModel):
        upto: int = Field(default=3, ge=1, le=100000)
        pause_seconds: float = 0.0

    def execute(self, request):
        for step in range(1, request.upto + 1):
            self.context.log(step, loss=1 / step)
            self.context.progress(step, request.upto)
            time.sleep(request.pause_seconds)
        return {"counted": request.upto}
"""


@pytest.fixture(scope="module")
def plugin_files() -> dict[str, str]:
    """An agent that counts."""
    return {"counter.py": AGENT}


@pytest.fixture
def running(platform):
    """The file's platform, started again where the test before has left it dead."""
    return platform if platform.process.poll() is None else platform.start()


@pytest.fixture
def client(running):
    with Client(home=running.home) as made:
        yield made


def test_every_noun_answers(client, running):  # first: nothing has been made yet
    assert client.url == running.url
    assert client.projects.current().slug == "default"
    assert [each.slug for each in client.projects.list()] == ["default"]
    assert "#link=" in client.sessions.link("/p/default/runs").url
    assert client.runs.list() == []
    assert client.models.list() == []
    assert "bundled" in {each.name for each in client.plugins.list()}
    assert client.plugins.get("counter").config_schema["properties"]["upto"]["maximum"] == 100000
    added = client.datasets.add_from_source("bundled", {"series": "co2"}, name="co2")
    assert (added.rows, added.created) == (client.datasets.get("co2").rows, True)
    assert not client.datasets.add_from_source("bundled", {"series": "co2"}, name="co2").created
    assert [each.latest.fingerprint for each in client.datasets.list()] == [added.fingerprint]
    rows = client.datasets.rows("co2", max_points=50)
    assert len(rows.times) == len(rows.columns["co2"]) <= 50
    made = client.tokens.create("scripts", role="viewer", expires_in_days=1)
    with Client(url=running.url, token=made.token, home=running.home / "elsewhere") as viewer:
        assert viewer.projects.current().role == "viewer"
        with pytest.raises(ApiError) as refused:
            viewer.runs.start("counter", kind="agent")
        assert refused.value.status == 403
        client.tokens.revoke(made.id)
        with pytest.raises(ApiError) as refused:
            viewer.runs.list()
        assert refused.value.status == 401


def test_a_file_goes_up_and_its_errors_come_back(client, tmp_path):
    file = tmp_path / "series.csv"
    file.write_text("when,value\n" + "".join(f"2026-01-{day:02},{day % 7}\n" for day in range(1, 31)))
    added = client.datasets.add(file, time="when", target="value", unit="km")
    assert (added.name, added.rows, added.dataset_schema.unit) == ("series", 30, "km")
    with pytest.raises(ApiError) as refused:
        client.datasets.add(file, time="nothing", target="value")
    assert 400 <= refused.value.status < 500
    assert "no column 'nothing'" in str(refused.value)


def test_a_bundle_comes_back_as_another_model(client, tmp_path):
    client.datasets.add_from_source("bundled", {"series": "nile"}, name="nile")
    run = client.runs.start("forecasting.naive", dataset="nile", model="river", config={"horizon": 1})
    assert client.runs.wait(run.id).state == "succeeded"
    file = client.models.bundle("river", 1, tmp_path / "river.zip")
    imported = client.models.import_bundle(file, name="elsewhere")
    assert (imported.model, imported.version, imported.plugin) == ("elsewhere", 1, "forecasting.naive")
    assert imported.content_hash == client.models.version("river", 1).content_hash
    assert client.models.import_bundle(file, name="elsewhere").version == 1, "the same bundle is added once"


def test_a_run_from_its_start_to_its_end(client):
    run = client.runs.start("counter", config={"upto": 500, "pause_seconds": 0.001}, name="counting")
    assert (run.kind, run.name) == ("agent", "counting")
    assert run.state in ("queued", "running"), "a free slot may be faster than the answer"
    kinds = [event.type for event in client.runs.watch(run.id)]
    assert kinds[-1] == "run.finished"
    assert "run.metrics" in kinds
    ended = client.runs.wait(run.id)
    assert (ended.state, ended.summary["result"]) == ("succeeded", {"counted": 500})
    curve = client.runs.metrics(run.id)["loss"]
    assert (curve.total_points, curve.values[0]) == (500, 1.0)
    assert client.runs.evaluation(run.id) is None
    with pytest.raises(ApiError) as refused:
        client.runs.start("counter", config={"upto": 0})
    assert "upto" in str(refused.value)


def test_waiting_outlives_the_platform(client, running):
    run = client.runs.start("counter", config={"upto": 60, "pause_seconds": 0.05})
    events = client.runs.watch(run.id)
    while next(events).type != "run.metrics":
        pass
    running.kill()
    running.start()
    seqs = [event.seq for event in events]
    assert seqs == sorted(set(seqs))
    ended = client.runs.get(run.id)
    assert ended.state == "succeeded"
    assert len(ended.attempts) == 2


def test_an_own_run_outlives_the_platform(client, running):
    with client.run("mine", config={"a": 1}) as run:
        for _ in range(3):
            for _ in range(100):
                run.log(loss=0.5)
            running.kill()
            for _ in range(100):
                run.log(loss=0.25)
            running.start()
        run.summary(best=0.25)
    ended = client.runs.get(run.id)
    assert (ended.state, ended.summary, ended.config) == (
        "succeeded",
        {"kind": "external", "values": {"best": 0.25}},
        {"a": 1},
    )
    curve = client.runs.metrics(run.id, max_points=10_000)["loss"]
    assert curve.steps == list(range(1, 601))
    assert curve.values == [0.5 if (step - 1) % 200 < 100 else 0.25 for step in range(1, 601)]
    assert len(client.runs.list(kind="external")) == 1
    query = {"filter": "metrics.loss < 0.3 AND metrics.loss.max = 0.5", "sort": "-metrics.loss.max"}
    (best,) = client.runs.list(**query, columns="metrics.loss.max, config.a")
    assert (best.id, best.columns) == (run.id, {"metrics.loss.max": 0.5, "config.a": 1})
    assert [(score.name, score.value) for score in best.scores] == [("best", 0.25)]
    assert client.runs.count(filter=query["filter"]) == 1
    assert "loss" in client.runs.fields("lo").metrics
    groups = {group.value: group for group in client.runs.groups("config.a", columns="metrics.loss").groups}
    assert (groups[1].runs, groups[1].columns[0].mean) == (1, 0.25)
    assert client.runs.change(run.id, name="renamed", note="**why**", add_tags=["good"]).tags == ["good"]
    assert client.runs.each([run.id], "change", remove_tags=["good"]).failed == 0
    assert client.runs.list(filter="tag = good") == []
    with pytest.raises(ApiError) as refused:
        client.runs.list(filter="state = faild")
    assert refused.value.details["position"] == 8


def test_a_lost_run_is_completed_from_its_journal(make_platform):
    """The process dies, the lease runs out, the run counts as lost; the journal brings what was missing."""
    running = make_platform("lost", AZURAFORGE_RUNS__LEASE_SECONDS="1", AZURAFORGE_RUNS__REAP_SECONDS="0.2").start()
    program = f"""
        import os, signal, time
        from pathlib import Path
        from azuraforge.client import Client
        def until_written(text):
            while text not in next(Path({str(running.home)!r}, "journal").glob("*")).read_text():
                time.sleep(0.01)
        run = Client(home={str(running.home)!r}).run("lost").start()
        run.log(loss=1.0)
        until_written('"shipped":')
        os.kill({running.process.pid}, signal.SIGSTOP)
        run.log(loss=2.0)
        until_written("[2,2.0,")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(program)])
    running.process.send_signal(signal.SIGCONT)
    assert died.returncode == -signal.SIGKILL
    with Client(home=running.home) as client:
        (run,) = client.runs.list()
        lost = client.runs.wait(run.id)
        assert lost.error, lost
        assert lost.error.code == "lost"
        (shipped,) = shipped_by(client)
        assert (shipped.run_id, shipped.problem) == (run.id, None)
        ended = client.runs.wait(run.id)
        assert (ended.state, ended.error.code) == ("failed", "client")
        assert client.runs.metrics(run.id)["loss"].values == [1.0, 2.0]
        assert client.ship_journals() == []


def test_a_cancel_is_heard_and_stopping_for_it_is_no_failure(client):
    run = client.run("mine").start()
    client.runs.cancel(run.id)
    until = time.monotonic() + 120
    while not run.cancel_requested:
        assert time.monotonic() < until, "nobody told of the cancel"
        run.log(loss=1.0)
        time.sleep(0.01)
    run.finish(error="stopped because it was asked to")
    assert client.runs.get(run.id).state == "cancelled"


def test_files_tags_and_notes_of_an_own_run(client, running):
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
    with client.run("with files") as run:
        run.figure("plots/loss", png)
        running.kill()
        run.table("rows", [{"a": 1}, {"a": 2}])
        run.artifact(b"<script>alert(1)</script>", "<script>.html")
        running.start()
        run.tag("good")
        run.note("**why**")
    ended = client.runs.get(run.id)
    assert (ended.state, ended.tags, ended.note) == ("succeeded", ["good"], "**why**")
    found = {each.name: (each.kind, each.media_type, each.bytes) for each in client.runs.artifacts(run.id)}
    assert found == {
        "plots/loss.png": ("figure", "image/png", len(png)),
        "rows.csv": ("table", "text/csv", 9),
        "<script>.html": ("file", "text/plain", 25),
    }
    table = client.runs.preview(run.id, "rows.csv")
    assert (table.kind, table.columns, table.rows) == ("table", ["a"], [["1"], ["2"]])
    assert client.runs.preview(run.id, "<script>.html").kind == "text"
    with pytest.raises(ApiError, match="the run has ended"):
        client.runs.attach(run.id, __file__, "late.py")


def test_a_file_beyond_the_limit_is_refused_and_the_run_goes_on(make_platform, caplog):
    running = make_platform("small", AZURAFORGE_SERVER__MAX_BODY_BYTES="5000000").start()
    with Client(home=running.home) as client:
        with client.run("mine") as run:
            run.artifact(b"x" * 4_500_000, "fits.bin")
            run.artifact(b"x" * 5_500_000, "large.bin")
            run.log(loss=1.0)
        assert [each.name for each in client.runs.artifacts(run.id)] == ["fits.bin"]
        assert client.runs.get(run.id).state == "succeeded"
    assert "AZURAFORGE_SERVER__MAX_BODY_BYTES" in caplog.text
