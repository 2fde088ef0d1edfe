"""Search by name and by the beginning of an id: in one project, without the trash, with any text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azuraforge.database import Database, Session
from azuraforge.datasets.tables import Dataset
from azuraforge.learners.feeds.tables import Feed
from azuraforge.models.tables import Model
from azuraforge.search.service import SearchService


@pytest.fixture
def service(database: Database, project_id: str) -> SearchService:
    add(database, project_id, *(Dataset(name=name) for name in ("Sales 2026", "sales_eu", "100% wool", "weather")))
    add(database, project_id, Dataset(name="sales old", deleted_at=datetime.now(UTC)))
    return SearchService(database)


def add(database: Database, project_id: str, *rows: Dataset | Feed | Model) -> None:
    def write(session: Session) -> None:
        for row in rows:
            row.project_id = project_id
            session.add(row)

    database.write(project_id, write)


def names(service: SearchService, project_id: str, text: str, limit: int = 8) -> list[str]:
    return sorted(each.name for each in service.find(project_id, text, limit).found)


def test_a_name_is_found_by_a_part_in_either_case_and_not_from_the_trash(service, project_id):
    assert names(service, project_id, "SALES") == ["Sales 2026", "sales_eu"]
    assert len(names(service, project_id, "a", 1)) == 1


@pytest.mark.parametrize(
    ("text", "found"), [("%", ["100% wool"]), ("_", ["sales_eu"]), ("\\", []), ("  ", []), ("'; --", [])]
)
def test_signs_of_patterns_are_text(service, project_id, text, found):
    assert names(service, project_id, text) == found


def test_an_id_is_found_by_its_beginning(service, database, project_id):
    add(database, project_id, Model(id="abc123", name="shop"))
    assert names(service, project_id, "abc") == ["shop"]
    assert names(service, project_id, "123") == []


def test_another_project_finds_nothing(service, database, other_project_id):
    assert names(service, other_project_id, "sales") == []


def test_a_feed_is_found(service, database, project_id):
    feed = {
        "columns": (),
        "keys": [],
        "grace_us": 0,
        "fill": 0,
        "options": {},
        "every_seconds": 1.0,
        "historical": True,
    }
    add(database, project_id, Feed(name="sales live", **feed))
    assert [each.kind for each in service.find(project_id, "live", 8).found] == ["feed"]
