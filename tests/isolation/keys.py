"""Cross-project queries asked directly: each key names its own owner, and only what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from azuraforge.database import Session
from azuraforge.database.cross_project import CROSS_PROJECT_QUERIES
from azuraforge.people.callers import hash_of
from azuraforge.people.tables import name_key
from tests.isolation.fingerprint import tables
from tests.isolation.stage import Stage, World

#: Parameters of the queries that work for all projects.
_ALL: dict[str, object] = {"limit": 1000, "after": "", "most_running": 1000, "kinds": ["train"], "queues": ["default"]}


def keys(stage: Stage) -> list[str]:
    """Return the keys that name a wrong owner."""
    found = []
    for world in (stage.a, stage.b):
        for name, values, expected in _searches(world):
            rows = _ask(stage, name, values)
            wrong = [row for row in rows if expected not in row] or ([] if rows else ["nothing"])
            if wrong:
                found.append(f"{name} for {world.slug}: {wrong}")
    if services := _ask(stage, "person_named", {"name_key": name_key("kanarya7-machine")}):
        found.append(f"person_named finds a service account: {services}")
    return found + _background(stage)


def _searches(world: World) -> list[tuple[str, dict[str, object], str]]:
    """What one caller looks up by a secret or name, and the owner that must be found."""
    project, person = world.ids["project"], world.ids["person"]
    return [
        ("project_by_slug", {"slug": world.slug}, project),
        ("project_of_token", {"hash": hash_of(world.tokens["owner"])}, project),
        ("project_of_invitation", {"hash": hash_of(world.ids["invitation_secret"])}, project),
        ("person_of_secret", {"hash": hash_of(world.session)}, person),
        ("person_named", {"name_key": name_key(f"{world.mark}-owner")}, person),
        ("places_of_runs", {"ids": [world.ids["run"]]}, project),
    ]


def _background(stage: Stage) -> list[str]:
    """Return keys of background queries whose row is not in the project that the key names."""
    [(_, columns, rows)] = tables(stage, "project")
    owners = {row[columns.index("id")] for row in rows}
    known = {each: world.ids["project"] for world in (stage.a, stage.b) for each in world.ids.values()}
    found = []
    for name, query in CROSS_PROJECT_QUERIES.items():
        if not set(query.parameters) <= set(_ALL):
            continue
        for row in _ask(stage, name, {each: _ALL[each] for each in query.parameters}):
            place = getattr(row, "project_id", None)
            if place is not None and (place not in owners or any(known.get(each, place) != place for each in row)):
                found.append(f"{name}: {tuple(row)}")
    return found


def _ask(stage: Stage, name: str, values: dict[str, object]) -> Sequence[Any]:
    def ask(session: Session) -> Sequence[Any]:
        return CROSS_PROJECT_QUERIES[name](session, **values)

    return stage.database.write_system(ask)
