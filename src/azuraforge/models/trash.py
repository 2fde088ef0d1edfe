"""Models and versions in the trash. Nothing predicts with them; they can be restored until they are purged.

A version that an alias points at is not deleted, and a purged one keeps its line: history and ledger speak of it.
What versions need (the runs that made them, the rows they learned from) is kept as long as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from azuraforge.database import Database, Session, now
from azuraforge.errors import Conflict, NotFound
from azuraforge.events.service import EventLog
from azuraforge.models import store, trash_store
from azuraforge.models.deployments import store as deployment_store
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.tables import Model, ModelVersion
from azuraforge.projects.keeping import Shelf
from azuraforge.projects.schemas import NeededBy, Policy, TrashItem
from azuraforge.projects.trash import AT_ONCE, Contents, Purged

#: Raises Conflict where what is going on, or will, needs the model of this name. Asked of other rooms.
Objection = Callable[[Session, str, str], None]


class ModelTrash:
    """Deletes, restores and purges models and their versions; see ``projects.trash.Bin``."""

    def __init__(self, database: Database, events: EventLog, folders: VersionFolders) -> None:
        self._database = database
        self._events = events
        self._folders = folders
        self.objections: list[Objection] = []

    def delete(self, project_id: str, name: str, version: int | None, by: str) -> None:
        """Move a model or one of its versions into the trash; nothing changes where it is there already.

        Raises Conflict for a version that an alias points at, and for a model that something going on needs.
        """

        def work(session: Session) -> None:
            model = store.lock_model(session, project_id, name)
            if model is None:
                if version is None and trash_store.find(session, project_id, name) is not None:
                    return
                raise _unknown(name)
            if version is None:
                for object_to in self.objections:
                    object_to(session, project_id, model.name)
                self._tell(session, model, "model.deleted", None, by)
                _change(session, model, by)
                return
            row = _version(session, model, version)
            if row.deleted_at is None:
                self._refuse_aliased(session, model, version)
                self._tell(session, model, "model.deleted", version, by)
                _change(session, row, by)

        self._database.write(project_id, work)

    def restore(self, project_id: str, name_or_id: str, version: int | None) -> str:
        """Take a model, or one version, out of the trash; returns the model's name.

        Raises NotFound where it was purged, Conflict where another model has taken the name.
        """

        def work(session: Session) -> str:
            if version is not None:
                model = store.lock_model(session, project_id, name_or_id)
                if model is None:
                    raise _unknown(name_or_id)
                row = _version(session, model, version)
                if row.deleted_at is not None:
                    _change(session, row, None)
                    self._tell(session, model, "model.restored", version)
                return model.name
            deleted = trash_store.find(session, project_id, name_or_id)
            model = trash_store.lock(session, project_id, deleted.id) if deleted is not None else None
            if model is None:
                if store.model(session, project_id, name_or_id) is None:
                    raise _unknown(name_or_id)
                return name_or_id  # it was not deleted
            if store.model(session, project_id, model.name) is not None:
                raise Conflict(
                    f"another model is named {model.name!r} by now",
                    where=f"model {model.id}",
                    next_step=f"delete that one first: azuraforge models delete {model.name}",
                )
            _change(session, model, None)
            self._tell(session, model, "model.restored", None)
            return model.name

        return self._database.write(project_id, work)

    def needed_runs(self, session: Session, project_id: str, run_ids: Sequence[str]) -> dict[str, NeededBy]:
        """Which of these runs made versions that are still there."""
        return {row.run_id: _needs(model, row) for model, row in trash_store.made_by(session, project_id, run_ids)}

    def needed_versions(self, session: Session, project_id: str, dataset_id: str) -> dict[int, NeededBy]:
        """Which versions of a dataset are those that versions of models learned from."""
        found = trash_store.learned_from(session, project_id, dataset_id)
        return {row.dataset_version: _needs(model, row) for model, row in found if row.dataset_version is not None}

    def contents(self, session: Session, project_id: str, policy: Policy) -> Contents:
        items = [
            _item(model, None, trash_store.held_bytes(session, project_id, model.id), policy)
            for model in trash_store.deleted_models(session, project_id, None)
        ]
        versions = trash_store.deleted_versions(session, project_id, None)
        items += [_item(model, row, row.bytes, policy) for model, row in versions]
        return Contents(items[:AT_ONCE], len(items), sum(item.bytes for item in items))

    def expire(self, project_id: str, policy: Policy) -> None:
        """Models do not grow old by themselves."""

    def purge(self, project_id: str, before: datetime | None) -> Purged:
        with self._database.read(project_id) as session:
            models = [each.id for each in trash_store.deleted_models(session, project_id, before)]
            found = trash_store.deleted_versions(session, project_id, before)
            versions = [(each.id, row.version) for each, row in found]
        purged, gone = Purged(Counter(models=0, model_versions=0)), list[str]()
        for model_id in models:
            hashes = self._database.write(project_id, self._model_purger(project_id, model_id))
            purged.counts["models"] += hashes is not None
            gone += hashes or ()
        for model_id, version in versions:
            content_hash = self._database.write(project_id, self._purger(project_id, model_id, version))
            purged.counts["model_versions"] += content_hash is not None
            gone += [content_hash] if content_hash is not None else []
        purged.bytes += self._shelf(project_id).free(gone)
        return purged

    def sweep(self, project_id: str, older_than_seconds: float) -> int:
        return self._shelf(project_id).sweep(older_than_seconds)

    def free(self, project_id: str, content_hash: str) -> None:
        """Remove a version's folder unless a row names it."""
        self._shelf(project_id).free([content_hash])

    def _model_purger(self, project_id: str, model_id: str) -> Callable[[Session], list[str] | None]:
        def work(session: Session) -> list[str] | None:
            model = trash_store.lock(session, project_id, model_id)
            if model is None or model.deleted_at is None:
                return None
            return trash_store.forget(session, project_id, model_id)

        return work

    def _purger(self, project_id: str, model_id: str, version: int) -> Callable[[Session], str | None]:
        def work(session: Session) -> str | None:
            model = trash_store.lock(session, project_id, model_id)
            row = store.version(session, project_id, model_id, version)
            if model is None or row is None or row.deleted_at is None or row.purged_at is not None:
                return None
            row.purged_at = now()
            session.flush()
            return row.content_hash

        return work

    def _refuse_aliased(self, session: Session, model: Model, version: int) -> None:
        for serving in deployment_store.active(session, model.project_id, model.id):
            if serving.version == version:
                raise Conflict(
                    f"version {version} of {model.name!r} answers as a {serving.mode}",
                    where=f"model {model.name}",
                    next_step=f"end that first: azuraforge models end {model.name} {serving.number}",
                )
        for pointer in store.aliases(session, model.project_id, model.id):
            if pointer.version == version:
                raise Conflict(
                    f"version {version} is the {pointer.alias} of {model.name!r}",
                    where=f"model {model.name}",
                    next_step="promote another version or roll back first, or delete the whole model",
                )

    def _tell(self, session: Session, model: Model, type_: str, version: int | None, by: str | None = None) -> None:
        data = {"model": model.name, "version": version}
        self._events.append(session, model.project_id, "project", type_, {**data, "by": by} if by else data)

    def _shelf(self, project_id: str) -> Shelf:
        folders = self._folders
        return Shelf(
            self._database,
            project_id,
            folders.root(project_id),
            lambda content_hash: folders.path(project_id, content_hash),
            lambda: folders.addresses(project_id),
            trash_store.named_folders,
        )


def _change(session: Session, row: Model | ModelVersion, by: str | None) -> None:
    """Into the trash, or (by None) out of it; the caller has locked the model."""
    row.deleted_at, row.deleted_by = (now() if by is not None else None), by
    session.flush()


def _version(session: Session, model: Model, number: int) -> ModelVersion:
    row = store.version(session, model.project_id, model.id, number)
    if row is None or row.purged_at is not None:
        raise NotFound(
            f"model {model.name!r} has no version {number}", next_step=f"azuraforge models show {model.name}"
        )
    return row


def _unknown(name: str) -> NotFound:
    return NotFound(f"model {name!r} does not exist", next_step="azuraforge models list")


def _needs(model: Model, row: ModelVersion) -> NeededBy:
    return NeededBy(noun="model", name=model.name, version=row.version)


def _item(model: Model, row: ModelVersion | None, held: int, policy: Policy) -> TrashItem:
    deleted: Model | ModelVersion = row or model
    assert deleted.deleted_at is not None
    return TrashItem(
        noun="model",
        id=model.id,
        name=model.name,
        version=row.version if row else None,
        bytes=held,
        deleted_at=deleted.deleted_at,
        deleted_by=deleted.deleted_by or "",
        purged_after=deleted.deleted_at + timedelta(days=policy.trash_days),
    )
