"""Decoding of a file's bytes to text: detection of its format, compression and encoding.

Runs only in child processes. Decompressed sizes are limited, so that a small archive cannot exhaust the memory.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from azuraforge.datasets.reading.archives import check_directory
from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

_FORMATS = Message("a CSV (also .gz, .bz2, .xz, .zip), Parquet or Excel (.xlsx) file")
_MAGIC = {
    b"\x28\xb5\x2f\xfd": Message("a Zstandard archive"),
    b"%PDF": Message("a PDF document"),
    b"\x89PNG": Message("a PNG image"),
    b"\xff\xd8\xff": Message("a JPEG image"),
    b"GIF8": Message("a GIF image"),
    b"\xd0\xcf\x11\xe0": Message("an Excel workbook in the old .xls format or with a password"),
    b"SQLite format 3": Message("a SQLite database"),
    b"\x7fELF": Message("a program"),
    b"\x93NUMPY": Message("a NumPy array"),
    b"\x89HDF": Message("an HDF5 file"),
    b"ARROW1": Message("an Arrow file"),
    b"7z\xbc\xaf": Message("a 7-Zip archive"),
}
#: Refused encodings, meant for host names: their decoding time grows with the square of the length.
_QUADRATIC = ("idna", "punycode")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Decoded:
    """A decoded text file. ``assumed`` is true if the encoding is a guess."""

    text: str
    encoding: str
    assumed: bool


def unpack(path: Path, name: str, limits: ReadingLimits | None = None) -> bytes:
    """Return a file's bytes, decompressed.

    Raises InvalidInput if the file is missing, empty, damaged or no table, or if it exceeds ``limits``.
    """
    try:
        with path.open("rb") as file:
            head = file.read(16)
            file.seek(0)
            if not head:
                raise InvalidInput(
                    "the file {name} is empty",
                    where="{name}",
                    next_step="choose {formats}",
                    code="empty_file",
                    name=name,
                    formats=_FORMATS,
                )
            _refuse_known_binary(head, name)
            with _opened(file, head, name) as stream:
                return _bounded(stream, name, limits or ReadingLimits())
    except FileNotFoundError:
        raise InvalidInput(
            "the file {name} does not exist", where="{name}", next_step="check the path", code="missing_file", name=name
        ) from None
    except (gzip.BadGzipFile, lzma.LZMAError, zlib.error, zipfile.BadZipFile, EOFError, OSError) as error:
        raise InvalidInput(
            "the file {name} cannot be read: {reason}",
            where="{name}",
            next_step="download the file again; it may be incomplete or damaged",
            code="unreadable_file",
            name=name,
            reason=error,
        ) from error


def decode(data: bytes, name: str, encoding: str | None = None) -> Decoded:
    """Decode bytes with ``encoding``, else by the byte order mark, else as UTF-8, else as Windows-1254.

    Raises InvalidInput if the bytes are not text in this encoding, or if ``encoding`` is unknown.

    Example:
        >>> decode("sıcaklık".encode(), "t.csv").encoding
        'utf-8'
    """
    if encoding:
        return Decoded(_decode_as(data, name, encoding), encoding, assumed=False)
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return Decoded(_decode_as(data, name, codec), codec.removesuffix("-sig"), assumed=False)
    if b"\0" in data[: 2**16]:
        raise InvalidInput(
            "the file {name} is binary, not a table of text",
            where="{name}, byte {index}",
            next_step="choose {formats}",
            code="binary_file",
            name=name,
            index=data.index(0) + 1,
            formats=_FORMATS,
        )
    try:
        return Decoded(data.decode("utf-8"), "utf-8", assumed=False)
    except UnicodeDecodeError:
        return Decoded(_decode_as(data, name, "cp1254"), "Windows-1254", assumed=True)


def _decode_as(data: bytes, name: str, encoding: str) -> str:
    try:
        if codecs.lookup(encoding).name in _QUADRATIC:
            raise LookupError
        return data.decode(encoding)
    except LookupError:
        raise InvalidInput(
            "the encoding {encoding!r} is unknown",
            where="option encoding",
            next_step="use a name such as utf-8, cp1254 or latin-1",
            encoding=encoding,
        ) from None
    except UnicodeError as error:
        byte = getattr(error, "start", 0)
        raise InvalidInput(
            "the file {name} is not text in the encoding {encoding}",
            where="{name}, line {line}, byte {byte}",
            next_step="specify the encoding with the option encoding, or save the table as UTF-8",
            code="bad_encoding",
            name=name,
            encoding=encoding,
            line=data[:byte].count(10) + 1,
            byte=byte + 1,
        ) from None


def _refuse_known_binary(head: bytes, name: str) -> None:
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            raise InvalidInput(
                "the file {name} is {kind}, not a table",
                where="{name}",
                next_step="export or unpack the file as {formats}",
                code="binary_file",
                name=name,
                kind=kind,
                formats=_FORMATS,
            )


def _opened(file: IO[bytes], head: bytes, name: str) -> IO[bytes]:
    if head.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if head.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if head.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMAFile(file)
    if head.startswith(b"PK\x03\x04"):
        check_directory(file, name)
        return _only_member(zipfile.ZipFile(file), name)
    return file


def _only_member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    members = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith("__MACOSX")]
    if any(info.filename == "[Content_Types].xml" for info in members):
        raise InvalidInput(
            "the file {name} is an Office document, not a table",
            where="{name}",
            next_step="save the table as .xlsx or CSV",
            code="binary_file",
            name=name,
        )
    if len(members) != 1:
        raise InvalidInput(
            "the archive {name} contains {count:,} [file|files], but must contain exactly one table",
            where="{name}",
            next_step="unpack the archive and add the table itself",
            name=name,
            count=len(members),
        )
    if members[0].flag_bits & 1:
        raise InvalidInput(
            "the archive {name} has a password", where="{name}", next_step="unpack the archive first", name=name
        )
    return archive.open(members[0])


def _bounded(stream: IO[bytes], name: str, limits: ReadingLimits) -> bytes:
    buffer = io.BytesIO()
    while chunk := stream.read(2**20):
        limits.check_text(buffer.tell() + len(chunk), name)
        buffer.write(chunk)
    if not buffer.tell():
        raise InvalidInput(
            "the file {name} is empty",
            where="{name}",
            next_step="choose {formats}",
            code="empty_file",
            name=name,
            formats=_FORMATS,
        )
    return buffer.getvalue()
