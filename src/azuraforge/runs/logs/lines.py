"""Access to a log file by line number, and search in it.

A file is read in blocks. The number of lines before each block is remembered, so that a page of a log with a million
lines is read without reading what precedes it.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from azuraforge.runs.logs.schemas import LogLevel

BLOCK_BYTES = 256 * 1024
#: Maximum number of characters of a line in a response.
LINE_CHARACTERS = 4_000
_KEPT_INDEXES = 32

LEVELS: tuple[LogLevel, ...] = ("debug", "info", "warning", "error")

#: Words that state a level, within the first characters of a line.
_LEVEL = re.compile(
    rb"\b(?:(CRITICAL|FATAL|ERROR)|(WARNING|WARN)|(INFO|NOTICE)|(DEBUG|TRACE))\b"
    rb"|level[\"']?\s*[=:]\s*[\"']?(?:(critical|fatal|error)|(warning|warn)|(info|notice)|(debug|trace))\b"
    rb"|\[(?:(error)|(warning|warn)|(info)|(debug))\]"
    rb"|^(Traceback \(most recent call last\)|[A-Za-z_][\w.]*(?:Error|Exception)(?:: |$))"
    rb"|(\b[A-Za-z_]*Warning: )"
)
_LEVEL_BYTES = 200
_ONE_FORM: tuple[LogLevel, ...] = ("error", "warning", "info", "debug")
_OF_GROUP: tuple[LogLevel, ...] = (*_ONE_FORM, *_ONE_FORM, *_ONE_FORM, "error", "warning")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Line:
    """Line of a log; ``number`` starts at 0. ``level`` is None if the line states none."""

    number: int
    text: str
    level: LogLevel | None


@dataclass
class _Index:
    """``before[i]`` is the number of newlines before byte ``i * BLOCK_BYTES``; the whole blocks are counted."""

    before: list[int] = field(default_factory=lambda: [0])
    size: int = 0
    total: int = 0


class LogReader:
    """Reader of log files, which may grow while they are read. Thread-safe; keeps the indexes of recent files.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "log.txt"
        >>> _ = path.write_text("one\\nERROR two\\nthree\\n")
        >>> reader = LogReader()
        >>> reader.count(path), [line.text for line in reader.page(path, 1, 5)]
        (3, ['ERROR two', 'three'])
        >>> reader.search(path, "t", None, 0, 1)
        ([Line(number=1, text='ERROR two', level='error')], 2)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._indexes: OrderedDict[tuple[str, int], _Index] = OrderedDict()

    def count(self, path: Path) -> int:
        """Return the number of lines. Raises OSError if the file cannot be read."""
        return self._index(path).total

    def page(self, path: Path, first: int, limit: int) -> list[Line]:
        """Return at most ``limit`` lines from line number ``first`` on. Raises OSError if the file cannot be read."""
        index = self._index(path)
        if first >= index.total or limit <= 0:
            return []
        block = max(0, bisect_left(index.before, first) - 1) if first > 0 else 0
        found: list[Line] = []
        for number, line in _lines(path, block * BLOCK_BYTES, index.before[block]):
            if number >= first:
                found.append(line_of(number, line))
                if len(found) == limit:
                    break
        return found

    def search(
        self, path: Path, text: str, at_least: LogLevel | None, first: int, limit: int
    ) -> tuple[list[Line], int | None]:
        """Return at most ``limit`` lines that contain ``text``, and the line number at which to continue (None: end).

        Case is ignored. With ``at_least``, only lines that state this level or a higher one are returned. Raises
        OSError if the file cannot be read.
        """
        index = self._index(path)
        if first >= index.total:
            return [], None
        block = max(0, bisect_left(index.before, first) - 1) if first > 0 else 0
        wanted = text.casefold()
        plain = wanted.encode() if wanted.isascii() else None
        found: list[Line] = []
        for number, line in _lines(path, block * BLOCK_BYTES, index.before[block], plain):
            if number < first:
                continue
            if wanted and not (plain in line.lower() if plain is not None else wanted in _decoded(line).casefold()):
                continue
            if at_least is not None:
                level = level_of(line)
                if level is None or LEVELS.index(level) < LEVELS.index(at_least):
                    continue
            if len(found) == limit:
                return found, number
            found.append(line_of(number, line))
        return found, None

    def _index(self, path: Path) -> _Index:
        """Return the index of a file, extended by what was appended since it was made."""
        stat = path.stat()
        key = (str(path), stat.st_ino)
        with self._lock:
            index = self._indexes.pop(key, None)
            if index is None or index.size > stat.st_size:
                index = _Index()
            if index.size < stat.st_size:
                index = _extended(index, path)
            self._indexes[key] = index
            while len(self._indexes) > _KEPT_INDEXES:
                self._indexes.popitem(last=False)
            return index


def _extended(index: _Index, path: Path) -> _Index:
    before = list(index.before)
    last = b""
    with path.open("rb") as file:
        file.seek((len(before) - 1) * BLOCK_BYTES)
        size = file.tell()
        count = before[-1]
        while block := file.read(BLOCK_BYTES):
            size += len(block)
            count += block.count(b"\n")
            last = block[-1:]
            if len(block) == BLOCK_BYTES:
                before.append(count)
    unfinished = last not in (b"", b"\n")
    if not last:  # the file ends with its last whole block
        unfinished = size > 0 and _byte_before(path, size) != b"\n"
    return _Index(before, size, count + unfinished)


def _byte_before(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset - 1)
        return file.read(1)


def _lines(path: Path, offset: int, number: int, needed: bytes | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield (number, line) from a byte offset that is inside line ``number``, whose yielded part may be incomplete.

    Lines of blocks that do not contain ``needed`` in any case are skipped.
    """
    with path.open("rb") as file:
        file.seek(offset)
        rest = b""
        while block := file.read(4 * BLOCK_BYTES):
            data = rest + block
            end = data.rfind(b"\n") + 1
            rest, whole = data[end:], data[:end]
            if needed and needed not in whole.lower():
                number += whole.count(b"\n")
                continue
            for line in whole.split(b"\n")[:-1]:
                yield number, line
                number += 1
        if rest:
            yield number, rest


def level_of(line: bytes) -> LogLevel | None:
    """Return the level that a line states, or None.

    Example:
        >>> level_of(b"2026-01-01 12:00:00 WARNING slow"), level_of(b'{"level": "error"}'), level_of(b"loss 0.1")
        ('warning', 'error', None)
    """
    found = _LEVEL.search(line[:_LEVEL_BYTES])
    return None if found is None or found.lastindex is None else _OF_GROUP[found.lastindex - 1]


def line_of(number: int, line: bytes) -> Line:
    """Return a line as text, without terminal control sequences and shortened to 4,000 characters."""
    return Line(number, _decoded(line)[:LINE_CHARACTERS], level_of(line))


def _decoded(line: bytes) -> str:
    text = line.decode(errors="replace").rstrip("\r")
    if "\r" in text:  # a progress bar that redraws its line
        text = text.rpartition("\r")[2]
    return _CONTROLS.sub("", _ESCAPES.sub("", text)) if not text.isprintable() else text
