"""Everything that a platform writes is for its own user alone, whatever umask it was started with."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from azuraforge.client import Client
from azuraforge.client.external.journal import Journal
from tests.conftest import PlatformProcess


@pytest.fixture(scope="module", autouse=True)
def careless() -> Iterator[None]:
    """A umask that lets everyone read and write; the platforms of this file inherit it."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture(scope="module")
def platform(careless: None, platform: PlatformProcess) -> PlatformProcess:
    return platform


def open_to_others(folder: Path) -> list[str]:
    """Files and folders from ``folder`` down that another user may read, write or enter."""
    found = []
    below = (Path(at, name) for at, folders, files in os.walk(folder) for name in (*folders, *files))
    for path in (folder, *below):  # os.walk goes on where a run's work folder has gone
        with contextlib.suppress(FileNotFoundError):  # a run's work folder goes while we look
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & 0o077:
                found.append(f"{path.relative_to(folder.parent)} {stat.filemode(mode)}")
    return found


def test_nothing_in_the_data_home_is_open_to_others(platform):
    with Client(home=platform.home) as client:
        client.datasets.add_from_source("bundled", {"series": "nile"}, name="nile")
        run = client.runs.start("forecasting.naive", dataset="nile", config={"horizon": 2}, model="nile")
        done = client.runs.wait(run.id)
        assert done.state == "succeeded", done.error
    written = {Path(name).suffix for _, _, files in os.walk(platform.home) for name in files}
    assert {".db", ".parquet", ".json", ".log"} <= written, "a dataset, an artifact, a version, a log"
    assert open_to_others(platform.home) == []


def test_every_process_of_the_platform_creates_private_files(platform):
    """Also those that write later, or elsewhere: the launcher's children inherit their umask."""
    masks = {}
    for process in platform.tree():
        status = Path(f"/proc/{process.pid}/status").read_text()
        masks[process.pid] = next(line.split()[1] for line in status.splitlines() if line.startswith("Umask:"))
    assert len(masks) > 1
    assert set(masks.values()) == {"0077"}


@pytest.mark.proof
def test_backups_and_what_database_commands_leave_are_private(platform, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir(mode=0o700)
    platform.run("database", "backup", str(folder / "one.backup"))
    platform.run("database", "check")
    restored = PlatformProcess(tmp_path / "restored")
    restored.run("database", "restore", str(folder / "one.backup"))
    assert (restored.home / "azuraforge.db").is_file()
    for each in (folder, restored.home, platform.home):
        assert open_to_others(each) == []


def test_a_journal_without_a_platform_is_private(tmp_path):
    journal = Journal.create(tmp_path / "home", {"name": "run"}, None)
    assert open_to_others(tmp_path / "home") == []
    journal.close()


SHOW = """
import json, sys
from pathlib import Path
from azuraforge.platform.up import temporary
from azuraforge.settings import Settings
import psutil
with temporary(Settings(home=Path(sys.argv[1]), broker_url="redis://:hunter2@127.0.0.1:1/0")):
    print(json.dumps([each.cmdline() for each in psutil.Process().children(recursive=True)]))
"""


@pytest.mark.proof
def test_a_temporary_platform_is_private_and_its_command_line_shows_no_password(tmp_path):
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-c", SHOW, str(home)], capture_output=True, text=True, timeout=120, check=True
    )
    commands = json.loads(done.stdout)
    assert any("azuraforge.platform.temporary" in part for command in commands for part in command)
    assert "hunter2" not in done.stdout
    assert open_to_others(home) == []
