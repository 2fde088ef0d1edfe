"""Service for datasets: their names, versions and stored rows. Child processes read the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from azuraforge import claims
from azuraforge.claims import Claim
from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.datasets import lookup_store, store
from azuraforge.datasets.images.large_images import LargeImages
from azuraforge.datasets.keeping import OnVersion, VersionKeeper, storage
from azuraforge.datasets.lookup import DatasetLookup, version_of
from azuraforge.datasets.messages import (
    ImagesInput,
    PresentFile,
    ReadInput,
    ReadResult,
    RestateInput,
    RowsInput,
    SourceAccess,
    SourceInput,
)
from azuraforge.datasets.names import dataset_name, stem
from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.schemas import (
    AvailabilityRequest,
    CleaningOptions,
    DatasetVersionOut,
    FileOptions,
    FromSource,
    ImageOptions,
    ImagesOut,
    Json,
    RowsOut,
)
from azuraforge.datasets.sources.grants import Grants
from azuraforge.datasets.trash import DatasetTrash, Needs, Objection
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.events.service import EventLog
from azuraforge.outgoing import Policy
from azuraforge.plugins.contract.shape import Shape
from azuraforge.plugins.discovery.calling import Call
from azuraforge.projects.quotas.service import ChecksQuota, no_quotas
from azuraforge.settings import Settings

READ = "azuraforge.datasets.child:read"
READ_SOURCE = "azuraforge.datasets.child:read_source"
RESTATE = "azuraforge.datasets.child:restate"
ROWS = "azuraforge.datasets.child:rows"
IMAGES = "azuraforge.datasets.child:images"
READ_TIMEOUT_SECONDS = 900.0
ROWS_TIMEOUT_SECONDS = 60.0
ResultT = TypeVar("ResultT", bound=BaseModel)


class DatasetService:
    """Service that adds, finds and reads datasets.

    Args:
        call: runs an entry point in a child process; only child processes read files or import Polars.
        on_version: callbacks for each added version, called in its transaction.
        needs: checks that return which deleted versions must be kept.
        objections: checks that raise Conflict if a dataset or version must not be deleted.
        grants: access to secrets for sources; if None, sources get no secrets.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        call: Call,
        settings: Settings,
        *,
        on_version: Sequence[OnVersion] = (),
        needs: Sequence[Needs] = (),
        objections: Sequence[Objection] = (),
        grants: Grants | None = None,
        check_quota: ChecksQuota = no_quotas,
    ) -> None:
        self._database = database
        #: Asynchronous reads, for the most frequent routes.
        self.lookup = DatasetLookup(database)
        self._call = call
        self.large_images = LargeImages(call, settings.reading.at_once)
        self._settings = settings
        self._grants = grants
        self.limits = ReadingLimits.of(settings.reading)
        #: Addresses that sources may reach.
        self.outgoing = Policy.of(settings)
        #: Deletes, restores and purges datasets and versions.
        self.trash = DatasetTrash(database, events, settings.artifacts, needs, objections, check_quota)
        #: Adds versions in a transaction.
        self.keeper = VersionKeeper(self.trash, events, on_version, check_quota)
        self._check_quota = check_quota
        self._uploads = settings.home / "uploads"
        claims.sweep(self._uploads)  # removes folders of killed processes only; others may be in use

    @property
    def max_upload_bytes(self) -> int:
        return self._settings.server.max_body_bytes

    @property
    def max_json_bytes(self) -> int:
        """Maximum size of rows that are sent as JSON, which is held in memory and parsed as a whole."""
        return self._settings.server.max_json_bytes

    @contextmanager
    def inbox(self) -> Iterator[Path]:
        """Create a folder for one upload, which is locked during the block and removed after it.

        Raises StorageError if the folder cannot be created.
        """
        with storage(self._settings.home):
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
        provenance: Json | None = None,
        unit: UnitOfWork | None = None,
    ) -> DatasetVersionOut:
        """Read the file at ``path`` and store it as a version; messages call it ``filename``.

        ``provenance`` is added to that of the file.

        The class of ``options`` selects the kind: series in CSV, Excel or Parquet, or images in a zip file or Parquet.

        The same content under the same name returns the existing version. Raises InvalidInput if the
        file cannot be used, and then stores nothing.
        """
        name = dataset_name(options.name or stem(filename))
        with self.inbox() as folder:
            wanted = ReadInput(
                kind=options.kind,
                path=path,
                name=filename,
                options=options.model_dump(mode="json"),
                folder=folder,
                limits=self.limits,
                incumbent=self._present_file(project_id, name),
            )
            read = self.ask(READ, wanted, ReadResult, READ_TIMEOUT_SECONDS)
            if provenance is not None:
                read = read.model_copy(update={"provenance": {**read.provenance, **provenance}})
            return self._keep(project_id, name, "file", read, unit)

    def add_from_source(
        self, project_id: str, request: FromSource, *, by: str | None = None, unit: UnitOfWork | None = None
    ) -> DatasetVersionOut:
        """Read from a source plugin, and store the result as a version. ``by`` is the name of the person.

        Raises NotFound if the source does not exist, InvalidInput if it refuses its options or returns unusable rows,
        and TransientError if it is unavailable; nothing is stored then.
        """
        if request.name is not None:
            dataset_name(request.name)
        with self.inbox() as folder:
            wanted = SourceInput(
                source=request.source,
                options=request.options,
                access=self.source_access(),
                cleaning=CleaningOptions(**request.model_dump(include=set(CleaningOptions.model_fields))),
                folder=folder,
            )
            secrets = self.granted(
                project_id,
                request.source,
                request.options,
                **({"dataset": request.name} if request.name else {}),
                **({"by": by} if by else {}),
            )
            read = self.ask(READ_SOURCE, wanted, ReadResult, READ_TIMEOUT_SECONDS, secrets)
            name = dataset_name(request.name or str(read.provenance.get("name") or request.source))
            return self._keep(project_id, name, request.source, read, unit)

    def source_access(self) -> SourceAccess:
        """Return the access that the platform grants to sources."""
        return SourceAccess(
            plugins_folder=str(self._settings.plugins),
            outgoing=self.outgoing.to_json(),
            folders=tuple(self._settings.read_folders),
            limits=self.limits,
        )

    def state_availability(
        self, project_id: str, name_or_id: str, request: AvailabilityRequest, *, unit: UnitOfWork | None = None
    ) -> DatasetVersionOut:
        """Set when columns become known, in a new version with the same rows; the existing version never changes.

        Raises NotFound if the version does not exist, and InvalidInput for an image dataset, or if a column is not an
        input of the dataset or would only become known after the last row.
        """
        found = self.get(project_id, name_or_id, request.version)
        wanted = RestateInput(
            paths=found.paths,
            segments=found.segments,
            incumbent=found.incumbent,
            meaning=found.schema,
            options=found.options,
            fingerprint=found.fingerprint,
            columns=dict(request.columns),
            file_sha256=found.file_sha256,
            provenance={**found.provenance, "rows_of_version": found.version},
            findings=found.findings,
            cursor=found.cursor,
        )
        read = self.ask(RESTATE, wanted, ReadResult, READ_TIMEOUT_SECONDS)
        return self._keep(project_id, found.name, found.source, read, unit)

    def get(
        self, project_id: str, name_or_id: str, version: int | None = None, *, trash: bool = False
    ) -> DatasetVersion:
        """Return one version (``version`` None: the newest). With ``trash``, it may be deleted, but not purged.

        Raises NotFound if it does not exist. On the event loop, await ``lookup.get`` instead.
        """
        plan = version_of(lookup_store.STORED, name_or_id, version, trash=trash)
        return self.keeper.version(project_id, *self._database.follow_now(project_id, plan))

    def previous(self, project_id: str, found: DatasetVersion) -> int | None:
        """Return the number of the version before ``found`` that is not deleted; None if there is none."""
        with self._database.read(project_id) as session:
            return store.previous_version(session, found.id, found.version)

    def revised_times(self, project_id: str, found: DatasetVersion, after: int) -> tuple[datetime, datetime] | None:
        """Return the first and last time whose values may have been revised after version ``after``, up to ``found``.

        Return None if nothing was revised. A version that was not created by adding rows counts as a revision of all
        rows if the dataset accepts revisions, and of no row if it refuses them.
        """
        with self._database.read(project_id) as session:
            growths = store.growths(session, found.id, max(after, 1), found.version)
        spans = [
            (each.revised_from, each.revised_until)
            for each in growths
            if each is not None and each.revised_from is not None and each.revised_until is not None
        ]
        whole = any(each is None for each in growths) and found.revisions == "accept"
        if whole and found.start_at is not None and found.end_at is not None:
            spans.append((found.start_at, found.end_at))
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None

    def rows(
        self,
        project_id: str,
        name_or_id: str,
        version: int | None = None,
        max_points: int = 1000,
        series: str | None = None,
        last: int | None = None,
    ) -> RowsOut:
        """Return the target of one series over time, reduced to at most ``max_points`` rows without losing spikes.

        With ``last``, only the newest ``last`` rows are read. Raises NotFound if the version does not exist, and
        InvalidInput for an image dataset or an unknown series.
        """
        found = self.get(project_id, name_or_id, version, trash=True)
        schema = found.schema
        if schema.time is None:
            raise InvalidInput(
                "dataset {dataset!r} contains images, not series",
                where="dataset",
                next_step="use /api/v1/datasets/{dataset}/images",
                code="not_a_series",
                dataset=found.name,
            )
        names = schema.series_names
        if names is not None:
            if series is not None and series not in names:
                raise InvalidInput(
                    "dataset {dataset!r} has no series {series!r}",
                    where="series",
                    next_step="choose one of the series, such as {known}",
                    code="no_such_series",
                    dataset=found.name,
                    series=series,
                    known=names[:8],
                )
            series = series or names[0]
        wanted = RowsInput(
            paths=found.paths,
            meaning=schema,
            columns=(schema.target,),
            max_points=max_points,
            name=series if names is not None else None,
            last=last,
        )
        return self.ask(ROWS, wanted, RowsOut, ROWS_TIMEOUT_SECONDS)

    def images(self, project_id: str, name_or_id: str, version: int | None = None, per_class: int = 8) -> ImagesOut:
        """Return, for each class, the number of its images and a sample of at most ``per_class`` of them.

        Raises NotFound if the version does not exist, and InvalidInput if the dataset does not contain images.
        """
        found = self.get(project_id, name_or_id, version, trash=True)
        if found.schema.size is None:
            raise InvalidInput(
                "dataset {dataset!r} contains series, not images",
                where="dataset",
                next_step="use /api/v1/datasets/{dataset}/rows",
                code="not_images",
                dataset=found.name,
            )
        wanted = ImagesInput(paths=found.paths, size=found.schema.size, per_class=per_class)
        return self.ask(IMAGES, wanted, ImagesOut, ROWS_TIMEOUT_SECONDS)

    def ask(
        self,
        entry: str,
        wanted: Shape,
        result: type[ResultT],
        timeout_seconds: float,
        secrets: Mapping[str, str] | None = None,
    ) -> ResultT:
        """Run an entry point in a child process, and return its result. ``secrets`` are passed over the pipe only."""
        payload = wanted.model_dump(mode="json")
        return self._call(entry, {**payload, "secrets": secrets} if secrets else payload, result, timeout_seconds)

    def granted(self, project_id: str, source: str, options: Json, **used: str) -> Mapping[str, str]:
        """Return the secrets that the source's options refer to. Raises InvalidInput if one is unavailable.

        ``used`` are fields of the event of their use, such as ``run``.
        """
        return {} if self._grants is None else self._grants.of(project_id, source, options, **used)

    def _present_file(self, project_id: str, name: str) -> PresentFile | None:
        """Return the separate file of incumbent forecasts of the newest version; None if it has none."""
        try:
            found = self.get(project_id, name)
        except NotFound:
            return None
        if found.incumbent is None or found.schema.incumbent is None:
            return None
        return PresentFile(columns=found.schema.incumbent, segment=found.incumbent)

    def _keep(
        self, project_id: str, name: str, source: str, read: ReadResult, unit: UnitOfWork | None
    ) -> DatasetVersionOut:
        """Record the child's result as the next version, unless a version with the same content exists."""

        def work(session: Session) -> tuple[DatasetVersion, bool]:
            if not store.exists(session, name):
                self._check_quota(session, "datasets", 1)
            return self.keeper.keep(session, store.find_or_add(session, name), source, read)

        try:
            version, created = self._database.write(project_id, work, unit=unit)
        except IntegrityError:  # another API process created the same name at the same time (PostgreSQL)
            version, created = self._database.write(project_id, work, unit=unit)
        return version.out(created=created)
