"""The reads of models that pages and clients ask for most, in one round trip each and without the ORM.

They answer exactly what ``ModelService`` would; a test compares.
"""

from __future__ import annotations

from typing import TypeAlias

from azuraforge.database import Database
from azuraforge.models import lookup_store, shapes
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.schemas import ModelDetail, ModelOut

ModelList: TypeAlias = list[ModelOut]


class ModelLookup:
    """Reads to be awaited where the request is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, project_id: str) -> ModelList:
        """Every model that is not in the trash, by name."""
        models, newest, champions, counts = await self._database.ask(
            project_id,
            (lookup_store.MODELS, {}),
            (lookup_store.NEWEST, {}),
            (lookup_store.CHAMPIONS, {}),
            (lookup_store.COUNTS, {}),
        )
        last = {row.model_id: row for row in newest}
        champion = {row.model_id: row.version for row in champions}
        versions = {row.model_id: row.versions for row in counts}
        return [
            shapes.model_out(owner, last.get(owner.id), champion.get(owner.id), versions.get(owner.id, 0))
            for owner in models
        ]

    async def find(self, project_id: str, name: str) -> ModelDetail | None:
        """A model with all its versions, newest first; None where no model has this name now."""
        of = {"name": name}
        found, versions, aliases = await self._database.ask(
            project_id, (lookup_store.MODEL, of), (lookup_store.VERSIONS, of), (lookup_store.ALIASES, of)
        )
        if not found:
            return None
        names: dict[int, list[str]] = {}
        for pointer in aliases:
            names.setdefault(pointer.version, []).append(pointer.alias)
        champion = next((number for number, held in names.items() if CHAMPION in held), None)
        outline = shapes.model_out(found[0], versions[0] if versions else None, champion, len(versions))
        listed = [shapes.version_out(outline.name, row, names.get(row.version, [])) for row in versions]
        return ModelDetail(**outline.model_dump(), version_list=listed)
