"""Export of a version as one self-contained zip file, and its import.

The same version produces the same bytes on every machine: nothing is compressed, since implementations of zlib differ,
names are sorted, and every timestamp is 1980. ``SHA256SUMS`` lists every other file. ``version/`` is the folder that
the content hash covers. A bundle consists of tensors, JSON, text and Markdown, so that it cannot run code.
"""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson

from azuraforge.errors import InvalidInput, StorageError
from azuraforge.messages import Message
from azuraforge.models.bundles.description import MAX_BYTES, Description, check, check_evaluation, to_json
from azuraforge.models.registry.folder import MANIFEST, verify_folder

FORMAT = 1
SUMS = "SHA256SUMS"
DESCRIPTION = "bundle.json"
FOLDER = "version/"
_MOST_FILES = 1100
_MOST_BYTES = 1 << 34
_MOST_NAME_BYTES = 255
_MOST_LEVELS = 8
_CHUNK = 1 << 20
#: Files that a bundle may contain outside the version's folder.
_TEXTS = frozenset({SUMS, DESCRIPTION, "schema.json", "evaluation.json", "README.md", "CARD.md", "CARD.tr.md"})
_SUM_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


@dataclass(frozen=True)
class Opened:
    """Verified bundle.

    Attributes:
        description: contents of ``bundle.json``.
        folder: folder with the unpacked version and its manifest.
        sha256: hash of the bundle file.
    """

    description: Description
    folder: Path
    sha256: str


def write_bundle(target: IO[bytes], folder: Path, texts: Mapping[str, bytes]) -> None:
    """Write a verified version folder and ``texts``, contents by file name, to ``target`` as a bundle."""
    sources: dict[str, Path | bytes] = dict(texts)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            sources[FOLDER + path.relative_to(folder).as_posix()] = path
    sums = "".join(f"{_hash(source)}  {name}\n" for name, source in sorted(sources.items()))
    sources[SUMS] = sums.encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=True) as made:
        for name, source in sorted(sources.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.file_size = len(source) if isinstance(source, bytes) else source.stat().st_size
            with made.open(entry, "w") as file:
                if isinstance(source, bytes):
                    file.write(source)
                else:
                    with source.open("rb") as whole:
                        shutil.copyfileobj(whole, file, _CHUNK)


def read_bundle(path: Path, target: Path) -> Opened:
    """Verify a bundle and unpack its version to ``target``, which must not exist.

    Raises InvalidInput if the file is no bundle or has another ``FORMAT``, if a file in it is missing, changed or
    unexpected, or if ``bundle.json`` does not match its schema. Raises StorageError if the bundle cannot be unpacked,
    for example on a full disk.
    """
    with _bundle_errors(), _opened(path) as packed:
        entries = _entries(packed, path.stat().st_size)
        sums = _sums(packed, entries)
        description = _description(packed, sums)
        target.mkdir(parents=True)
        for name, expected in sums.items():
            kept = target / name.removeprefix(FOLDER) if name.startswith(FOLDER) else None
            if kept is not None and not kept.resolve().is_relative_to(target.resolve()):
                raise _damaged(Message("{name!r} is not a valid name in a bundle", {"name": name}))
            if _unpack(packed, entries[name], kept) != expected:
                raise _damaged(Message("{name} was changed or truncated", {"name": name}))
    try:
        verify_folder(target, description.version.content_hash)
    except StorageError as error:  # verify_folder reports damage of our own store; here the bundle is at fault
        raise _damaged(
            Message(
                "{folder} does not match its content hash: {problem}", {"folder": FOLDER, "problem": error.as_message()}
            )
        ) from error
    return Opened(description, target, _hash(path))


class LoadedBundle:
    """Version that predicts without a platform.

    Its files are unpacked to a temporary folder: call ``close``, or use it as a context manager.
    """

    def __init__(self, path: Path | str, plugins_folder: Path | str | None = None) -> None:
        from azuraforge.models.serving.messages import ChildOpening
        from azuraforge.models.serving.opening import serve

        self._unpacked = tempfile.TemporaryDirectory(prefix="azuraforge-bundle-")
        try:
            opened = read_bundle(Path(path), Path(self._unpacked.name) / "version")
            self.description = to_json(opened.description)
            version = opened.description.version
            self._answer = serve(
                ChildOpening(
                    folder=str(opened.folder),
                    content_hash=version.content_hash,
                    plugin=version.plugin,
                    config=version.config,
                    schema=to_json(version.schema_),
                    plugins_folder=None if plugins_folder is None else str(plugins_folder),
                    kernels_folder=None,
                )
            )
        except BaseException:
            self.close()
            raise

    def predict(self, rows: list[dict[str, Any]], horizon: int | None = None) -> dict[str, Any]:
        """Return the values that follow ``rows``, as a dictionary with origin, interval and points.

        Args:
            rows: recent history, oldest first, with the columns of the schema.
            horizon: number of rows to predict; None for the version's own horizon.

        Raises InvalidInput if the rows or the horizon do not fit the version, or if the version classifies images.
        """
        return dict(self._answer({"rows": rows, "dataset": None, "horizon": horizon}))

    def look(self, image: Path | str) -> dict[str, Any]:
        """Classify an image file; return a dictionary whose ``classes`` are ordered by probability, highest first.

        Raises InvalidInput if the file is not an image, or if the version predicts a series.
        """
        return dict(self._answer({"image": str(image), "name": Path(image).name}))

    def close(self) -> None:
        """Delete the unpacked files."""
        self._unpacked.cleanup()

    def __enter__(self) -> LoadedBundle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_bundle(path: Path | str, plugins_folder: Path | str | None = None) -> LoadedBundle:
    """Verify a bundle and load its version in this process, without a platform.

    Args:
        path: path of the bundle.
        plugins_folder: folder of dropped-in plugins; None if there is none.

    Raises InvalidInput if the bundle is damaged or its task kind is not served, and NotFound if its pipeline is not
    installed.

    Example (not run: it requires a file):
        ``with open_bundle("co2-v3.zip") as version: version.predict(rows)``
    """
    return LoadedBundle(path, plugins_folder)


def _entries(packed: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    listed = packed.infolist()
    if len(listed) > _MOST_FILES or sum(each.file_size for each in listed) > _MOST_BYTES:
        raise _damaged(Message("it contains more files or bytes than a version may contain"))
    for entry in listed:
        path = PurePosixPath(entry.filename)
        # Only canonical names: "version//etc/x" becomes an absolute path once "version/" is removed.
        plain = path.as_posix() == entry.filename and not path.is_absolute() and "\0" not in entry.filename
        if entry.filename in found or entry.is_dir() or not plain or ".." in path.parts or "\\" in entry.filename:
            raise _damaged(Message("{name!r} is not a valid name in a bundle", {"name": entry.filename}))
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
            raise _damaged(
                Message("{name!r} is compressed or encrypted, which a bundle does not allow", {"name": entry.filename})
            )
        if len(path.parts) > _MOST_LEVELS or any(len(each.encode()) > _MOST_NAME_BYTES for each in path.parts):
            raise _damaged(Message("a file name is too long: {name!r}…", {"name": entry.filename[:100]}))
        if entry.filename not in _TEXTS and not entry.filename.startswith(FOLDER):
            raise _damaged(Message("{name} is an unexpected file", {"name": entry.filename}))
        found[entry.filename] = entry
    if sum(each.file_size for each in listed) > size:  # entries are not compressed, so they share bytes
        raise _damaged(Message("its files overlap"))
    for name in found:
        if inside := next((str(each) for each in PurePosixPath(name).parents if str(each) in found), None):
            raise _damaged(Message("{name!r} is both a file and a folder", {"name": inside}))
    return found


def _sums(packed: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> dict[str, str]:
    if SUMS not in entries:
        raise _damaged(Message("{name} is missing", {"name": SUMS}))
    found: dict[str, str] = {}
    for line in _small(packed, SUMS).decode().splitlines():
        matched = _SUM_LINE.fullmatch(line)
        if matched is None:
            raise _damaged(Message("{name} cannot be read", {"name": SUMS}))
        found[matched[2]] = matched[1]
    if missing := sorted(set(found) - set(entries)):
        raise _damaged(Message("{name} is missing", {"name": missing[0]}))
    if foreign := sorted(set(entries) - set(found) - {SUMS}):
        raise _damaged(Message("{name} is an unexpected file", {"name": foreign[0]}))
    return found


def _description(packed: zipfile.ZipFile, sums: Mapping[str, str]) -> Description:
    if DESCRIPTION not in sums or FOLDER + MANIFEST not in sums:
        raise _damaged(Message("{name} or the version's folder is missing", {"name": DESCRIPTION}))
    stated = orjson.loads(_small(packed, DESCRIPTION))
    if not isinstance(stated, dict) or type(stated.get("format")) is not int:
        raise _damaged(Message("{name} does not describe a version", {"name": DESCRIPTION}))
    if stated["format"] != FORMAT:
        raise InvalidInput(
            "this bundle has format {found!r}, but this release of AzuraForge reads format {supported}",
            where="bundle",
            next_step="import the bundle with the release of AzuraForge that wrote it, or with a newer one",
            found=stated["format"],
            supported=FORMAT,
        )
    described = check(Description, stated, DESCRIPTION)
    if described.evaluated is not None:
        check_evaluation(stated["evaluated"]["evaluation"], DESCRIPTION)
    return described


def _small(packed: zipfile.ZipFile, name: str) -> bytes:
    if packed.getinfo(name).file_size > MAX_BYTES:
        raise _damaged(Message("{name} is too large", {"name": name}))
    return packed.read(name)


def _unpack(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path | None) -> str:
    digest = hashlib.sha256()
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(entry) as file, _sink(target) as sink:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            if sink is not None:
                sink.write(chunk)
    return digest.hexdigest()


@contextmanager
def _sink(target: Path | None) -> Iterator[IO[bytes] | None]:
    if target is None:
        yield None
    else:
        with target.open("xb") as file:
            yield file


def _hash(source: Path | bytes) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(problem: Message | str) -> InvalidInput:
    return InvalidInput(
        "this bundle is incomplete or damaged: {problem}",
        where="bundle",
        next_step="download the bundle again with azuraforge models bundle NAME VERSION",
        code="bundle_damaged",
        problem=problem,
    )


def _opened(path: Path) -> zipfile.ZipFile:
    """Open the file of a bundle. Raises InvalidInput if it is not a zip archive."""
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise _damaged(Message("the file is not a complete zip archive")) from None


@contextmanager
def _bundle_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):
            raise StorageError(
                "the bundle could not be unpacked: {reason}",
                next_step="free disk space, then import the bundle again",
                reason=error.strerror or str(error),
            ) from error
        raise _damaged(error.strerror or type(error).__name__) from error
    except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, LookupError, EOFError, TypeError) as error:
        raise _damaged(str(error) or type(error).__name__) from error
    except (NotImplementedError, RuntimeError, ArithmeticError, RecursionError) as error:
        raise _damaged(
            Message("it uses a feature of zip files that bundles do not allow: {reason}", {"reason": str(error)})
        ) from error
