"""Files that must survive a power cut are written to the disk itself, on macOS too."""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path

import azuraforge
from azuraforge import durable
from azuraforge.engine.io import weights

SOURCES = Path(azuraforge.__file__).parent


def test_the_drives_cache_is_emptied_where_the_system_has_a_command_for_it(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(durable, "_EMPTY_CACHE", 51)
    monkeypatch.setattr(durable.fcntl, "fcntl", lambda descriptor, command: asked.append((descriptor, command)))
    with (tmp_path / "file").open("wb") as file:
        durable.sync(file.fileno())
        assert asked == [(file.fileno(), 51)]


def test_a_drive_that_knows_no_such_command_is_synced_as_ever(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(durable, "_EMPTY_CACHE", -1)  # a command that this system refuses
    monkeypatch.setattr(os, "fsync", synced.append)
    with (tmp_path / "file").open("wb") as file:
        durable.sync(file.fileno())
        assert synced == [file.fileno()]
    assert getattr(fcntl, "F_FULLFSYNC", None) in (None, 51)


def test_the_engine_empties_it_too_for_weights_and_their_names(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(weights, "_EMPTY_CACHE", 51)
    monkeypatch.setattr(weights.fcntl, "fcntl", lambda descriptor, command: asked.append(command))
    weights.write_whole(tmp_path / "weights", b"x")
    assert asked == [51, 51], "the file, and the folder with its name"


def test_nothing_syncs_past_it():
    found = [
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if re.search(r"\bos\.f(data)?sync\(", path.read_text(encoding="utf-8"))
    ]
    assert sorted(found) == ["durable.py", "engine/io/weights.py"], "the engine imports nothing of the platform"


def test_sqlite_does_it_too(database):
    with database.engine.connect() as connection:
        for name in ("fullfsync", "checkpoint_fullfsync"):
            assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == 1
