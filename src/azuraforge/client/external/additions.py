"""Files, tags and the note of an external run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from azuraforge.client.errors import ClientError, InvalidArgument
from azuraforge.client.external import tables
from azuraforge.client.external.journal import Change, Journal
from azuraforge.client.uploads.files import reading

#: Limits of the platform, checked here so that the error is raised at the call and not in a thread.
_NAME_CHARACTERS, _TAG_CHARACTERS, _NOTE_CHARACTERS = 200, 50, 10_000
_MOST_TAGS, _MOST_FILES = 50, 1000
_PICTURES = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif"}


class Additions:
    """Methods of a run that add files, tags and a note.

    Each stores its argument in the journal and returns; it never waits for the platform. They raise InvalidArgument if
    the platform could not store the argument, and ClientError if the run is not running or the journal cannot be
    written.
    """

    name: str

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._files: set[str] = set()
        self._tags: set[str] = set()

    def artifact(self, source: str | os.PathLike[str] | bytes, name: str | None = None) -> None:
        """Add a file, or replace the file of the same name. It appears on the run's page under Files, with a preview.

        Args:
            source: path of a file, which is copied at once, or the content as bytes.
            name: name in the run, such as ``models/best.pt``; required for bytes. Default: the file's own name.

        Raises:
            FileUnusable: the file does not exist or cannot be read.
        """
        if isinstance(source, bytes):
            if name is None:
                raise InvalidArgument(
                    "bytes have no name", next_step="name the file: run.artifact(content, 'weights.bin')"
                )
            self._add(name, "file", _bytes_writer(source))
            return
        path = Path(source)
        with reading(path) as content:  # raises before the journal is involved
            self._add(name if name is not None else path.name, "file", lambda place: _copy(content, place))

    def figure(self, name: str, figure: object) -> None:
        """Add a figure: a matplotlib figure, or PNG, JPEG, GIF or SVG as bytes.

        Args:
            name: name in the run; without a suffix, the figure's format is appended. A matplotlib figure is stored as
                PNG unless the name ends in ``.svg`` or ``.pdf``.
        """
        save = getattr(figure, "savefig", None)
        if callable(save):
            suffix = PurePath(name).suffix.lower()
            drawn = suffix if suffix in (".png", ".svg", ".pdf", ".jpg", ".jpeg") else ".png"
            self._add(_with_suffix(name, drawn), "figure", lambda place: save(place, format=drawn[1:]))
            return
        content = figure.encode() if isinstance(figure, str) else figure
        kind = _picture_kind(content) if isinstance(content, bytes) else None
        if not isinstance(content, bytes) or kind is None:
            raise InvalidArgument(
                "{kind} is not a figure",
                where="figure {name!r}",
                next_step="pass a matplotlib figure, or a picture as bytes (PNG, JPEG, GIF or SVG)",
                kind=type(figure).__name__,
                name=name[:80],
            )
        self._add(_with_suffix(name, kind), "figure", _bytes_writer(content))

    def table(self, name: str, rows: object) -> None:
        """Add a table as CSV, or as Parquet if the name ends in ``.parquet``.

        Args:
            name: name in the run; ``.csv`` is appended if it ends in neither ``.csv`` nor ``.parquet``.
            rows: dicts, one for each row; a mapping from columns to their values; or a pandas or polars data frame.
                Parquet requires polars, or pandas with pyarrow.
        """
        suffix = PurePath(name).suffix.lower()
        named = name if suffix in (".csv", ".parquet") else f"{name}.csv"
        self._add(named, "table", tables.writer(rows, named))

    def tag(self, *tags: str) -> None:
        """Add tags, by which runs are found and filtered."""
        wanted = list(dict.fromkeys(tags))
        for tag in wanted:
            if not tag or tag != tag.strip() or "," in tag or not tag.isprintable() or len(tag) > _TAG_CHARACTERS:
                raise InvalidArgument(
                    "{tag!r} cannot be a tag",
                    next_step="use 1 to {most} printable characters without commas, and no spaces around them",
                    tag=tag[:80],
                    most=_TAG_CHARACTERS,
                )
        if len(self._tags.union(wanted)) > _MOST_TAGS:
            raise InvalidArgument("a run has at most {most} tags", next_step="use fewer tags", most=_MOST_TAGS)
        self._change({"add_tags": wanted})
        self._tags.update(wanted)

    def note(self, markdown: str) -> None:
        """Set the run's note, which its page shows as Markdown; it replaces an earlier one."""
        if len(markdown) > _NOTE_CHARACTERS:
            raise InvalidArgument(
                "the note has {length:,} characters, {most:,} are allowed",
                next_step="shorten it, or add it as a file: run.artifact(text.encode(), 'notes.md')",
                length=len(markdown),
                most=_NOTE_CHARACTERS,
            )
        self._change({"note": markdown.encode("utf-8", "replace").decode().replace("\0", "?")})

    def _running_journal(self) -> Journal | None:
        """Return the journal; None if the run has not been started or has ended."""
        raise NotImplementedError

    def _sent_soon(self) -> None:
        """Wake the thread that sends the journal."""
        raise NotImplementedError

    def _say(self, text: str) -> None:
        raise NotImplementedError

    def _add(self, name: str, kind: str, write: Callable[[Path], None]) -> None:
        check_name(name)
        if len(self._files | {name}) > _MOST_FILES:
            raise InvalidArgument(
                "a run has at most {most} files",
                next_step="use names that you have used before, or put several files into an archive",
                most=_MOST_FILES,
            )
        journal = self._open()
        try:
            journal.add_file({"name": name, "kind": kind}, write)
        except OSError as error:
            raise ClientError(
                "the file {name!r} cannot be stored in the journal: {reason}",
                where="{place}",
                next_step="free disk space or make the folder writable; the run continues without this file",
                name=name,
                reason=error.strerror or str(error),
                place=str(journal.path.parent),
            ) from error
        self._files.add(name)
        self._sent_soon()

    def _change(self, change: Change) -> None:
        journal = self._open()
        try:
            journal.change(change)
        except OSError as error:
            self._say(f"the journal {journal.path} cannot be written ({error.strerror}); sending without it")
        self._sent_soon()

    def _open(self) -> Journal:
        journal = self._running_journal()
        if journal is None or os.getpid() != self._pid:
            raise ClientError(
                "the run {name!r} is not running in this process",
                next_step="call this inside the block: with client.run(…) as run",
                name=self.name,
            )
        return journal


def check_name(name: str) -> None:
    """Raise InvalidArgument unless the platform accepts the name of a file: a relative path of printable parts."""
    parts = name.split("/")
    wrong = {"", ".", ".."} & set(parts) or "\\" in name or not name.replace("/", "").isprintable()
    if wrong or len(name) > _NAME_CHARACTERS or name != name.strip():
        raise InvalidArgument(
            "{name} cannot be the name of a file",
            next_step="use a relative path of at most {most} printable characters, such as plots/loss.png, without '..'"
            " or backslashes",
            name=ascii(name[:80]),
            most=_NAME_CHARACTERS,
        )


def _with_suffix(name: str, suffix: str) -> str:
    own = PurePath(name).suffix.lower()
    same = own == suffix or (own, suffix) == (".jpeg", ".jpg")
    return name if same else name + suffix


def _picture_kind(content: bytes) -> str | None:
    for start, suffix in _PICTURES.items():
        if content.startswith(start):
            return suffix
    head = content[:4096].lstrip().lower()
    is_svg = head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!doctype svg", b"<!--")) and b"<svg" in head)
    return ".svg" if is_svg else None


def _bytes_writer(content: bytes) -> Callable[[Path], None]:
    return lambda place: _write(place, content)


def _write(place: Path, content: bytes) -> None:
    place.write_bytes(content)


def _copy(content: Any, place: Path) -> None:
    with place.open("wb") as copy:
        shutil.copyfileobj(content, copy, 1 << 20)
