"""The hottest reads answer what the service answers, field for field, and page by page, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput, NotFound


@pytest.fixture
def add(service, project_id, hourly, tmp_path):
    def added(name: str, rows: int):
        path = tmp_path / f"{name}-{rows}.csv"
        path.write_text(hourly(rows))
        return service.add_file(project_id, path, path.name, FileOptions(name=name, time="time", target="y"))

    return added


def test_datasets_and_their_newest_versions(service, add, project_id, other_project_id):
    first = add("b", 60)
    add("b", 61)
    add("b", 62)
    add("a", 60)
    add("gone", 60)
    service.trash.delete(project_id, "b", 3, "Ada")
    service.trash.delete(project_id, "gone", None, "Ada")
    lookup = service.lookup
    listed = asyncio.run(lookup.list(project_id)).items
    assert [(each.name, each.numbers, each.latest.version) for each in listed][:2] == [("a", [1], 1), ("b", [1, 2], 2)]
    for name in ("a", "b", first.id):
        assert asyncio.run(lookup.find(project_id, name)) == service.get(project_id, name).out()
    for place, name in ((project_id, "gone"), (project_id, "c"), (other_project_id, "a")):
        assert asyncio.run(lookup.find(place, name)) is None
    assert asyncio.run(lookup.list(other_project_id)).items == []
    page = asyncio.run(lookup.list(project_id, limit=1))
    add("aa", 60)
    behind = asyncio.run(lookup.list(project_id, limit=2, after=page.next))
    assert [each.name for each in (*page.items, *behind.items)] == ["a", "aa", "b"]
    assert behind.items[1].numbers == [1, 2]
    assert behind.next is None
    (gone,) = asyncio.run(lookup.list(project_id, trash=True)).items
    assert (gone.name, gone.numbers) == ("gone", [1])
    versions = asyncio.run(lookup.versions(project_id, "b", limit=1))
    older = asyncio.run(lookup.versions(project_id, first.id, limit=1, after=versions.next))
    assert [each.version for each in (*versions.items, *older.items)] == [2, 1]
    with pytest.raises(InvalidInput, match="no cursor of this list"):
        asyncio.run(lookup.versions(project_id, "a", after=versions.next))
    with pytest.raises(NotFound):
        asyncio.run(lookup.versions(other_project_id, "a"))
