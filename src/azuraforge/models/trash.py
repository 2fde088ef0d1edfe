"""Deleted models and versions. They make no predictions and can be restored until they are purged.

A version to which an alias points or that is deployed cannot be deleted. The row of a purged version remains, since
history and ledger refer to it. The runs and dataset versions that a version was made from are kept as long as the
version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from azuraforge.database import Database, Session, now
from azuraforge.errors import Conflict, NotFound
from azuraforge.events.service import EventLog
from azuraforge.models import store, trash_store
from azuraforge.models.deployments import store as deployment_store
from azuraforge.models.events import ModelMoved
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.tables import Model, ModelVersion
from azuraforge.projects.keeping import Shelf
from azuraforge.projects.row_bin import Key, Removal, RowBin, Thing
from azuraforge.projects.schemas import Noun

#: Check of another package that raises Conflict if unfinished or planned work requires the model of this name.
Objection = Callable[[Session, str], None]

Row = Model | ModelVersion


class ModelTrash(RowBin[Row]):
    """Trash of models and their versions: deletes, restores and purges them."""

    noun: ClassVar[Noun] = "model"

    def __init__(
        self, database: Database, events: EventLog, folders: VersionFolders, objections: Sequence[Objection] = ()
    ) -> None:
        super().__init__(database, events)
        self._folders = folders
        self._objections = objections

    def announce(self, session: Session, what: str, things: Sequence[Thing[Row]], by: str | None) -> None:
        """Append an event for each model or version; ``what`` is ``deleted`` or ``restored``."""
        for each in things:
            fields = {"type": f"model.{what}", "model": each.name, "version": each.version}
            body = ModelMoved.model_validate(fields | ({"by": by} if by is not None else {}))
            self.events.append(session, "project", body)

    def free(self, project_id: str, content_hash: str) -> None:
        """Delete a version's folder unless a row uses it."""
        self.free_files(project_id, [content_hash])

    def find(self, session: Session, name: str, version: int | None) -> Thing[Row] | None:
        model = store.lock_model(session, name)
        if model is None or version is None:
            return _thing(model) if model is not None else None
        row = store.version(session, model.id, version)
        if row is None or row.purged_at is not None:
            raise NotFound(
                "model {model!r} has no version {version}",
                next_step="run azuraforge models show {model}",
                model=model.name,
                version=version,
            )
        return _thing(model, row)

    def find_deleted(self, session: Session, name: str) -> Thing[Row] | None:
        found = trash_store.find(session, name)
        model = trash_store.lock(session, found.id) if found is not None else None
        return _thing(model) if model is not None else None

    def lock(self, session: Session, thing: Thing[Row]) -> Thing[Row] | None:
        model = trash_store.lock(session, thing.id)
        if model is None or thing.version is None:
            return _thing(model) if model is not None else None
        row = store.version(session, model.id, thing.version)
        return _thing(model, row) if row is not None and row.purged_at is None else None

    def refuse(self, session: Session, thing: Thing[Row]) -> None:
        if thing.version is None:
            for object_to in self._objections:
                object_to(session, thing.name)
            return
        for serving in deployment_store.active(session, thing.id):
            if serving.version == thing.version:
                raise Conflict(
                    "version {version} of model {model!r} is deployed as a {mode}",
                    where="model {model}",
                    next_step="end the deployment first with azuraforge models end {model} {number}",
                    version=thing.version,
                    model=thing.name,
                    mode=serving.mode,
                    number=serving.number,
                )
        for pointer in store.aliases(session, thing.id):
            if pointer.version == thing.version:
                raise Conflict(
                    "alias {alias!r} of model {model!r} points to version {version}",
                    where="model {model}",
                    next_step="promote another version or roll the alias back first, or delete the whole model",
                    version=thing.version,
                    alias=pointer.alias,
                    model=thing.name,
                )

    def page(
        self, session: Session, before: datetime | None, after: Thing[Row] | None, limit: int
    ) -> Sequence[Thing[Row]]:
        if after is not None:
            return []
        whole = trash_store.deleted_models(session, before)
        versions = trash_store.deleted_versions(session, before)
        return [*map(_thing, whole), *(_thing(model, row) for model, row in versions)]

    def held_bytes(self, session: Session, things: Sequence[Thing[Row]]) -> Mapping[Key, int]:
        return {
            each.key: each.row.bytes if isinstance(each.row, ModelVersion) else trash_store.held_bytes(session, each.id)
            for each in things
        }

    def remove(self, session: Session, thing: Thing[Row]) -> Removal:
        if isinstance(thing.row, ModelVersion):
            thing.row.purged_at = now()
            session.flush()
            return Removal(Counter(model_versions=1), [thing.row.content_hash])
        return Removal(Counter(models=1), trash_store.forget(session, thing.id))

    def shelf(self, project_id: str) -> Shelf:
        folders = self._folders
        return Shelf(
            self.database,
            project_id,
            folders.root(project_id),
            lambda content_hash: folders.path(project_id, content_hash),
            lambda: folders.addresses(project_id),
            trash_store.named_folders,
        )


def _thing(model: Model, row: ModelVersion | None = None) -> Thing[Row]:
    return Thing(row or model, model.id, model.name, row.version if row is not None else None)
