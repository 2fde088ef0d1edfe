"""The hottest reads of models, awaited and in threads, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from azuraforge.errors import NotFound
from azuraforge.models import shapes


def test_models_and_their_versions(system, make_folder, project_id, other_project_id):
    lookup, service = system.service.lookup, system.service
    for step in (1.0, 2.0, 3.0):
        system.add_version(project_id, make_folder(step))
    system.add_version(project_id, make_folder(4.0), model="other", schema={"target": "x", "unit": "m"})
    system.add_version(project_id, make_folder(5.0), model="gone")
    service.aliases.promote_by_hand(project_id, "load", 2, alias="champion", reason="better", by="Ada")
    service.aliases.promote_by_hand(project_id, "load", 2, alias="candidate", reason="better", by="Ada")
    service.trash.delete(project_id, "load", 3, "Ada")
    service.trash.delete(project_id, "gone", None, "Ada")
    listed = asyncio.run(lookup.list(project_id)).items
    assert [(each.name, each.champion, each.versions) for each in listed] == [("load", 2, 2), ("other", None, 1)]
    assert [each.kind for each in listed] == [load_kind := service.reads.show(project_id, "load").kind] * 2
    assert load_kind == service.reads.show_version(project_id, "load", 1).kind
    for name in ("load", "other", "gone"):
        assert asyncio.run(lookup.get(project_id, name)) == service.reads.show(project_id, name)
    load = service.reads.show(project_id, "load")
    assert (load.champion, load.versions, load.deleted_at) == (2, 2, None)
    assert [(each.version, each.aliases) for each in load.version_list] == [(2, ["candidate", "champion"]), (1, [])]
    assert load.version_list[1] == service.reads.show_version(project_id, "load", 1)
    for place, name in ((project_id, "lod"), (other_project_id, "load"), (other_project_id, "gone")):
        with pytest.raises(NotFound):
            asyncio.run(lookup.get(place, name))
        with pytest.raises(NotFound):
            service.reads.show(place, name)
    with pytest.raises(NotFound) as found:
        asyncio.run(lookup.get(project_id, "lod"))
    assert found.value.next_step == "did you mean 'load'? run azuraforge models list"
    assert asyncio.run(lookup.list(other_project_id)).items == []
    (gone,) = asyncio.run(lookup.list(project_id, trash=True)).items
    assert (gone.name, gone.versions) == ("gone", 1)
    page = asyncio.run(lookup.list(project_id, limit=1))
    system.add_version(project_id, make_folder(6.0), model="load2")
    behind = asyncio.run(lookup.list(project_id, limit=2, after=page.next))
    assert [(each.name, each.target) for each in behind.items] == [("load2", "load"), ("other", "x")]
    versions = asyncio.run(lookup.versions(project_id, "load", limit=1))
    system.add_version(project_id, make_folder(7.0))
    older = asyncio.run(lookup.versions(project_id, "load", after=versions.next))
    assert [(each.version, each.aliases) for each in (*versions.items, *older.items)] == [
        (2, ["candidate", "champion"]),
        (1, []),
    ]


def test_a_model_shows_its_newest_versions_and_those_with_an_alias(system, make_folder, project_id, monkeypatch):
    monkeypatch.setattr(shapes, "SHOWN_VERSIONS", 2)
    for step in range(1, 6):
        system.add_version(project_id, make_folder(float(step)))
    system.service.aliases.promote_by_hand(project_id, "load", 2, alias="champion", reason="better", by="Ada")
    found = asyncio.run(system.service.lookup.get(project_id, "load"))
    assert [each.version for each in found.version_list] == [5, 4, 2]
    assert (found.versions, found.champion) == (5, 2)
    assert found == system.service.reads.show(project_id, "load")


def test_a_deleted_model_is_shown_by_its_id_or_else_the_last_one_of_its_name(system, make_folder, project_id):
    for step in (1.0, 2.0):
        system.add_version(project_id, make_folder(step))
    system.service.aliases.promote_by_hand(project_id, "load", 1, alias="champion", reason="better", by="Ada")
    system.service.trash.delete(project_id, "load", None, "Ada")
    first = system.service.reads.show(project_id, "load")
    assert (first.name, first.deleted_by, first.champion, first.versions) == ("load", "Ada", 1, 2)
    assert [each.version for each in first.version_list] == [2, 1]
    system.add_version(project_id, make_folder(3.0))
    alive = asyncio.run(system.service.lookup.get(project_id, "load"))
    assert (alive.deleted_at, alive.versions) == (None, 1)
    assert alive.id != first.id
    system.service.trash.delete(project_id, "load", None, "Bob")
    for show in (system.service.reads.show, lambda *asked: asyncio.run(system.service.lookup.get(*asked))):
        assert show(project_id, "load").deleted_by == "Bob"
        assert show(project_id, alive.id).deleted_by == "Bob"
        assert show(project_id, first.id) == first
