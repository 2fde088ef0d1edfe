"""Recording of versions with their segments, in one transaction."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Session, new_id
from azuraforge.datasets import store
from azuraforge.datasets.events import VersionAdded
from azuraforge.datasets.lookup_store import DatasetRow, StoredRow
from azuraforge.datasets.messages import ReadResult
from azuraforge.datasets.segments import Growth
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.datasets.trash import DatasetTrash
from azuraforge.datasets.versions import DatasetVersion, shown_version
from azuraforge.durable import sync_path
from azuraforge.errors import StorageError, TransientError
from azuraforge.events.service import EventLog
from azuraforge.projects.keeping import hold
from azuraforge.projects.quotas.service import ChecksQuota, no_quotas

#: Called with the dataset's id and the version's number, in the transaction that adds the version.
OnVersion = Callable[[Session, str, int], None]


class VersionKeeper:
    """Recorder of new versions of a dataset, in a transaction of the caller that has locked the dataset."""

    def __init__(
        self,
        trash: DatasetTrash,
        events: EventLog,
        on_version: Sequence[OnVersion],
        check_quota: ChecksQuota = no_quotas,
    ) -> None:
        self._trash = trash
        self._events = events
        self._on_version = on_version
        self._check_quota = check_quota

    def keep(
        self, session: Session, dataset: Dataset, source: str, read: ReadResult, growth: Growth | None = None
    ) -> tuple[DatasetVersion, bool]:
        """Record the result of a child process; return the version, and whether it is new.

        ``growth`` is the change from the previous version; None if the rows were read as a whole.

        New segments are written to the artifact store in the same transaction, during which no file is removed. Files
        are addressed by their content, so a repetition, or a crash before the commit, changes no existing file. If a
        version with the same content exists, it is returned, and restored if it was deleted or purged.

        Raises TransientError if a shared segment was removed, StorageError if a file cannot be written, and
        QuotaExceeded if the files do not fit into the project's quota.
        """
        hold(session)
        row = store.version_by_fingerprint(session, dataset.id, read.fingerprint)
        if row is not None:
            if row.purged_at is not None or not self._intact(session.project_id, row, reread=growth is None):
                self._check_bytes(session, read)
                self._place(session.project_id, read)
                store.name_segments(session, row, read.files)
            if read.cursor is not None:
                store.change(session, row, cursor=read.cursor)
            self._trash.revive(session, dataset, row)
            return self.version(session.project_id, dataset, row), False
        self._check_bytes(session, read)
        self._place(session.project_id, read)
        crashpoint("segments_before_version")
        previous = store.version(session, dataset.id, None)
        row = store.add_version(session, dataset.id, read, source, growth)
        self._report(session, dataset, row, previous)
        for each in self._on_version:
            each(session, dataset.id, row.version)
        crashpoint("version_added_before_commit")
        return self.version(session.project_id, dataset, row), True

    def _check_bytes(self, session: Session, read: ReadResult) -> None:
        made = {each.address: each.bytes for each in read.files if each.address in read.made}
        known = store.named_files(session, sorted(made))  # files that are stored already need no more room
        self._check_quota(session, "stored_bytes", sum(size for each, size in made.items() if each not in known))

    def version(
        self, project_id: str, dataset: Dataset | DatasetRow, row: DatasetVersionRow | StoredRow
    ) -> DatasetVersion:
        """Return the version of a database row, with the paths of its segments."""
        rows = tuple(each for each in row.segments if each.holds == "rows")
        incumbent = next((each for each in row.segments if each.holds == "incumbent"), None)
        return DatasetVersion(
            **vars(shown_version(dataset, row)),
            options=row.options,
            bytes=row.bytes,
            paths=tuple(self._trash.path(project_id, each.address) for each in rows),
            segments=rows,
            blocks=row.blocks,
            cursor=row.cursor,
            incumbent=incumbent,
            incumbent_path=None if incumbent is None else self._trash.path(project_id, incumbent.address),
        )

    def _report(
        self, session: Session, dataset: Dataset, row: DatasetVersionRow, previous: DatasetVersionRow | None
    ) -> None:
        """Append the event of a new version. Without ``growth``, only a first version's rows count as added."""
        growth = row.growth
        body = VersionAdded(
            dataset_id=dataset.id,
            dataset=dataset.name,
            version=row.version,
            previous_version=previous.version if previous is not None else None,
            rows=row.rows,
            rows_added=growth.rows_added if growth is not None else row.rows if previous is None else None,
            rows_revised=growth.rows_revised if growth is not None else 0 if previous is None else None,
            rows_repeated=growth.rows_repeated if growth is not None else 0 if previous is None else None,
            end_at=row.end_at,
        )
        for stream in (f"dataset/{dataset.id}", "project"):
            self._events.append(session, stream, body)

    def _intact(self, project_id: str, row: DatasetVersionRow, *, reread: bool) -> bool:
        """Return whether all files of the version exist and, if ``reread`` is true, have their original content."""
        paths = [(each, self._trash.path(project_id, each.address)) for each in row.segments]
        if not all(path.exists() for _, path in paths):
            return False
        return not reread or all(_sha256(path) == segment.address for segment, path in paths)

    def _place(self, project_id: str, read: ReadResult) -> None:
        for segment in read.files:
            target = self._trash.path(project_id, segment.address)
            made = read.made.get(segment.address)
            if made is not None:
                _place(made, target)
            elif not target.exists():  # shared with a version that was purged a moment ago
                raise TransientError(
                    "rows shared with an older version were removed in the meantime", next_step="try again"
                )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _place(made: Path, target: Path) -> None:
    """Link or copy the file ``made`` to ``target`` atomically, replacing an existing file; ``made`` is kept."""
    draft = target.with_name(f".{target.stem}.{new_id()}")
    with storage(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(made, draft)
        except OSError:  # another file system, or one without hard links
            shutil.copyfile(made, draft)
            sync_path(draft)
        os.replace(draft, target)
        with contextlib.suppress(OSError):
            draft.unlink()  # two links to one file: replacing does nothing
        sync_path(target.parent)


@contextmanager
def storage(folder: Path) -> Iterator[None]:
    """Raise StorageError if writing to ``folder`` fails in the block."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                "the disk is full",
                where="{place}",
                next_step="free some space, then try again",
                place=str(folder),
            ) from error
        raise StorageError(
            "the data home cannot be written: {reason}",
            where="{place}",
            next_step="make the data home writable, then try again",
            reason=error.strerror,
            place=str(folder),
        ) from error
