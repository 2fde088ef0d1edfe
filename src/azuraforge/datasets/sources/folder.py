"""Source that reads a folder on the server; arriving files are appended in order of their names."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import stat
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import polars as pl
from pydantic import BaseModel, Field, JsonValue

from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.sources.allowed import allowed_path, is_inside
from azuraforge.datasets.sources.tables import FileTableOptions, TableSource, meaning_of, read_table
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.messages import Message
from azuraforge.plugins import SourceFinding, SourceNews, SourceRead
from azuraforge.plugins.contract.shape import Shape, in_turkish

_WHERE = "source folder"
#: Files modified less than this ago are skipped, since another program may still be writing them.
_SETTLE_SECONDS = 10.0
#: Maximum number of files, since every version stores the list of its files.
_MOST_FILES = 20_000
_NOT_YET = ("*.tmp", "*.temp", "*.part", "*.partial", "*.crdownload", "*.filepart", "*.swp", "*.lock", "*~")


class FolderOptions(FileTableOptions):
    """The folder, and the format of its tables."""

    folder: str = Field(
        min_length=1,
        max_length=1000,
        title="Folder",
        description="Absolute path inside one of the folders that the settings allow",
        json_schema_extra=in_turkish("Klasör", "Ayarların izin verdiği klasörlerden birinin içindeki mutlak yol"),
    )
    pattern: str = Field(
        default="*",
        min_length=1,
        max_length=200,
        title="File names",
        description="Pattern of the file names, such as *.csv",
        json_schema_extra=in_turkish("Dosya adları", "Dosya adlarının kalıbı, örneğin *.csv"),
    )


class _File(Shape):
    """Size, time and hash of a file when it was read."""

    size: int
    modified_ns: int
    sha256: str

    def looks_like(self, found: os.stat_result) -> bool:
        return (self.size, self.modified_ns) == (found.st_size, found.st_mtime_ns)


class FolderCursor(Shape):
    """Cursor with the files that were read, by name."""

    files: dict[str, _File]


class Folder(TableSource[FolderOptions]):
    """Source that reads each file once, in order of names; files still being written are read by a later refresh."""

    name = "folder"
    Options: ClassVar[type[BaseModel]] = FolderOptions
    title: ClassVar[Mapping[str, str]] = {"en": "Folder on the server", "tr": "Sunucudaki klasör"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Files in a folder that the administrator has allowed; new files are appended in order of their names.",
        "tr": "Yöneticinin izin verdiği bir klasördeki dosyalar; yeni dosyalar ad sırasına göre eklenir.",
    }
    settle_seconds: ClassVar[float] = _SETTLE_SECONDS

    def read(self, options: FolderOptions) -> SourceRead:
        """Read every file.

        Raises InvalidInput if the folder is not allowed or contains no file to read, or if a file cannot be used, and
        TransientError if the folder does not exist.
        """
        news = self._news(options, {})
        if news.read is None:
            raise InvalidInput(
                "no file in {folder!r} that matches {pattern!r} can be read yet",
                where=_WHERE,
                next_step="check the option pattern; files that changed in the last {seconds:g} seconds are read later",
                code="no_files",
                folder=options.folder,
                pattern=options.pattern,
                seconds=self.settle_seconds,
            )
        return news.read

    def read_since(self, options: FolderOptions, cursor: Mapping[str, JsonValue] | None) -> SourceNews:
        """Read new files, and files that changed since they were read.

        Raises InvalidInput if the folder is not allowed or a file cannot be used, and TransientError if the folder does
        not exist or has become empty.
        """
        return self._news(options, FolderCursor.model_validate(cursor).files if cursor else {})

    def _news(self, options: FolderOptions, known: Mapping[str, _File]) -> SourceNews:
        folder = allowed_path(options.folder, self.folders, _WHERE)
        if not folder.is_dir():
            raise TransientError(
                "the folder {folder!r} does not exist",
                where=_WHERE,
                next_step="check that its disk is mounted",
                folder=options.folder,
            )
        names, waiting, findings = self._listed(folder, options.pattern)
        if known and not names and not waiting:
            raise TransientError(
                "the folder {folder!r} had {count:,} [file|files] and has none now",
                where=_WHERE,
                next_step="check that the folder's disk is mounted; to start over, add the dataset from this source "
                "again",
                folder=options.folder,
                count=len(known),
            )
        there = {name: known[name] for name in waiting if name in known}
        frames: list[tuple[str, pl.DataFrame]] = []
        for name in names:
            before = known.get(name)
            with self.temporary_file() as copy:
                file = _copied(folder / name, copy, before, self.folders, self.limits.table_bytes)
                if file is None:  # changed or removed during the read
                    if before is not None:
                        there[name] = before
                    continue
                there[name] = file
                if before is not None and before.sha256 == file.sha256:
                    continue
                if before is not None:
                    findings.append(_remark("file_changed", name))
                frame, remarks = read_table(copy, name, options, self.limits)
                findings.extend(remarks)
                frames.append((name, frame))
            self.limits.check_table(
                sum(each.height for _, each in frames),
                frame.width,
                Message("the folder {folder}", {"folder": options.folder}),
                Message("read fewer files"),
            )
        cursor = FolderCursor(files=there).model_dump(mode="json")
        if not frames:
            return SourceNews(None, cursor, findings)
        provenance: dict[str, object] = {"name": folder.name, "folder": str(folder), "files": len(there)}
        return SourceNews(meaning_of(_joined(frames), options, provenance, cursor, findings), cursor)

    def _listed(self, folder: Path, pattern: str) -> tuple[list[str], list[str], list[SourceFinding]]:
        """Return names of files to read, in order, of files still being written, and findings about skipped files."""
        names, waiting, findings = list[str](), list[str](), list[SourceFinding]()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise _unreadable(Message("the folder {folder}", {"folder": folder.name}), error) from None
        for entry in listed:
            name = entry.name
            if name[0] in "._~" or not fnmatch.fnmatchcase(name, pattern):
                continue
            if any(fnmatch.fnmatchcase(name.lower(), each) for each in _NOT_YET):
                continue
            try:
                if not is_inside(Path(entry.path).resolve(strict=True), self.folders):
                    findings.append(_remark("file_outside", name))
                    continue
                found = entry.stat()
            except (OSError, RuntimeError):  # removed meanwhile, or a broken link
                continue
            if stat.S_ISREG(found.st_mode):
                settled = abs(time.time() - found.st_mtime) >= self.settle_seconds
                (names if settled else waiting).append(name)
        if len(names) > _MOST_FILES:
            raise InvalidInput(
                "the folder has {count:,} files; at most {most:,} are read",
                where=_WHERE,
                next_step="move the oldest files to another folder; their rows stay in the dataset",
                code="too_many_files",
                count=len(names),
                most=_MOST_FILES,
            )
        return names, waiting, findings


def _copied(path: Path, copy: Path, before: _File | None, folders: Sequence[Path], most_bytes: int) -> _File | None:
    """Copy a file, so that exactly the hashed bytes are read; return None if it must be skipped.

    A file with the size and modification time in ``before`` is not copied; ``before`` is returned. A file is skipped if
    it changes or is removed meanwhile, or is not a regular file inside ``folders``. The opened file is checked instead
    of its path, since a link may be replaced in between.

    Raises InvalidInput if the file cannot be opened or has more than ``most_bytes`` bytes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(Message("the file {file}", {"file": path.name}), error) from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if before is not None and before.looks_like(found):
            return before
        if not stat.S_ISREG(found.st_mode) or not _opened_inside(descriptor, folders):
            return None
        if found.st_size > most_bytes:
            raise InvalidInput(
                "the file {file} has {size:,} bytes; at most {most:,} are read",
                where=_WHERE,
                next_step="split the file, or ask an administrator to raise AZURAFORGE_READING__TABLE_BYTES",
                code="too_large",
                file=path.name,
                size=found.st_size,
                most=most_bytes,
            )
        digest, size = hashlib.sha256(), 0
        with copy.open("wb") as target:
            while piece := file.read(1 << 20):
                digest.update(piece)
                target.write(piece)
                size += len(piece)
                if size > found.st_size:
                    return None
        after = os.fstat(descriptor)
    if (after.st_size, after.st_mtime_ns, size) != (found.st_size, found.st_mtime_ns, found.st_size):
        return None
    return _File(size=size, modified_ns=found.st_mtime_ns, sha256=digest.hexdigest())


def _opened_inside(descriptor: int, folders: Sequence[Path]) -> bool:
    shown = Path(f"/proc/self/fd/{descriptor}")
    return not shown.exists() or is_inside(Path(os.readlink(shown)), folders)  # without /proc, only the path is known


def _joined(frames: Sequence[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    """Concatenate the rows of all files, with the columns of the first file. Raises InvalidInput if columns differ."""
    first_name, first = frames[0]
    for name, frame in frames[1:]:
        for column, kind in first.schema.items():
            if column not in frame.columns:
                raise InvalidInput(
                    "the file {name} has no column {column!r}, but {other} does",
                    where="source folder, {name}",
                    next_step="correct the file, or leave the column out with the option exclude",
                    code="other_columns",
                    name=name,
                    column=column,
                    other=first_name,
                )
            if (kind == pl.String) != (frame.schema[column] == pl.String):
                raise InvalidInput(
                    "the column {column!r} is text in only one of the files {other} and {name}",
                    where="source folder, {name}",
                    next_step="write all files in one format",
                    code="mixed_types",
                    column=column,
                    other=first_name,
                    name=name,
                )
    try:
        return pl.concat([frame.select(first.columns) for _, frame in frames], how="vertical_relaxed")
    except pl.exceptions.PolarsError:
        raise InvalidInput(
            "the columns of {name} and of the other files have incompatible types",
            where=_WHERE,
            next_step="write all files in one format",
            code="mixed_types",
            name=first_name,
        ) from None


def _unreadable(what: Message, error: OSError) -> InvalidInput:
    return InvalidInput(
        "{what} cannot be read: {reason}",
        where=_WHERE,
        next_step="let the user account that runs the platform read it",
        code="unreadable_file",
        what=what,
        reason=error.strerror,
    )


def _remark(code: str, name: str) -> SourceFinding:
    return SourceFinding(**finding(code, where=name, name=name).model_dump())
