"""Fixtures of the datasets room: series written to files, and a service whose reader runs in this process."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from azuraforge.database import Database
from azuraforge.datasets.reading.prepared import Prepared
from azuraforge.datasets.reading.reader import read_file
from azuraforge.datasets.schemas import FileOptions
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.trash import Needs, Objection
from azuraforge.events.service import EventLog
from azuraforge.settings import Settings
from tests.datasets.web import Web, serving


@dataclass
class _Asked:
    payload: dict[str, Any]


def call_here(entry: str, payload: dict[str, Any], result: type[Any], timeout_seconds: float) -> Any:
    """A child's entry point, run in this process; payload and result pass through JSON as they do on the pipe."""
    module, _, name = entry.partition(":")
    function = getattr(importlib.import_module(module), name)
    found = function(_Asked(orjson.loads(orjson.dumps(payload))))
    told = found.model_dump(mode="json", by_alias=True) if isinstance(found, BaseModel) else found
    return result.model_validate(orjson.loads(orjson.dumps(told)))


@pytest.fixture
def hourly() -> Callable[..., str]:
    """CSV text: hours from 2024-01-01, ``time,y,x``; ``edit`` may change the list of lines (0 is the header)."""

    def make(rows: int = 60, edit: Callable[[list[str]], Any] | None = None) -> str:
        start = datetime(2024, 1, 1, tzinfo=UTC)
        lines = ["time,y,x"]
        for index in range(rows):
            at = (start + timedelta(hours=index)).strftime("%Y-%m-%d %H:%M:%S")
            lines.append(f"{at},{(index * 7) % 11 + 0.5},{(index * 5) % 13}")
        if edit is not None:
            edit(lines)
        return "\n".join(lines) + "\n"

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text or bytes to a file and return its path."""

    def make(content: str | bytes, name: str = "series.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Prepared]:
    """Read a file's content with options; time and target default to ``time`` and ``y``."""

    def make(content: str | bytes, name: str = "series.csv", **options: Any) -> Prepared:
        path = write(content, name)
        return read_file(path, name, FileOptions(**{"time": "time", "target": "y"} | options)).prepared

    return make


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def events(database: Database) -> EventLog:
    return EventLog(database)


@pytest.fixture
def needs() -> list[Needs]:
    """Reasons to keep versions, to which a test adds its own."""
    return []


@pytest.fixture
def objections() -> list[Objection]:
    """Reasons not to delete a dataset, to which a test adds its own."""
    return []


@pytest.fixture
def service(
    database: Database, events: EventLog, settings: Settings, needs: list[Needs], objections: list[Objection]
) -> DatasetService:
    return DatasetService(database, events, call_here, settings, needs=needs, objections=objections)


@pytest.fixture
def refresh(service: DatasetService, database: Database, events: EventLog, project_id: str, tmp_path: Path) -> Any:
    """Execute refreshes in this process; see ``asking.Refresh``."""
    from tests.datasets.asking import Refresh

    return Refresh(service, database, events, project_id, tmp_path / "run")


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server on loopback."""
    with serving() as server:
        yield server
