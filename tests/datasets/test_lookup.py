"""The hottest reads of datasets, awaited and in threads, and page by page, on both databases."""

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
    for version in (None, 1, 2, 3):
        assert asyncio.run(lookup.get(project_id, "b", version)).version == (version or 2)
        assert (
            asyncio.run(lookup.get(project_id, "b", version)) == service.get(project_id, "b", version, trash=True).out()
        )
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
    with pytest.raises(InvalidInput, match="does not belong to this list"):
        asyncio.run(lookup.versions(project_id, "a", after=versions.next))
    with pytest.raises(NotFound):
        asyncio.run(lookup.versions(other_project_id, "a"))


def test_a_deleted_dataset_is_shown_by_its_id_or_else_the_last_one_of_its_name(service, add, project_id):
    first = add("b", 60)
    service.trash.delete(project_id, "b", None, "Ada")
    second = add("b", 61)
    add("b", 62)
    service.trash.delete(project_id, "b", 2, "Ada")

    def shown(name: str, version: int | None = None):
        awaited = asyncio.run(service.lookup.get(project_id, name, version))
        assert awaited == service.get(project_id, name, version, trash=True).out()
        return awaited

    assert [shown("b", version).rows for version in (None, 1, 2)] == [61, 61, 62]
    assert (shown("b").id, shown("b").deleted_by, shown("b", 2).deleted_by) == (second.id, None, "Ada")
    service.trash.delete(project_id, "b", None, "Bob")
    assert (shown("b").rows, shown("b").deleted_by, shown(first.id).rows) == (61, "Bob", 60)
    for place, name, version, message in (
        (project_id, "b", 9, "dataset 'b' has no version 9"),
        (project_id, "c", None, "dataset 'c' does not exist"),
    ):
        with pytest.raises(NotFound, match=message):
            asyncio.run(service.lookup.get(place, name, version))
        with pytest.raises(NotFound, match=message):
            service.get(place, name, version, trash=True)
    with pytest.raises(NotFound) as found:
        service.get(project_id, first.id)
    assert found.value.error_code == "in_trash"
    service.trash.restore(project_id, "b", None)
    with pytest.raises(NotFound, match="version 2 of dataset 'b' is in the trash"):
        service.get(project_id, "b", 2)
    with pytest.raises(NotFound) as found:
        service.get(project_id, "bb")
    assert found.value.next_step == "did you mean 'b'?"
