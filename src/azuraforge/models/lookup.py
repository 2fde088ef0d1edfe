"""Frequent reads of models by pages and clients, with few round trips and without the ORM.

A model is read by a plan of queries: the event loop follows it with ``ModelLookup``, a thread with ``ModelReads``.
"""

from __future__ import annotations

from azuraforge.database import Database
from azuraforge.database.fast_reads import Plan
from azuraforge.database.keyset import parameters
from azuraforge.errors import NotFound
from azuraforge.models import lookup_store, shapes
from azuraforge.models.registry.finding import unknown
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.schemas import ModelDetail, ModelPage, VersionPage
from azuraforge.paging import PAGE, Order

BY_NAME: Order[tuple[str, str]] = Order("models", tuple[str, str])
VERSIONS: Order[tuple[int]] = Order("model versions", tuple[int])


class ModelLookup:
    """Asynchronous reads of models; each method takes the project's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, project_id: str, *, trash: bool = False, limit: int = PAGE, after: str | None = None
    ) -> ModelPage:
        """Return a page of models ordered by name: the deleted models if ``trash``, else the existing ones.

        Raises InvalidInput if ``after`` is not a cursor of this list.
        """
        key = BY_NAME.read(after)
        asked = lookup_store.page(after=key is not None, trash=trash)
        given = {"limit": limit + 1, **parameters(key or ())}
        models, newest = asked.models.given(given), asked.newest.given(given)
        champions, counts = asked.champions.given(given), asked.counts.given(given)
        await self._database.ask_all(project_id, models, newest, champions, counts)
        last = {row.model_id: row for row in newest.rows}
        champion = {row.model_id: row.version for row in champions.rows}
        versions = {row.model_id: row.versions for row in counts.rows}
        page, cursor = BY_NAME.cut(models.rows, limit, lambda owner: (owner.name, owner.id))
        items = [
            shapes.model_out(owner, last.get(owner.id), champion.get(owner.id), versions.get(owner.id, 0))
            for owner in page
        ]
        return ModelPage(items=items, next=cursor)

    async def versions(self, project_id: str, name: str, *, limit: int = PAGE, after: str | None = None) -> VersionPage:
        """Return a page of a model's versions, newest first.

        Raises NotFound if the model does not exist, and InvalidInput if ``after`` is not a cursor of this list.
        """
        of = {"name": name}
        asked = lookup_store.detail(trash=False)
        found, aliases = asked.models.given(of), asked.aliases.given(of)
        await self._database.ask_all(project_id, found, aliases)
        if not found.rows:
            raise NotFound("model {name!r} does not exist", next_step="run azuraforge models list", name=name)
        model_id = found.rows[0].id
        key = VERSIONS.read(after, model_id)
        given = {**of, "limit": limit + 1, **parameters(key or ())}
        rows = await self._database.ask(project_id, lookup_store.versions(after=key is not None).given(given))
        page, cursor = VERSIONS.cut(rows, limit, lambda row: (row.version,), model_id)
        names = shapes.names_by_version(aliases.rows)
        items = [shapes.version_out(name, row, names.get(row.version, [])) for row in page]
        return VersionPage(items=items, next=cursor)

    async def get(self, project_id: str, name: str) -> ModelDetail:
        """Return a model with its newest versions and the versions that aliases point to.

        A deleted model is found by its id or former name. Raises NotFound if the model does not exist.
        """
        return await self._database.follow(project_id, detail(name))


def detail(name: str) -> Plan[ModelDetail]:
    """Plan the queries for a model with its newest versions; a deleted model is found by its id or former name.

    Raises NotFound if the model does not exist.
    """
    asked = lookup_store.detail(trash=False).given(name, shapes.SHOWN_VERSIONS)
    yield asked
    if not asked.models.rows:
        asked = lookup_store.detail(trash=True).given(name, shapes.SHOWN_VERSIONS)
        yield asked
    if not asked.models.rows:
        yield (names := lookup_store.NAMES.given({}),)
        raise unknown(name, [row.name for row in names.rows])
    held = shapes.names_by_version(asked.aliases.rows)
    champion = next((number for number, aliases in held.items() if CHAMPION in aliases), None)
    owner, versions = asked.models.rows[0], asked.versions.rows
    outline = shapes.model_out(owner, versions[0] if versions else None, champion, owner.versions)
    return shapes.model_detail(outline, versions, held)
