"""Collectors on a real platform: replays, a folder, a second collector, a kill, and a dataset that is cut."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from azuraforge.client import ApiError, Client, Feed
from tests.conftest import PlatformProcess, running_platform
from tests.process_checks import Patience

ROWS = 3000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("allowed")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[PlatformProcess]:
    made = tmp_path_factory.mktemp("platform")
    yield from running_platform(made, AZURAFORGE_FOLDERS=str(folder))


@pytest.fixture(scope="module")
def client(platform: PlatformProcess) -> Client:
    return Client(platform.url, platform.token)


@pytest.fixture(scope="module")
def minutes(folder: Path) -> Path:
    """A file with a row a minute for two sensors."""
    at = np.datetime64("2024-01-01") + np.arange(ROWS // 2) * np.timedelta64(1, "m")
    lines = [f"{time}Z,{key},{index % 60},{index * 0.1:.1f}" for index, time in enumerate(at) for key in ("a", "b")]
    path = folder / "minutes.csv"
    path.write_text("time,sensor,load,temperature\n" + "\n".join(lines))
    return path


def look_again(patience: Patience, problem: str) -> None:
    assert not patience.over, problem
    time.sleep(0.05)


def until(client: Client, name: str, state: str) -> Feed:
    patience = Patience(120)
    while (found := client.feeds.get(name)).state != state:
        look_again(patience, f"feed {name} is {found.state}, {found.problem}")
    return found


def test_a_replay_fills_a_feed_and_a_range_becomes_a_dataset(client: Client, minutes: Path) -> None:
    options = {"file": str(minutes), "time": "time", "key": "sensor"}
    client.feeds.create(
        "minutes", ["load", "temperature"], keys=["a", "b"], interval_seconds=60, source="replay", options=options
    )
    run = client.feeds.start("minutes")
    found = until(client, "minutes", "closed")
    assert (found.rows, found.duplicates, found.refused, found.historical) == (ROWS, 0, 0, True)
    assert client.runs.wait(run.id).state == "succeeded"
    rows = client.feeds.rows("minutes", after=2, limit=2).rows
    assert [(row.seq, row.key, row.kind, row.values["temperature"]) for row in rows] == [
        (3, "a", "row", 0.1),
        (4, "b", "row", 0.1),
    ]
    made = client.feeds.cut("minutes", "cut-minutes", target="load")
    assert (made.rows, made.provenance["feed"], made.provenance["last_seq"]) == (ROWS, "minutes", ROWS)
    client.feeds.create("again", source="replay", options={"dataset": "cut-minutes"})
    client.feeds.start("again")
    again = until(client, "again", "closed")
    assert (again.rows, again.keys) == (ROWS, ["a", "b"])


def test_a_killed_collector_continues_after_its_last_committed_rows(
    client: Client, platform: PlatformProcess, minutes: Path
) -> None:
    options = {"file": str(minutes), "time": "time", "key": "sensor", "speed": 1000}
    client.feeds.create(
        "paced", ["load", "temperature"], keys=["a", "b"], interval_seconds=60, source="replay", options=options
    )
    run = client.feeds.start("paced")
    with pytest.raises(ApiError, match="already running"):
        client.feeds.start("paced")
    with pytest.raises(ApiError, match="is running"):
        client.feeds.delete("paced")
    patience = Patience(60)
    while client.feeds.get("paced").rows < 10:
        look_again(patience, "the collector appends no rows")
    second = client.runs.wait(client.runs.start(kind="collect", config={"feed": "paced"}).id)  # type: ignore[arg-type]
    assert (second.state, second.error.code if second.error else None) == ("failed", "other_collector")
    for child in _collectors(platform):
        with contextlib.suppress(ProcessLookupError):  # it may have ended since
            os.kill(child.pid, signal.SIGKILL)
    while client.runs.get(run.id).attempt == 1:
        look_again(patience, "the run has no second attempt")
    before = client.feeds.get("paced").rows
    while client.feeds.get("paced").rows <= before:
        look_again(patience, "the collector does not continue")
    client.feeds.stop("paced")
    assert client.runs.wait(run.id).state == "cancelled"
    stopped = client.feeds.get("paced")
    assert stopped.state == "offline"
    rows = client.feeds.rows("paced", limit=5000).rows
    assert [row.seq for row in rows] == list(range(1, stopped.rows + 1))
    assert {row.kind for row in rows} == {"row"}
    assert (stopped.duplicates, [row.key for row in rows[:4]]) == (0, ["a", "b", "a", "b"])


def _collectors(platform: PlatformProcess) -> list[psutil.Process]:
    """Return the processes without children that the launcher started."""
    found = [each for each in platform.tree()[1:] if not each.children()]
    assert found
    return found


def test_a_source_that_can_be_refreshed_fills_a_feed_and_unusable_rows_are_counted(
    client: Client, folder: Path
) -> None:
    inbox = folder / "inbox"
    inbox.mkdir()
    (inbox / "1.csv").write_text(
        "time,load\n2024-01-01T00:00:00Z,1\n2024-01-01T00:01:00Z,high\n2024-01-01T00:02:00Z,3\n"
    )
    for each in inbox.iterdir():
        os.utime(each, (1, 1))
    options = {"folder": str(inbox), "time": "time", "target": "load"}
    client.feeds.create("inbox", ["load"], source="folder", options=options, every_seconds=0.2, historical=True)
    client.feeds.start("inbox")
    patience = Patience(120)
    while (found := client.feeds.get("inbox")).rows < 2:
        look_again(patience, f"no rows: {found}")
    assert (found.state, found.rows, found.refused) == ("online", 2, 1)
    assert found.problem is not None
    assert found.problem["en"] == "'high' in the column 'load' is not a number"
    assert found.problem["tr"].startswith("'load' sütunundaki")
    (inbox / "2.csv").write_text("time,load\n2024-01-01T00:02:00Z,3\n2024-01-01T00:03:00Z,4\n")
    os.utime(inbox / "2.csv", (2, 2))
    while (found := client.feeds.get("inbox")).rows < 3:
        look_again(patience, f"the second file is not read: {found}")
    assert found.duplicates == 1
    client.feeds.close("inbox")
    assert until(client, "inbox", "closed").rows == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"file": "/etc/passwd"}, "not in a folder that may be read"),
        ({"file": "{folder}/link.csv"}, "not in a folder that may be read"),
        ({"file": "{folder}/minutes.csv", "time": "hour"}, "has no column 'hour'"),
    ],
)
def test_a_collector_that_cannot_read_ends_with_one_sentence(
    client: Client, folder: Path, minutes: Path, options: dict[str, str], sentence: str
) -> None:
    link = folder / "link.csv"
    if not link.is_symlink():
        link.symlink_to("/etc/passwd")
    filled = {name: value.replace("{folder}", str(folder)) for name, value in options.items()}
    name = f"bad-{abs(hash(sentence + filled['file'])) % 10**8}"
    client.feeds.create(name, ["load"], source="replay", options=filled)
    run = client.runs.wait(client.feeds.start(name).id)
    assert run.state == "failed"
    assert run.error is not None
    assert sentence in run.error.message
    assert client.feeds.get(name).state == "error"
