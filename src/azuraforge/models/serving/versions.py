"""Cached facts about versions, and access to their serving child processes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from azuraforge.database import Database
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.messages import Message
from azuraforge.models import store
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.serving.messages import DatasetFile, Opening, Reply
from azuraforge.models.serving.pool import ReplicaPool
from azuraforge.models.tables import ModelVersion
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

#: Timeout of one reply in seconds; starting the process and loading the version have the launcher's own limit.
PREDICT_SECONDS = 60.0
_REMEMBERED = 1000


@dataclass(frozen=True)
class Rows:
    """Version of the dataset that a model version was trained on; forecasts begin at its end.

    Attributes:
        number: number of the dataset version.
        file: dataset version in the form that a child process reads.
        other: difference because of which the model version cannot forecast from it; None if there is none.
        newer: number of the newest dataset version if it was skipped because of such a difference.
    """

    number: int
    file: DatasetFile
    other: Message | None = None
    newer: int | None = None


@dataclass
class Served:
    """Immutable facts about a version that serving requires; ``rows`` caches dataset versions by number."""

    project_id: str
    model_id: str
    version: int
    content_hash: str
    plugin: str
    run_id: str
    schema: DatasetSchema
    opening: Opening
    dataset_id: str | None
    dataset_version: int | None
    dataset_fingerprint: str | None
    rows: dict[int, Rows] = field(default_factory=dict, compare=False)

    @property
    def target(self) -> str:
        return self.schema.target

    @property
    def unit(self) -> str:
        return self.schema.unit

    @property
    def needs_timetable(self) -> bool:
        """Return whether the dataset must provide the days and hours of its series, which a few rows do not show."""
        return self.schema.frequency is None and self.dataset_id is not None


class ServedVersions:
    """Cache of versions, and access to their child processes. Safe to use from many threads."""

    def __init__(
        self, database: Database, folders: VersionFolders, datasets: DatasetService, warm: ReplicaPool
    ) -> None:
        self._database = database
        self._folders = folders
        self._datasets = datasets
        self._warm = warm
        self._lock = threading.Lock()
        self._remembered: OrderedDict[tuple[str, str, int], Served] = OrderedDict()

    def remembered(self, project_id: str, model_id: str, version: int) -> Served | None:
        """Return a version if it is in memory, else None; never blocks."""
        key = (project_id, model_id, version)
        with self._lock:
            known = self._remembered.get(key)
            if known is not None:
                self._remembered.move_to_end(key)
        return known

    def get(self, project_id: str, model_id: str, version: int) -> Served:
        """Return a version from memory or from the database. Raises NotFound if it no longer exists."""
        if (known := self.remembered(project_id, model_id, version)) is not None:
            return known
        with self._database.read(project_id) as session:
            row = store.version(session, model_id, version)
        if row is None:  # purged between two reads
            raise NotFound("this version no longer exists", next_step="run azuraforge models list")
        known = self._served(row)
        with self._lock:
            self._remembered[project_id, model_id, version] = known
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return known

    def dataset(self, served: Served) -> DatasetFile:
        """Return the dataset version that a version was trained on; the first call reads the database.

        Raises InvalidInput if the version was not trained on a stored dataset, and NotFound if the dataset version no
        longer exists.
        """
        return self._rows(served, served.dataset_version).file

    def start(
        self, served: Served, *, own_rows: bool, asked: int | None = None, newest: int | None = None
    ) -> Rows | None:
        """Return the dataset version at whose end a forecast begins; None with ``own_rows``.

        Args:
            served: version that forecasts.
            own_rows: whether the request contains the rows after which the forecast begins.
            asked: number of a dataset version. None selects the newest one, or the one that ``served`` was trained on
                if ``served`` cannot forecast from the newest one or the dataset is deleted.
            newest: number of the newest dataset version; None to look it up.

        Raises InvalidInput if ``served`` was not trained on a stored dataset or cannot forecast from the dataset
        version, or if ``asked`` is given with ``own_rows``, and NotFound if the dataset version does not exist.
        """
        if own_rows and asked is not None:
            raise InvalidInput(
                "rows and dataset_version cannot both determine the start of the forecast",
                where="dataset_version",
                next_step="omit rows or dataset_version",
            )
        if own_rows:
            return None
        if asked is not None:
            found = self._rows(served, asked)
            if found.other is not None:
                raise InvalidInput(
                    "version {version} cannot forecast from version {asked} of its dataset: {difference}",
                    where="dataset_version",
                    next_step="omit dataset_version, or train a model on that version",
                    code="other_rows",
                    version=served.version,
                    asked=asked,
                    difference=found.other,
                )
            return found
        try:
            number = newest if newest is not None else self._newest(served)
            if number is not None and number != served.dataset_version:
                found = self._rows(served, number)
                if found.other is None:
                    return found
                return replace(self._rows(served, served.dataset_version), newer=number)
        except NotFound:  # deleted since the lookup of its number
            pass
        return self._rows(served, served.dataset_version)

    def _newest(self, served: Served) -> int | None:
        if served.dataset_id is None:
            return None
        return self._datasets.get(served.project_id, served.dataset_id, None).version

    def _rows(self, served: Served, number: int | None) -> Rows:
        if served.dataset_id is None or served.dataset_version is None or number is None:
            raise InvalidInput(
                "version {version} was not trained on a stored dataset",
                next_step="send rows with the request",
                version=served.version,
            )
        if (known := served.rows.get(number)) is not None:
            return known
        # The dataset version used for training is kept as long as this version, even if the dataset is deleted.
        own = number == served.dataset_version
        found = self._datasets.get(served.project_id, served.dataset_id, number, trash=own)
        file = DatasetFile(
            paths=[str(path) for path in found.paths],
            schema=found.schema.to_json(),
            options=found.options,
            fingerprint=found.fingerprint,
        )
        known = Rows(number, file, None if own else difference(served.schema, found.schema))
        for old in [each for each in list(served.rows) if each != served.dataset_version][:-1]:
            served.rows.pop(old, None)  # limits the cache, since new dataset versions keep arriving
        served.rows[number] = known
        return known

    def timetable(self, served: Served) -> DatasetFile | None:
        """Return the dataset with the days and hours of a series without a frequency.

        Returns None if the version does not need them or the dataset was purged.
        """
        if not served.needs_timetable:
            return None
        try:
            return self.dataset(served)
        except NotFound:
            return None

    def ask(self, served: Served, question: Mapping[str, object]) -> Future[Reply]:
        """Send a request to the version's loaded child process and return the future reply; never blocks.

        Raises TransientError if the platform is stopping or the queue of the version is full.
        """
        key = (served.project_id, served.content_hash)
        return self._warm.ask_soon(key, served.opening, question, PREDICT_SECONDS)

    def ask_apart(self, served: Served, question: Mapping[str, object], entry: str) -> Reply:
        """Send a request to a new child process started at ``entry``, and return the reply.

        The loaded child process is not delayed. Raises the errors of ``ReplicaPool.ask_apart``.
        """
        return self._warm.ask_apart(entry, served.opening, question, PREDICT_SECONDS)

    def close(self) -> None:
        """End every loaded child process."""
        self._warm.close()

    def _served(self, row: ModelVersion) -> Served:
        return Served(
            project_id=row.project_id,
            model_id=row.model_id,
            version=row.version,
            content_hash=row.content_hash,
            plugin=row.plugin,
            run_id=row.run_id,
            schema=row.schema,
            opening=Opening(
                folder=str(self._folders.path(row.project_id, row.content_hash)),
                content_hash=row.content_hash,
                plugin=row.plugin,
                config=row.config,
                schema=row.schema.to_json(),
            ),
            dataset_id=row.dataset_id,
            dataset_version=row.dataset_version,
            dataset_fingerprint=row.dataset_fingerprint,
        )


def difference(learned: DatasetSchema, given: DatasetSchema) -> Message | None:
    """Return the difference because of which a model version cannot forecast from a dataset version; None if it can.

    Args:
        learned: schema that the model version learned.
        given: schema of the dataset version; additional columns make no difference.

    Example:
        >>> learned = DatasetSchema(target="load", features=("heat",))
        >>> difference(learned, DatasetSchema(target="load", features=("heat", "rain")))
        >>> str(difference(learned, DatasetSchema(target="load")))
        "column 'heat' is missing"
    """
    for name in ("kind", "target", "unit", "frequency", "series"):
        if getattr(learned, name) != getattr(given, name):
            values = {"field": name, "found": getattr(given, name) or "–", "learned": getattr(learned, name) or "–"}
            return Message("{field} is {found} instead of {learned}", values)
    for column in learned.features:
        if column not in given.features:
            return Message("column {column!r} is missing", {"column": column})
        if learned.available_after.get(column) != given.available_after.get(column):
            return Message("the values of column {column!r} become known at another time", {"column": column})
    return None
