"""The reads of models that pages and clients ask for most, in few round trips and without the ORM."""

from __future__ import annotations

from azuraforge.database import Database
from azuraforge.database.keyset import parameters
from azuraforge.errors import NotFound
from azuraforge.models import lookup_store, shapes
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.schemas import ModelDetail, ModelPage, VersionPage
from azuraforge.paging import PAGE, Order

BY_NAME: Order[tuple[str, str]] = Order("models", tuple[str, str])
VERSIONS: Order[tuple[int]] = Order("model versions", tuple[int])


class ModelLookup:
    """Reads to be awaited in the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, project_id: str, *, trash: bool = False, limit: int = PAGE, after: str | None = None
    ) -> ModelPage:
        """Return a page of models, by name; the deleted ones, or all others."""
        key = BY_NAME.read(after)
        asked = lookup_store.page(after=key is not None, trash=trash)
        given = {"limit": limit + 1, **parameters(key or ())}
        models, newest, champions, counts = await self._database.ask(
            project_id, (asked.models, given), (asked.newest, given), (asked.champions, given), (asked.counts, given)
        )
        last = {row.model_id: row for row in newest}
        champion = {row.model_id: row.version for row in champions}
        versions = {row.model_id: row.versions for row in counts}
        page, cursor = BY_NAME.cut(models, limit, lambda owner: (owner.name, owner.id))
        items = [
            shapes.model_out(owner, last.get(owner.id), champion.get(owner.id), versions.get(owner.id, 0))
            for owner in page
        ]
        return ModelPage(items=items, next=cursor)

    async def versions(self, project_id: str, name: str, *, limit: int = PAGE, after: str | None = None) -> VersionPage:
        """Return a page of a model's versions, the newest first. Raises NotFound."""
        of = {"name": name}
        found, aliases = await self._database.ask(project_id, (lookup_store.MODEL, of), (lookup_store.ALIASES, of))
        if not found:
            raise NotFound(f"model {name!r} does not exist", next_step="azuraforge models list")
        key = VERSIONS.read(after, found[0].id)
        given = {**of, "limit": limit + 1, **parameters(key or ())}
        (rows,) = await self._database.ask(project_id, (lookup_store.versions(after=key is not None), given))
        page, cursor = VERSIONS.cut(rows, limit, lambda row: (row.version,), found[0].id)
        names = shapes.names_by_version(aliases)
        items = [shapes.version_out(name, row, names.get(row.version, [])) for row in page]
        return VersionPage(items=items, next=cursor)

    async def find(self, project_id: str, name: str) -> ModelDetail | None:
        """Return a model with its newest versions; None where no model has this name now."""
        of = {"name": name}
        found, newest, aliased, count, aliases = await self._database.ask(
            project_id,
            (lookup_store.MODEL, of),
            (lookup_store.versions(after=False), {**of, "limit": shapes.SHOWN_VERSIONS}),
            (lookup_store.ALIASED, of),
            (lookup_store.VERSION_COUNT, of),
            (lookup_store.ALIASES, of),
        )
        if not found:
            return None
        names = shapes.names_by_version(aliases)
        champion = next((number for number, held in names.items() if CHAMPION in held), None)
        outline = shapes.model_out(found[0], newest[0] if newest else None, champion, count[0].versions)
        return shapes.model_detail(outline, [*newest, *aliased], names)
