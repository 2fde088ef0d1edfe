"""A project's quota refuses new datasets and rows that do not fit, and nothing of them is stored."""

from __future__ import annotations

import pytest

from azuraforge.database import Database
from azuraforge.datasets import store
from azuraforge.datasets.schemas import FileOptions
from azuraforge.datasets.service import DatasetService
from azuraforge.projects.quotas.service import Measure, QuotaExceeded, Quotas
from tests.datasets.conftest import call_here

OPTIONS = FileOptions(time="time", target="y")
MEASURES = [
    Measure("datasets", store.count),
    Measure("rows", store.newest_rows),
    Measure("stored_bytes", store.stored_bytes),
]


class Limited(Quotas):
    """Quotas with limits from the test instead of a row, which only administrators can add."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.limits: dict[str, int] = {}

    def check(self, session, limited, more=1):
        if limited in self.limits and self.measured(session, limited) + more > self.limits[limited]:
            raise QuotaExceeded("full", next_step="wait", code="quota_exceeded")


def figures(database: Database, project_id: str) -> dict[str, int]:
    with database.read(project_id) as session:
        return {each.name: each.count(session) for each in MEASURES}


def test_restoring_counts_like_creating(database, events, settings, project_id, hourly, write):
    """Of datasets, and of files that were purged and are added again; files in the trash are counted already."""
    quotas = Limited(database, MEASURES)
    service = DatasetService(database, events, call_here, settings, check_quota=quotas.check)

    def add(name, rows):
        return service.add_file(project_id, write(hourly(rows), name), f"{name}.csv", OPTIONS)

    for name in ("one", "two"):
        add(name, 60)
    service.trash.delete(project_id, "one", None, "ada")
    quotas.limits = {"datasets": 1, "stored_bytes": figures(database, project_id)["stored_bytes"]}
    with pytest.raises(QuotaExceeded):
        service.trash.restore(project_id, "one", None)
    assert figures(database, project_id)["datasets"] == 1
    quotas.limits["datasets"] = 2
    service.trash.restore(project_id, "one", None)
    service.trash.restore(project_id, "one", None)  # it is not in the trash any more
    assert figures(database, project_id)["datasets"] == 2

    quotas.limits = {}
    add("one", 90)
    service.trash.delete(project_id, "one", 2, "ada")
    service.trash.purge(project_id, None)
    quotas.limits = {"datasets": 2, "stored_bytes": figures(database, project_id)["stored_bytes"]}
    with pytest.raises(QuotaExceeded):
        add("one", 90)
    quotas.limits = {}
    add("one", 90)
    assert figures(database, project_id)["rows"] == 150


def test_rows_and_datasets_beyond_the_quota_are_refused_and_leave_nothing(
    database, events, settings, project_id, hourly, write
):
    quotas = Limited(database, MEASURES)
    service = DatasetService(database, events, call_here, settings, check_quota=quotas.check)

    def add(name, rows):
        return service.add_file(project_id, write(hourly(rows), name), f"{name}.csv", OPTIONS)

    def on_disk():
        return sum(each.stat().st_size for each in settings.artifacts.rglob("*") if each.is_file())

    add("one", 60)
    before = figures(database, project_id)
    assert before == {"datasets": 1, "rows": 60, "stored_bytes": on_disk()}
    quotas.limits = {"stored_bytes": before["stored_bytes"]}
    with pytest.raises(QuotaExceeded):
        add("one", 90)
    add("same", 60)  # its file is stored already
    quotas.limits = {"datasets": 2}
    with pytest.raises(QuotaExceeded):
        add("third", 70)
    assert figures(database, project_id) == {**before, "datasets": 2, "rows": 120}
    assert on_disk() == before["stored_bytes"]
    add("one", 90)  # a dataset that exists may get another version
    assert figures(database, project_id)["rows"] == 150
    assert figures(database, project_id)["stored_bytes"] == on_disk() > before["stored_bytes"]
