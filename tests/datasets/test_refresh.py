"""A source that is asked again: rows, cursor and event are kept together with the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from pydantic import BaseModel

from azuraforge.database import Database
from azuraforge.datasets.growing.refreshing import RefreshHandler
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.schemas import FromSource
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.events.service import EventLog
from azuraforge.plugins import Source, SourceNews, SourceRead
from azuraforge.runs.schemas import RunRequest
from tests.datasets.asking import Job, Run

START = datetime(2024, 1, 1, tzinfo=UTC)


class _Options(BaseModel):
    pass


class Meter(Source):
    """A source that has ``there`` rows; the cursor is the number of rows that were read."""

    name: ClassVar[str] = "meter"
    Options: ClassVar[type[BaseModel]] = _Options
    there: ClassVar[int] = 60
    unit: ClassVar[str] = "kW"
    asked: ClassVar[list[Any]] = []

    def read(self, options: _Options) -> SourceRead:
        return self._rows(0)

    def read_since(self, options: _Options, cursor: Mapping[str, Any] | None) -> SourceNews:
        type(self).asked.append(cursor)
        begin = int((cursor or {"rows": 0})["rows"])
        return SourceNews(self._rows(begin) if begin < self.there else None, {"rows": self.there})

    def _rows(self, begin: int) -> SourceRead:
        times = [START + timedelta(hours=hour) for hour in range(begin, self.there)]
        values = [float(hour * 7 % 11) for hour in range(begin, self.there)]
        frame = pl.DataFrame({"time": times, "y": values})
        return SourceRead(frame, time="time", target="y", unit=self.unit, cursor={"rows": self.there})


@pytest.fixture(autouse=True)
def meter(monkeypatch: pytest.MonkeyPatch) -> type[Meter]:
    for module in ("datasets.child",):
        monkeypatch.setattr(f"azuraforge.{module}.load_plugin", lambda *_: Meter)
    monkeypatch.setattr(Meter, "there", 60)
    monkeypatch.setattr(Meter, "unit", "kW")
    monkeypatch.setattr(Meter, "asked", [])
    return Meter


@pytest.fixture
def handler(service: DatasetService, database: Database, events: EventLog) -> RefreshHandler:
    return RefreshHandler(service, GrowingDatasets(service, database, events))


@pytest.fixture
def refresh(
    handler: RefreshHandler, service: DatasetService, database: Database, project_id: str, tmp_path: Path
) -> Callable[..., Any]:
    """Execute a refresh; ``dies`` leaves its transaction without an end."""

    def run(dies: bool = False) -> Any:
        found = service.get(project_id, "meter")
        finish = handler.execute(Job(Run(project_id, found.id), tmp_path / "run"))  # type: ignore[arg-type]
        assert finish.commit is not None

        def work(session: Any) -> None:
            finish.commit(session)
            if dies:
                raise RuntimeError("killed")

        database.write(project_id, work)
        return finish.summary.stored()

    service.add_from_source(project_id, FromSource(source="meter"))
    return run


def test_new_rows_and_the_cursor_are_kept_together(
    meter: Any, refresh: Any, service: DatasetService, project_id: str
) -> None:
    meter.there = 65
    summary = refresh()
    assert (summary["version"], summary["rows_added"], summary["rows_repeated"]) == (2, 5, 0)
    found = service.get(project_id, "meter")
    assert (found.rows, found.cursor, found.source) == (65, {"rows": 65}, "meter")
    assert refresh()["created"] is False
    assert meter.asked == [{"rows": 60}, {"rows": 65}]
    assert service.get(project_id, "meter").version == 2


def test_a_refresh_that_dies_before_its_end_is_repeated_from_the_same_cursor(
    meter: Any, refresh: Any, service: DatasetService, project_id: str
) -> None:
    meter.there = 65
    with pytest.raises(RuntimeError, match="killed"):
        refresh(dies=True)
    before = service.get(project_id, "meter")
    assert (before.version, before.cursor) == (1, {"rows": 60})
    assert refresh()["rows_added"] == 5
    assert meter.asked == [{"rows": 60}, {"rows": 60}]
    assert service.get(project_id, "meter").rows == 65


def test_a_refresh_that_was_overtaken_asks_again(
    meter: Any,
    handler: RefreshHandler,
    refresh: Any,
    service: DatasetService,
    project_id: str,
    tmp_path: Path,
    database: Database,
) -> None:
    meter.there = 65
    found = service.get(project_id, "meter")
    late = handler.execute(Job(Run(project_id, found.id), tmp_path / "late"))  # type: ignore[arg-type]
    refresh()
    with pytest.raises(TransientError, match="another version"):
        database.write(project_id, late.commit)  # type: ignore[arg-type]
    assert service.get(project_id, "meter").version == 2


def test_a_changed_unit_is_refused(meter: Any, refresh: Any, service: DatasetService, project_id: str) -> None:
    meter.there, meter.unit = 65, "W"
    with pytest.raises(InvalidInput, match="the unit of the new rows is 'W'"):
        refresh()
    assert service.get(project_id, "meter").version == 1


def test_a_dataset_from_a_file_has_nothing_to_ask(
    handler: RefreshHandler, service: DatasetService, project_id: str, hourly: Any, write: Any
) -> None:
    from azuraforge.datasets.schemas import FileOptions

    service.add_file(project_id, write(hourly()), "load.csv", FileOptions(time="time", target="y"))
    with pytest.raises(InvalidInput, match="was added from a file") as refused:
        handler.prepare(project_id, RunRequest(kind="refresh", dataset="load"))
    assert "--append" in refused.value.next_step
