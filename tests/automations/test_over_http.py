"""Schedules through the client and the command line, on a real platform that really runs what they queue."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from azuraforge.client import ApiError, Client
from azuraforge.client.schedules import Schedule

AGENT = """
from pydantic import BaseModel, Field
from azuraforge.plugins import Agent

class Counter(Agent):
    name = "counter"
    title = {"en": "Counter", "tr": "Sayaç"}
    summary = {"en": "Counts.", "tr": "Sayar."}

    class Request(BaseModel):
        upto: int = Field(default=3, ge=1, le=100, description="where to stop")

    def execute(self, request):
        return {"counted": request.upto}
"""


@pytest.fixture(scope="module")
def plugin_files() -> dict[str, str]:
    """An agent that counts."""
    return {"counter.py": AGENT}


@pytest.fixture(scope="module")
def counting(platform):
    """The running platform, with an agent that counts."""
    return platform


@pytest.fixture
def client(counting):
    with Client(url=counting.url, token=counting.token) as made:
        yield made
        for schedule in made.schedules.list():
            made.schedules.delete(schedule.id)


def fired(client: Client, name: str, fires: int) -> Schedule:
    """Wait until a schedule has fired so often."""
    until = time.monotonic() + 120
    while (found := client.schedules.get(name)).fires < fires:
        assert time.monotonic() < until, f"{name} does not fire"
        time.sleep(0.1)
    return found


def test_a_schedule_runs_what_it_was_given_until_it_is_paused(client):
    made = client.schedules.create(
        "each second", {"plugin": "counter", "config": {"upto": 7}}, every=1, unit="seconds", timezone="Europe/Istanbul"
    )
    assert made.run == {**made.run, "kind": "agent", "plugin": "counter", "config": {"upto": 7}}
    found = fired(client, "each second", 2)
    paused = client.schedules.pause(made.id)
    assert (paused.paused, paused.next_fires) == (True, [])
    ended = client.runs.wait(found.newest_fires[-1].run_id)
    assert ended.state == "succeeded"
    assert "'counted': 7" in str(ended.raw["summary"])
    fires = client.schedules.get(made.id).fires
    client.schedules.create("another", {"plugin": "counter"}, every=1, unit="seconds")
    fired(client, "another", 3)  # meanwhile the paused one would have fired too
    assert client.schedules.get(made.id).fires == fires
    assert client.schedules.resume(made.id).next_fires[0] > datetime.now(UTC) - timedelta(seconds=2)


def test_what_cannot_be_scheduled_is_refused_with_the_field(client):
    for given, status, where in (
        ({"cron": "61 * * * *"}, 422, "cron"),
        ({"cron": "0 0 * * *", "timezone": "Nowhere/Else"}, 422, "timezone"),
        ({}, 422, "cron"),
        ({"every": 0}, 422, "interval.every"),
    ):
        with pytest.raises(ApiError) as raised:
            client.schedules.create("wrong", {"kind": "agent", "plugin": "counter"}, **given)
        assert raised.value.status == status
        assert where in (raised.value.where or str(raised.value))
    with pytest.raises(ApiError, match="upto"):
        client.schedules.create("wrong", {"kind": "agent", "plugin": "counter", "config": {"upto": 0}}, every=1)
    with pytest.raises(ApiError) as raised:
        client.schedules.create("wrong", {"kind": "agent", "plugin": "gone"}, every=1)
    assert raised.value.status in (404, 422)
    assert client.schedules.list() == []


def test_a_name_with_a_slash_is_found_by_its_id(client):
    made = client.schedules.create("a/b", {"plugin": "counter"}, every=1, unit="days")
    assert client.schedules.get(made.id).name == "a/b"


def test_the_command_line_makes_shows_asks_and_deletes(counting, client):
    def run(*words: str, **more) -> str:
        return counting.run("schedules", *words, **more).stdout

    assert "No schedules yet" in run("list")
    assert "Henüz zamanlama yok" in run("list", "--lang", "tr")
    said = run(
        "create", "morning", "counter", "--cron", "30 6 * * MON-FRI", "--timezone", "Europe/Berlin", "--set", "upto=9"
    )
    assert "Schedule morning created: 30 6 * * MON-FRI (Europe/Berlin)." in said
    assert "Next firing:" in said
    queued = counting.json("schedules", "run-now", "morning")
    assert client.runs.wait(queued["run_id"]).state == "succeeded"
    said = run("create", "again", "--like", queued["run_id"], "--every", "6h", "--misfire", "skip", "--set", "upto=4")
    assert "Schedule again created: every 6 h." in said
    again = client.schedules.get("again")
    assert (again.run["plugin"], again.run["config"], again.misfire) == ("counter", {"upto": 4}, "skip")
    shown = run("show", "morning")
    assert "1 firing, 0 skipped" in shown
    assert queued["run_id"] in shown
    assert "succeeded" in shown
    assert "paused" in run("pause", "again")
    listed = run("list")
    assert "every 6 h" in listed
    assert "paused" in listed
    assert "resumed" in run("resume", "again")
    assert "deleted" in run("delete", "again")
    assert [each["name"] for each in counting.json("schedules", "list")] == ["morning"]
    assert client.runs.get(queued["run_id"]).state == "succeeded"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("create", "x", "counter"), 2, "give exactly one of --cron and --every"),
        (
            ("create", "x", "counter", "--cron", "* * * * *", "--every", "1h"),
            2,
            "give exactly one of --cron and --every",
        ),
        (("create", "x", "--every", "1h"), 2, "--like"),
        (("create", "x", "counter", "--every", "1 week"), 2, "--every 6h"),
        (("create", "x", "counter", "--cron", "* * *"), 1, "five fields"),
        (("show", "nothing"), 1, "azuraforge schedules list"),
        (("run-now", "nothing"), 1, "does not exist"),
    ],
)
def test_the_command_line_says_what_is_wrong_and_what_to_do(counting, words, code, said):
    done = counting.run("schedules", *words, check=False)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_platform_that_comes_back_makes_up_for_what_it_missed(make_platform):
    platform = make_platform()
    (platform.home / "plugins").mkdir(parents=True)
    (platform.home / "plugins" / "counter.py").write_text(AGENT)
    platform.start()
    with Client(url=platform.url, token=platform.token) as client:
        client.schedules.create(
            "steady", {"plugin": "counter"}, every=1, unit="seconds", misfire="all", grace_seconds=1
        )
        missed = client.schedules.get("steady").next_fires[2]
    platform.kill()
    while datetime.now(UTC) < missed:
        time.sleep(0.05)
    platform.start()
    with Client(url=platform.url, token=platform.token) as client:
        found = fired(client, "steady", 6)
    times = [fire.fire_time for fire in found.newest_fires]
    assert {newer - older for newer, older in pairwise(times)} == {timedelta(seconds=1)}
    assert found.left_out == 0
