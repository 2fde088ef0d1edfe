"""The hottest reads answer what the service answers, field for field, on both databases."""

from __future__ import annotations

import asyncio


def test_models_and_their_versions(room, make_folder, project_id, other_project_id):
    lookup, service = room.service.lookup, room.service
    for step in (1.0, 2.0, 3.0):
        room.add_version(project_id, make_folder(step))
    room.add_version(project_id, make_folder(4.0), model="other", schema={"target": "x", "unit": "m"})
    room.add_version(project_id, make_folder(5.0), model="gone")
    service.aliases.promote_by_hand(project_id, "load", 2, alias="champion", reason="better", by="Ada")
    service.aliases.promote_by_hand(project_id, "load", 2, alias="candidate", reason="better", by="Ada")
    service.trash.delete(project_id, "load", 3, "Ada")
    service.trash.delete(project_id, "gone", None, "Ada")
    listed = asyncio.run(lookup.list(project_id))
    assert listed == service.reads.list_models(project_id)
    assert [(each.name, each.champion, each.versions) for each in listed] == [("load", 2, 2), ("other", None, 1)]
    for name in ("load", "other"):
        assert asyncio.run(lookup.find(project_id, name)) == service.reads.show(project_id, name)
    for place, name in ((project_id, "gone"), (project_id, "lod"), (other_project_id, "load")):
        assert asyncio.run(lookup.find(place, name)) is None
    assert asyncio.run(lookup.list(other_project_id)) == []
