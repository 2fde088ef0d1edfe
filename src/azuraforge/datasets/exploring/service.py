"""Service for previews of files and for the contents of versions. Child processes read the data."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock

from azuraforge.datasets.exploring.messages import DifferenceInput, Previewed, PreviewInput, StoredRows, TableInput
from azuraforge.datasets.exploring.schemas import DatasetPreviewOut, DifferenceOut, PreviewProblem, ProfileOut, TableOut
from azuraforge.datasets.kinds import KINDS
from azuraforge.datasets.schemas import Json
from azuraforge.datasets.service import READ_TIMEOUT_SECONDS, ROWS_TIMEOUT_SECONDS, DatasetService
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.messages import current
from azuraforge.messages.stored import shown

_CHILD = "azuraforge.datasets.exploring.child"
#: Number of versions whose statistics one process keeps; they never change.
_KEPT = 64


class DatasetExplorer:
    """Previews of files that are not stored, and rows, statistics and differences of versions."""

    def __init__(self, datasets: DatasetService) -> None:
        self._datasets = datasets
        self._profiles: OrderedDict[tuple[str, str], ProfileOut] = OrderedDict()
        self._lock = Lock()

    def preview(self, path: Path, filename: str, options: Json, folder: Path) -> DatasetPreviewOut:
        """Return what a received file contains and would become; nothing is stored.

        ``options`` are those of an upload; time and target are detected if they are missing. Raises InvalidInput if
        the file cannot be read as a table or as images with any choice of columns.
        """
        named = str(options.get("kind", "series"))
        kind = KINDS.get(named) or KINDS["series"]
        wanted = PreviewInput(
            kind=kind.name,
            path=path,
            name=filename,
            options=options,
            folder=folder,
            limits=self._datasets.limits,
        )
        found = self._datasets.ask(f"{_CHILD}:preview", wanted, Previewed, READ_TIMEOUT_SECONDS)
        out = DatasetPreviewOut.model_validate(found.preview)
        if found.error is None:
            return out
        problem = PreviewProblem.model_validate(found.error)
        texts = shown(found.error.get("source"), current())
        if texts is not None:
            problem = problem.model_copy(update={name: text or None for name, text in texts.items()})
        return out.model_copy(update={"problem": problem})

    def table(
        self, project_id: str, name_or_id: str, version: int | None, series: str | None, offset: int, limit: int
    ) -> TableOut:
        """Return a page of rows. Raises NotFound for an unknown version, InvalidInput for an unknown series."""
        found = self._datasets.get(project_id, name_or_id, version, trash=True)
        names = found.schema.series_names or ()
        if series is not None and series not in names:
            raise InvalidInput(
                "dataset {dataset!r} has no series {series!r}",
                where="series",
                next_step="choose one of the series, such as {known}" if names else "omit the parameter series",
                code="no_such_series",
                dataset=found.name,
                series=series,
                known=list(names[:8]),
            )
        wanted = TableInput(paths=found.paths, meaning=found.schema, offset=offset, limit=limit, name=series)
        return self._datasets.ask(f"{_CHILD}:table", wanted, TableOut, ROWS_TIMEOUT_SECONDS)

    def profile(self, project_id: str, name_or_id: str, version: int | None) -> ProfileOut:
        """Return the statistics of a version, computed once. Raises NotFound if it does not exist."""
        found = self._datasets.get(project_id, name_or_id, version, trash=True)
        key = (project_id, found.fingerprint)
        with self._lock:
            if key in self._profiles:
                self._profiles.move_to_end(key)
                return self._profiles[key]
        made = self._datasets.ask(f"{_CHILD}:profile", _stored(found), ProfileOut, ROWS_TIMEOUT_SECONDS)
        with self._lock:
            self._profiles[key] = made
            while len(self._profiles) > _KEPT:
                self._profiles.popitem(last=False)
        return made

    def difference(self, project_id: str, name_or_id: str, version: int | None, before: int | None) -> DifferenceOut:
        """Return the difference between version ``before`` (None: the previous one) and ``version`` (None: the newest).

        Raises NotFound if a version does not exist or there is no earlier one, and InvalidInput if one version
        contains series and the other images.
        """
        after = self._datasets.get(project_id, name_or_id, version, trash=True)
        if before is None:
            earlier = self._datasets.previous(project_id, after)
            if earlier is None:
                raise NotFound(
                    "dataset {dataset!r} has no version before {version}",
                    next_step="choose a newer version",
                    dataset=after.name,
                    version=after.version,
                )
            before = earlier
        old = self._datasets.get(project_id, after.id, before, trash=True)
        if old.schema.kind != after.schema.kind:
            raise InvalidInput(
                "version {before} of dataset {dataset!r} contains {old}, and version {after} contains {new}",
                where="before",
                next_step="compare versions with the same kind of data",
                code="other_kind",
                dataset=after.name,
                before=old.version,
                after=after.version,
                old=old.schema.kind,
                new=after.schema.kind,
            )
        wanted = DifferenceInput(before=_stored(old), after=_stored(after))
        found = self._datasets.ask(f"{_CHILD}:difference", wanted, DifferenceOut, ROWS_TIMEOUT_SECONDS)
        return found.model_copy(update={"before": old.version, "after": after.version})


def _stored(found: DatasetVersion) -> StoredRows:
    return StoredRows(paths=found.paths, meaning=found.schema)
