"""The rules of datasets: names, versions, where the rows lie. Reading itself happens in children."""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from azuraforge import claims
from azuraforge.claims import Claim
from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.datasets import store
from azuraforge.datasets.additions import Additions
from azuraforge.datasets.images.large_pictures import LargePictures
from azuraforge.datasets.lookup import DatasetLookup
from azuraforge.datasets.messages import PicturesInput, ReadInput, ReadResult, RestateInput, RowsInput, SourceInput
from azuraforge.datasets.names import dataset_name, stem
from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.schemas import (
    AvailabilityRequest,
    CleaningOptions,
    DatasetVersionOut,
    FileOptions,
    Finding,
    FromSource,
    ImageOptions,
    Json,
    PicturesOut,
    RowsOut,
)
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.datasets.trash import DatasetTrash, Needs, Objection
from azuraforge.errors import InvalidInput, NotFound, StorageError, TransientError
from azuraforge.events.service import EventLog
from azuraforge.outgoing import Policy
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.shape import Shape
from azuraforge.plugins.discovery.calling import Call
from azuraforge.projects.keeping import hold
from azuraforge.settings import Settings

READ = "azuraforge.datasets.child:read"
READ_SOURCE = "azuraforge.datasets.child:read_source"
RESTATE = "azuraforge.datasets.child:restate"
ROWS = "azuraforge.datasets.child:rows"
PICTURES = "azuraforge.datasets.child:pictures"
READ_TIMEOUT_SECONDS = 900.0
ROWS_TIMEOUT_SECONDS = 60.0
ResultT = TypeVar("ResultT", bound=BaseModel)


@dataclass(frozen=True)
class DatasetVersion:
    """One immutable version: its meaning, and the path of its canonical Parquet file.

    ``loading.load_version(path, schema, options, fingerprint)`` reads it in a child and refuses changed rows.
    """

    id: str
    name: str
    version: int
    fingerprint: str
    schema: DatasetSchema
    options: Json
    rows: int
    bytes: int
    start_at: datetime | None
    end_at: datetime | None
    path: Path
    source: str
    provenance: Json
    findings: tuple[Finding, ...]
    file_sha256: str | None
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None

    def out(self, *, created: bool = False) -> DatasetVersionOut:
        """The version as the API shows it."""
        return DatasetVersionOut(
            id=self.id,
            name=self.name,
            version=self.version,
            fingerprint=self.fingerprint,
            file_sha256=self.file_sha256,
            dataset_schema=self.schema,
            rows=self.rows,
            start=self.start_at,
            end=self.end_at,
            source=self.source,
            provenance=self.provenance,
            findings=self.findings,
            created=created,
            created_at=self.created_at,
            deleted_at=self.deleted_at,
            deleted_by=self.deleted_by,
        )


class DatasetService:
    """Adds datasets and finds them again.

    Args:
        call: runs one entry point in a child; only children read files or import Polars.
        additions: announces versions that were added.
        needs: reasons to keep versions that were deleted.
        objections: reasons not to delete a dataset or a version.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        call: Call,
        settings: Settings,
        *,
        additions: Additions | None = None,
        needs: Sequence[Needs] = (),
        objections: Sequence[Objection] = (),
    ) -> None:
        self._database = database
        #: The hottest reads, to be awaited.
        self.lookup = DatasetLookup(database)
        self._events = events
        self._call = call
        self.large_pictures = LargePictures(call, settings.reading.at_once)
        self._settings = settings
        self._limits = ReadingLimits.of(settings.reading)
        self._outgoing = Policy.of(settings)
        #: Datasets and versions that were deleted, and how they are purged.
        self.trash = DatasetTrash(database, events, settings.artifacts, needs, objections)
        self._additions = additions or Additions()
        self._uploads = settings.home / "uploads"
        claims.sweep(self._uploads)  # what killed processes left; other living ones may be receiving files

    @property
    def max_upload_bytes(self) -> int:
        return self._settings.server.max_body_bytes

    @contextmanager
    def inbox(self) -> Iterator[Path]:
        """Open a folder for one upload, locked while this process lives and removed afterwards."""
        with _storage(self._settings.home):
            claim = Claim(self._uploads)
        try:
            yield claim.folder
        finally:
            claim.release()

    def add_file(
        self,
        project_id: str,
        path: Path,
        filename: str,
        options: FileOptions | ImageOptions,
        *,
        unit: UnitOfWork | None = None,
    ) -> DatasetVersionOut:
        """Read a file at ``path`` and keep it as a version; ``filename`` is what messages call it.

        A series comes as CSV or Parquet, pictures as a zip or as Parquet: the options' class says which it is.

        The same content under the same name is the same version. Raises InvalidInput naming what is wrong, where,
        and what to do next; then nothing is kept.
        """
        name = dataset_name(options.name or stem(filename))
        with self.inbox() as folder:
            wanted = ReadInput(
                kind=options.kind,
                path=path,
                name=filename,
                options=options.model_dump(mode="json"),
                folder=folder,
                limits=self._limits,
            )
            read = self._ask(READ, wanted, ReadResult, READ_TIMEOUT_SECONDS)
            return self._keep(project_id, name, "file", read, unit)

    def add_from_source(
        self, project_id: str, request: FromSource, *, unit: UnitOfWork | None = None
    ) -> DatasetVersionOut:
        """Let a source plugin read, and keep the result as a version."""
        if request.name is not None:
            dataset_name(request.name)
        with self.inbox() as folder:
            wanted = SourceInput(
                source=request.source,
                options=request.options,
                plugins_folder=str(self._settings.plugins),
                cleaning=CleaningOptions(**request.model_dump(include=set(CleaningOptions.model_fields))),
                folder=folder,
                limits=self._limits,
                outgoing=self._outgoing.to_json(),
            )
            read = self._ask(READ_SOURCE, wanted, ReadResult, READ_TIMEOUT_SECONDS)
            name = dataset_name(request.name or str(read.provenance.get("name") or request.source))
            return self._keep(project_id, name, request.source, read, unit)

    def state_availability(
        self, project_id: str, name_or_id: str, request: AvailabilityRequest, *, unit: UnitOfWork | None = None
    ) -> DatasetVersionOut:
        """State when values become known, as a version with the same rows; the version that is there never changes.

        Raises NotFound, and InvalidInput for a column that is no input of the dataset.
        """
        found = self.get(project_id, name_or_id, request.version)
        with self.inbox() as folder:
            wanted = RestateInput(
                path=found.path,
                meaning=found.schema,
                options=found.options,
                fingerprint=found.fingerprint,
                columns=dict(request.columns),
                folder=folder,
                file_sha256=found.file_sha256,
                provenance={**found.provenance, "rows_of_version": found.version},
                findings=found.findings,
            )
            read = self._ask(RESTATE, wanted, ReadResult, READ_TIMEOUT_SECONDS)
            return self._keep(project_id, found.name, found.source, read, unit)

    def get(
        self, project_id: str, name_or_id: str, version: int | None = None, *, trash: bool = False
    ) -> DatasetVersion:
        """One version; the newest where no number is given. ``trash``: also what was deleted, but not purged.

        Raises NotFound.
        """
        with self._database.read(project_id) as session:
            dataset = store.find(session, name_or_id)
            deleted = store.find_in_trash(session, name_or_id) if dataset is None else None
            if deleted is not None and not trash:
                raise _in_the_trash(f"dataset {name_or_id!r}", name_or_id)
            dataset = dataset or deleted
            if dataset is None:
                close = difflib.get_close_matches(name_or_id, store.names(session), n=1)
                raise NotFound(
                    f"dataset {name_or_id!r} does not exist",
                    next_step=f"did you mean {close[0]!r}?" if close else "azuraforge datasets list",
                )
            row = store.version(session, dataset.id, version, trash=trash and version is not None)
            if row is None:
                row = store.version(session, dataset.id, version, trash=True) if version else None
                if row is not None:
                    raise _in_the_trash(f"version {version} of dataset {dataset.name!r}", f"{dataset.name} {version}")
                raise NotFound(
                    f"dataset {dataset.name!r} has no version {version}",
                    next_step=f"azuraforge datasets show {dataset.name}",
                )
            return self._version(project_id, dataset, row)

    def rows(
        self,
        project_id: str,
        name_or_id: str,
        version: int | None = None,
        max_points: int = 1000,
        series: str | None = None,
    ) -> RowsOut:
        """The target over time, reduced to at most ``max_points`` rows so that spikes survive, of one series."""
        found = self.get(project_id, name_or_id, version, trash=True)
        schema = found.schema
        if schema.time is None:
            raise InvalidInput(
                f"dataset {found.name!r} holds pictures, not a series",
                where="dataset",
                next_step=f"ask for /api/v1/datasets/{found.name}/pictures",
                code="not_a_series",
            )
        names = schema.series_names
        if names is not None:
            if series is not None and series not in names:
                raise InvalidInput(
                    f"dataset {found.name!r} holds no series {series!r}",
                    where="series",
                    next_step=f"name one of {', '.join(names[:8])}" + (" …" if len(names) > 8 else ""),
                    code="no_such_series",
                )
            series = series or names[0]
        wanted = RowsInput(
            path=found.path,
            time=schema.time,
            columns=(schema.target,),
            max_points=max_points,
            series=schema.series,
            name=series if names is not None else None,
        )
        return self._ask(ROWS, wanted, RowsOut, ROWS_TIMEOUT_SECONDS)

    def pictures(self, project_id: str, name_or_id: str, version: int | None = None, per_class: int = 8) -> PicturesOut:
        """How many pictures each class has, and some of them."""
        found = self.get(project_id, name_or_id, version, trash=True)
        if found.schema.size is None:
            raise InvalidInput(
                f"dataset {found.name!r} holds a series, not pictures",
                where="dataset",
                next_step=f"ask for /api/v1/datasets/{found.name}/rows",
                code="not_images",
            )
        wanted = PicturesInput(path=found.path, size=found.schema.size, per_class=per_class)
        return self._ask(PICTURES, wanted, PicturesOut, ROWS_TIMEOUT_SECONDS)

    def _ask(self, entry: str, wanted: Shape, result: type[ResultT], timeout_seconds: float) -> ResultT:
        return self._call(entry, wanted.model_dump(mode="json"), result, timeout_seconds)

    def _keep(
        self, project_id: str, name: str, source: str, read: ReadResult, unit: UnitOfWork | None
    ) -> DatasetVersionOut:
        """Record what the child wrote, and move it into the artifact store in the same transaction, where nobody can
        free it before its row is there. The file is found by its content, so doing this twice, or dying in between,
        changes nothing that is there."""
        made, target = read.parquet, self._path(project_id, read.fingerprint)
        size = made.stat().st_size

        def work(session: Session) -> tuple[DatasetVersion, bool]:
            dataset = store.find_or_add(session, name)
            hold(session)
            _place(made, target)
            row = store.version_by_fingerprint(session, dataset.id, read.fingerprint)
            if row is not None:
                self.trash.revive(session, dataset, row)
                return self._version(project_id, dataset, row), False
            row = store.add_version(session, dataset.id, read, source, size)
            added = {"dataset_id": dataset.id, "name": name, "version": row.version, "rows": row.rows}
            self._events.append(session, "project", "dataset.added", added)
            return self._version(project_id, dataset, row), True

        try:
            version, created = self._database.write(project_id, work, unit=unit)
        except IntegrityError:  # another API process made the same name at the same moment (PostgreSQL)
            version, created = self._database.write(project_id, work, unit=unit)
        if created:
            self._additions.announce(project_id, version.id)
        return version.out(created=created)

    def _path(self, project_id: str, fingerprint: str) -> Path:
        return self.trash.path(project_id, fingerprint)

    def _version(self, project_id: str, dataset: Dataset, row: DatasetVersionRow) -> DatasetVersion:
        return DatasetVersion(
            id=dataset.id,
            name=dataset.name,
            version=row.version,
            fingerprint=row.fingerprint,
            schema=row.columns,
            options=row.options,
            rows=row.rows,
            bytes=row.bytes,
            start_at=row.start_at,
            end_at=row.end_at,
            path=self._path(project_id, row.fingerprint),
            source=row.source,
            provenance=row.provenance,
            findings=row.findings,
            file_sha256=row.file_sha256,
            created_at=row.created_at,
            deleted_at=row.deleted_at or dataset.deleted_at,
            deleted_by=row.deleted_by or dataset.deleted_by,
        )


def _in_the_trash(what: str, named: str) -> NotFound:
    return NotFound(f"{what} is in the trash", next_step=f"azuraforge datasets restore {named}", code="in_trash")


def _place(made: Path, target: Path) -> None:
    with _storage(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        if made.exists():
            os.replace(made, target)
    if not target.exists():  # moved by an attempt that was rolled back, and freed since
        raise TransientError("the dataset's file is gone again", next_step="add it again")


@contextmanager
def _storage(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise StorageError(
            "the disk is full" if full else f"the data home cannot be written: {error.strerror}",
            where=str(folder),
            next_step="free some space, then try again" if full else "make it writable, then try again",
        ) from error
