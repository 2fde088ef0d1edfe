"""Cutting of a dataset version from a range of a feed's log, so that pipelines and studies can train on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from azuraforge.database import Database, UnitOfWork
from azuraforge.datasets.schemas import DatasetVersionOut, FileOptions, Json
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput
from azuraforge.learners.feeds import store
from azuraforge.learners.feeds.meaning import Meaning, meaning_of, microseconds
from azuraforge.learners.feeds.schemas import CutRequest
from azuraforge.learners.feeds.service import FeedService, unknown
from azuraforge.learners.feeds.shapes import FeedColumn
from azuraforge.plugins.contract.shape import Shape
from azuraforge.plugins.discovery.calling import Call

if TYPE_CHECKING:
    from azuraforge.learners.feeds.tables import Feed

CUT = "azuraforge.learners.feeds.cutting_child:cut"
_TIMEOUT_SECONDS = 900.0
FILE = "cut.parquet"


class CutInput(Shape):
    """Files with the rows of a feed, in order, and the range to cut; the table is written into ``folder``."""

    feed: Meaning
    files: tuple[Path, ...]
    columns: tuple[FeedColumn, ...]
    last_seq: int
    start_us: int | None
    end_us: int | None
    filled: bool
    folder: Path


class CutResult(Shape):
    """Number of rows of the table."""

    rows: int


class FeedCutter:
    """Service that makes dataset versions of feeds."""

    def __init__(self, database: Database, feeds: FeedService, datasets: DatasetService, call: Call) -> None:
        self._database = database
        self._feeds = feeds
        self._datasets = datasets
        self._call = call

    def cut(
        self, project_id: str, name: str, request: CutRequest, *, unit: UnitOfWork | None = None
    ) -> DatasetVersionOut:
        """Make a dataset version of the rows of a range; rows that arrive meanwhile are not part of it.

        Raises NotFound if the feed does not exist, and InvalidInput if it has no such column or the range has no rows.
        """
        from azuraforge.learners.feeds import segment

        with self._datasets.inbox() as folder:
            with self._database.read(project_id) as session:
                feed = store.find(session, name)
                if feed is None:
                    raise unknown(name)
                columns = _columns(feed, request)
                meaning = meaning_of(feed)
                last_seq = min(request.last_seq or feed.last_seq, feed.last_seq)
                files: list[Path] = []
                for each in self._feeds.reader.spans(session, feed.id, 0, last_seq) if last_seq else ():
                    files.append(each if isinstance(each, Path) else _file(folder, segment.encode(each)))
            wanted = CutInput(
                feed=meaning,
                files=tuple(files),
                columns=columns,
                last_seq=last_seq,
                start_us=None if request.start is None else microseconds(request.start),
                end_us=None if request.end is None else microseconds(request.end),
                filled=request.filled,
                folder=folder,
            )
            self._call(CUT, wanted.model_dump(mode="json"), CutResult, _TIMEOUT_SECONDS)
            numbers = [column.name for column in columns if column.classes is None]
            target = request.target or (numbers[0] if numbers else columns[0].name)
            options = FileOptions(
                name=request.dataset or feed.name,
                time="at",
                series="key" if feed.keys else None,
                target=target,
                gaps=request.gaps,
                missing=request.missing,
            )
            facts: Json = {"feed": feed.name, "feed_id": feed.id, "last_seq": last_seq}
            return self._datasets.add_file(project_id, folder / FILE, FILE, options, provenance=facts, unit=unit)


def _columns(feed: Feed, request: CutRequest) -> tuple[FeedColumn, ...]:
    known = {column.name: column for column in feed.columns}
    names = request.columns or list(known)
    if request.target is not None and request.target not in names:
        names = [*names, request.target]
    if other := [name for name in names if name not in known]:
        raise InvalidInput(
            "feed {feed!r} has no column {column!r}",
            where="columns",
            next_step="use one of its columns: {known}",
            code="other_columns",
            feed=feed.name,
            column=other[0],
            known=", ".join(list(known)[:8]),
        )
    return tuple(known[name] for name in names)


def _file(folder: Path, content: bytes) -> Path:
    """Write unsealed rows to a file that is named like a segment; return its path."""
    import hashlib

    from azuraforge.learners.feeds.files import path_of

    path = path_of(folder, hashlib.sha256(content).hexdigest())
    path.write_bytes(content)
    return path
