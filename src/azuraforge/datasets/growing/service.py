"""Service that adds rows and incumbent forecasts to datasets."""

from __future__ import annotations

from pathlib import Path

import orjson

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.datasets import store
from azuraforge.datasets.events import DatasetChanged
from azuraforge.datasets.growing.messages import AppendInput, Grown, IncumbentGrown, IncumbentInput, Stored
from azuraforge.datasets.schemas import (
    AppendOptions,
    AppendOut,
    AppendRows,
    DatasetVersionOut,
    IncumbentOptions,
    IncumbentOut,
    RevisionPolicy,
)
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.events.service import EventLog

APPEND = "azuraforge.datasets.growing.child:append"
INCUMBENT = "azuraforge.datasets.growing.incumbents:state"
TIMEOUT_SECONDS = 900.0
#: Maximum number of attempts to append rows while other versions are added concurrently.
_TRIES = 8


class Overtaken(Exception):
    """Error raised if a newer version was added since the base version was read."""


class GrowingDatasets:
    """Service that adds rows to the newest version of a dataset, which creates the next version."""

    def __init__(self, datasets: DatasetService, database: Database, events: EventLog) -> None:
        self._datasets = datasets
        self._database = database
        self._events = events

    def append_rows(
        self, project_id: str, name_or_id: str, request: AppendRows, *, unit: UnitOfWork | None = None
    ) -> AppendOut:
        """Add rows that were sent as JSON; see ``append_file``."""
        with self._datasets.inbox() as folder:
            path = folder / "rows.json"
            path.write_bytes(orjson.dumps(request.rows))
            return self._append(project_id, name_or_id, path, "rows", request.options, unit, is_json=True)

    def append_file(
        self,
        project_id: str,
        name_or_id: str,
        path: Path,
        filename: str,
        options: AppendOptions,
        *,
        unit: UnitOfWork | None = None,
    ) -> AppendOut:
        """Add the rows of a file to the newest version.

        Rows equal to stored ones are counted and skipped. Raises NotFound if the dataset does not exist, InvalidInput
        if rows cannot be added, and Conflict if every attempt is overtaken by another version; nothing is stored then.
        """
        return self._append(project_id, name_or_id, path, filename, options, unit, is_json=False)

    def add_incumbent(
        self,
        project_id: str,
        name_or_id: str,
        path: Path,
        filename: str,
        options: IncumbentOptions,
        *,
        unit: UnitOfWork | None = None,
    ) -> IncumbentOut:
        """Add the incumbent forecasts of a file to the stored ones; the dataset's rows stay the same.

        Raises NotFound if the dataset does not exist, InvalidInput if the file cannot be used, and Conflict if every
        attempt is overtaken by another version; nothing is stored then.
        """
        for _ in range(_TRIES):
            base = self._datasets.get(project_id, name_or_id)
            with self._datasets.inbox() as folder:
                wanted = IncumbentInput(
                    stored=stored_of(base),
                    path=path,
                    name=filename,
                    options=options,
                    folder=folder,
                    limits=self._datasets.limits,
                )
                grown = self._datasets.ask(INCUMBENT, wanted, IncumbentGrown, TIMEOUT_SECONDS)
                try:
                    kept, created = self._keep(project_id, base, grown, unit)
                except Overtaken:
                    continue
                counts = grown.model_dump(include={"forecasts", "added", "revised", "repeated"})
                return IncumbentOut(version=kept.out(created=created), findings=grown.own, **counts)
        raise _overtaken(name_or_id)

    def set_revisions(
        self, project_id: str, name_or_id: str, policy: RevisionPolicy, *, unit: UnitOfWork | None = None
    ) -> DatasetVersionOut:
        """Set the policy for rows that change stored rows. Raises NotFound if the dataset does not exist."""
        found = self._datasets.get(project_id, name_or_id)

        def work(session: Session) -> None:
            dataset = store.lock(session, found.id)
            if dataset is None or dataset.deleted_at is not None:
                raise NotFound(
                    "dataset {dataset!r} does not exist", next_step="run azuraforge datasets list", dataset=name_or_id
                )
            if dataset.revisions != policy.revisions:
                store.change(session, dataset, revisions=policy.revisions)
                body = DatasetChanged(dataset_id=dataset.id, dataset=dataset.name, revisions=policy.revisions)
                self._events.append(session, "project", body)

        self._database.write(project_id, work, unit=unit)
        return self._datasets.get(project_id, found.id).out()

    def keep(self, session: Session, base: DatasetVersion, grown: Grown) -> tuple[DatasetVersion, bool]:
        """Record the version that follows ``base`` in the caller's transaction; return it and whether it is new.

        Raises Overtaken if ``base`` is no longer the newest version, NotFound if the dataset was deleted, and
        InvalidInput if the result equals an older version.
        """
        dataset = store.lock(session, base.id)
        if dataset is None or dataset.deleted_at is not None:
            raise NotFound(
                "dataset {dataset!r} was deleted",
                next_step="restore the dataset: azuraforge datasets restore {dataset}",
                dataset=base.name,
            )
        newest = store.version(session, base.id, None)
        if newest is None or newest.version != base.version:
            raise Overtaken
        cursor = grown.cursor if grown.cursor is not None else newest.cursor
        read = grown.read.model_copy(update={"cursor": cursor})
        kept, created = self._datasets.keeper.keep(session, dataset, base.source, read, grown.growth)
        if not created and kept.version != base.version:
            # Versions are immutable and unique by content, so an older one cannot become the newest again.
            raise InvalidInput(
                "with these rows, dataset {dataset!r} would be identical to its version {version}",
                where="rows",
                next_step="to return to version {version}, delete the versions after it: azuraforge datasets delete "
                "{dataset} {newest}",
                code="older_version",
                dataset=base.name,
                version=kept.version,
                newest=base.version,
            )
        return kept, created

    def _append(
        self,
        project_id: str,
        name_or_id: str,
        path: Path,
        filename: str,
        options: AppendOptions,
        unit: UnitOfWork | None,
        *,
        is_json: bool,
    ) -> AppendOut:
        for _ in range(_TRIES):
            base = self._datasets.get(project_id, name_or_id)
            stored = stored_of(base)
            with self._datasets.inbox() as folder:
                wanted = AppendInput(
                    stored=stored,
                    path=path,
                    name=filename,
                    is_json=is_json,
                    options=options,
                    folder=folder,
                    limits=self._datasets.limits,
                )
                grown = self._datasets.ask(APPEND, wanted, Grown, TIMEOUT_SECONDS)
                try:
                    kept, created = self._keep(project_id, base, grown, unit)
                except Overtaken:
                    continue
                return append_result(kept, grown, created=created)
        raise _overtaken(name_or_id)

    def _keep(
        self, project_id: str, base: DatasetVersion, grown: Grown, unit: UnitOfWork | None
    ) -> tuple[DatasetVersion, bool]:
        return self._database.write(project_id, lambda session: self.keep(session, base, grown), unit=unit)


def stored_of(base: DatasetVersion) -> Stored:
    """Return the description of a version for a child process. Raises InvalidInput for an image dataset."""
    if base.schema.time is None or base.start_at is None or base.end_at is None:
        raise InvalidInput(
            "dataset {dataset!r} contains images; rows can be added to series only",
            where="dataset",
            next_step="add all images again as a dataset with the same name",
            code="not_a_series",
            dataset=base.name,
        )
    carried = base.findings if base.growth is None else base.findings[: base.growth.carried_findings]
    return Stored(
        name=base.name,
        version=base.version,
        paths=base.paths,
        segments=base.segments,
        incumbent=base.incumbent,
        present=base.incumbent_path,
        blocks=base.blocks,
        meaning=base.schema,
        options=base.options,
        fingerprint=base.fingerprint,
        rows=base.rows,
        start_at=base.start_at,
        end_at=base.end_at,
        provenance=base.provenance,
        carried=carried,
        revisions=base.revisions,
    )


def _overtaken(name: str) -> Conflict:
    return Conflict(
        "other rows are being added to dataset {dataset!r} at the same time",
        where="dataset",
        next_step="add the rows again in a moment",
        code="overtaken",
        dataset=name,
    )


def append_result(kept: DatasetVersion, grown: Grown, *, created: bool) -> AppendOut:
    """Return the API schema for the result of adding rows."""
    growth = grown.growth
    return AppendOut(
        version=kept.out(created=created),
        rows_added=growth.rows_added,
        rows_revised=growth.rows_revised,
        rows_repeated=growth.rows_repeated,
        findings=grown.own,
    )
