"""Version folders: inert files, addressed by the hash of their content.

A folder never changes and is deleted when no version uses it (``trash.py``). Its path is
``<artifacts>/<project>/models/<content hash>/``. Its ``manifest.json`` lists every other file with size, SHA-256 and
type (``inert.py``). The content hash is the SHA-256 of that list, so a folder with a changed file or list no longer
matches its path. Nothing in a folder can run code.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import orjson
from pydantic import BaseModel, JsonValue

from azuraforge.crashpoints import crashpoint
from azuraforge.durable import sync
from azuraforge.errors import InvalidInput, StorageError
from azuraforge.messages import Message
from azuraforge.models.registry.inert import TYPES, check_content, type_of
from azuraforge.strict_json import JsonObject

MANIFEST = "manifest.json"
CARD = "version.json"
#: Name of the folder of the evaluated predictor, inside a version whose own files were refitted on all rows.
EVALUATED = "evaluated"
_MAX_FILES = 1000
_CHUNK = 1 << 20


class Imported(NamedTuple):
    """Stored folder: its content hash and the size of its files in bytes."""

    content_hash: str
    bytes: int


class VersionFolders:
    """Store of version folders, separate for each project."""

    def __init__(self, artifacts: Path) -> None:
        self._artifacts = artifacts

    def path(self, project_id: str, content_hash: str) -> Path:
        """Return the path of a folder, which may not exist. Raises InvalidInput if ``content_hash`` is malformed."""
        if len(content_hash) != 64 or not all(letter in "0123456789abcdef" for letter in content_hash):
            raise InvalidInput(
                "{content_hash!r} is not a content hash",
                next_step="use the hash that azuraforge models show prints",
                content_hash=content_hash,
            )
        return self.root(project_id) / content_hash

    def root(self, project_id: str) -> Path:
        """Return the path under which a project's folders are stored."""
        return self._artifacts / project_id / "models"

    def addresses(self, project_id: str) -> list[str]:
        """Return the content hashes of all folders of a project."""
        return [path.name for path in self.root(project_id).glob("[0-9a-f]*")]

    def import_folder(self, project_id: str, source: Path, card: Mapping[str, JsonValue] | None = None) -> Imported:
        """Copy a predictor's folder into the store, completely or not at all; equal content is stored once.

        Args:
            project_id: project that owns the folder.
            source: folder that ``Pipeline.save`` filled.
            card: facts required to use the predictor (plugin, config, schema …), written as ``version.json``; None if
                the folder already contains that file. Facts that differ between equal runs do not belong here.

        Raises InvalidInput for links and for unexpected or damaged files, and StorageError if the folder cannot
        be written.
        """
        root = self.root(project_id)
        with _storage_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            incoming = root / f".incoming-{_unique()}"
            incoming.mkdir()
            try:
                files = _copy(source, incoming, card)
                content_hash = _write_manifest(incoming, files)
                self._place(incoming, root / content_hash, content_hash)
            finally:
                shutil.rmtree(incoming, ignore_errors=True)
        return Imported(content_hash, sum(size for size, _ in files.values()))

    def verify(self, project_id: str, content_hash: str) -> Path:
        """Return the folder's path after checking every byte.

        Raises InvalidInput if ``content_hash`` is malformed, and StorageError that names the first missing, changed or
        unexpected file.
        """
        folder = self.path(project_id, content_hash)
        verify_folder(folder, content_hash)
        return folder

    def _place(self, incoming: Path, final: Path, content_hash: str) -> None:
        if final.exists():
            try:
                verify_folder(final, content_hash)
                os.utime(final)  # required again, although its row is not written yet
                return
            except StorageError:  # a damaged copy, which this one replaces
                broken = final.with_name(f".broken-{_unique()}")
                final.rename(broken)
                shutil.rmtree(broken, ignore_errors=True)
        crashpoint("version_before_placed")
        try:
            incoming.rename(final)
        except OSError as error:  # another process has just stored the same content
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
            verify_folder(final, content_hash)
        _sync_folder(final.parent)


def verify_folder(folder: Path, content_hash: str) -> None:
    """Check every byte of a version folder against its content hash. Raises StorageError if it does not match."""
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        files = {str(name): (int(entry["bytes"]), str(entry["sha256"])) for name, entry in manifest["files"].items()}
    except FileNotFoundError:
        problem = (
            Message("{name} is missing", {"name": MANIFEST}) if folder.is_dir() else Message("the folder is missing")
        )
        raise _damaged(folder, problem) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, Message("{name} cannot be read", {"name": MANIFEST})) from error
    if _hash_of(files) != content_hash:
        raise _damaged(folder, Message("{name} was changed", {"name": MANIFEST}))
    for name, entry in manifest["files"].items():
        if PurePosixPath(name).suffix not in TYPES or entry.get("type") != type_of(name):
            raise _damaged(folder, Message("{name} has a file type that a version may not contain", {"name": name}))
    found: set[str] = set()
    try:
        for name, path in _walk(folder):
            if name == MANIFEST:
                continue
            if name not in files:
                raise _damaged(folder, Message("{name} is an unexpected file", {"name": name}))
            found.add(name)
            if _read_hash(path) != files[name]:
                raise _damaged(folder, Message("{name} was changed or truncated", {"name": name}))
    except InvalidInput as error:
        inner = error.values.get("problem")
        raise _damaged(folder, inner if isinstance(inner, Message) else error.as_message()) from error
    except OSError as error:
        raise _damaged(folder, Message("{reason}", {"reason": str(error)})) from error
    if missing := sorted(set(files) - found):
        raise _damaged(folder, Message("{name} is missing", {"name": missing[0]}))


class StoredCard(BaseModel):
    """Fields of ``version.json`` that readers of a version use; ``engine`` is the backend that trained its weights."""

    config: JsonObject = {}
    horizon: int | None = None
    engine: JsonObject | None = None


def read_card(folder: Path) -> StoredCard:
    """Return the content of ``version.json`` in a verified folder."""
    return StoredCard.model_validate_json((folder / CARD).read_bytes())


def _copy(source: Path, target: Path, card: Mapping[str, JsonValue] | None) -> dict[str, tuple[int, str]]:
    if source.is_symlink() or not source.is_dir():
        raise _unusable(Message("{name} is not a folder", {"name": source.name}))
    files = {}
    for name, path in _walk(source):
        if name == MANIFEST or (card is not None and name == CARD):
            raise _unusable(Message("the name {name} is reserved for the platform", {"name": name}))
        type_of(name)
        copied = target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        files[name] = _copy_file(path, copied)  # hashed while copied, so the hash belongs to the stored bytes
        check_content(name, copied)
        if len(files) > _MAX_FILES:
            raise _unusable(Message("it contains more than {most:,} files", {"most": _MAX_FILES}))
    if not files:
        raise _unusable(Message("it is empty"))
    if card is not None:
        text = orjson.dumps(dict(card), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
        _write(target / CARD, text)
        files[CARD] = (len(text), hashlib.sha256(text).hexdigest())
    elif CARD not in files:
        raise _unusable(Message("{name} is missing", {"name": CARD}))
    return files


def _walk(folder: Path, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Yield the regular files below ``folder`` as relative name and path, in sorted order.

    Raises InvalidInput for links and other special files.
    """
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        name = prefix + entry.name
        if entry.is_symlink():
            raise _unusable(Message("{name} is a symbolic link, which a version may not contain", {"name": name}))
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), name + "/")
        elif entry.is_file(follow_symlinks=False):
            yield name, Path(entry.path)
        else:
            raise _unusable(Message("{name} is neither a file nor a folder", {"name": name}))


def _open_plain(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _unusable(Message("{name} is neither a file nor a folder", {"name": path.name}))
    return descriptor


def _read_hash(path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(_open_plain(path), "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def _copy_file(source: Path, target: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(_open_plain(source), "rb") as file, target.open("xb") as copy:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            copy.write(chunk)
        copy.flush()
        sync(copy.fileno())
    return size, digest.hexdigest()


def _write_manifest(folder: Path, files: Mapping[str, tuple[int, str]]) -> str:
    content_hash = _hash_of(files)
    entries = {
        name: {"bytes": size, "sha256": sha256, "type": type_of(name)} for name, (size, sha256) in sorted(files.items())
    }
    _write(folder / MANIFEST, orjson.dumps({"files": entries}, option=orjson.OPT_INDENT_2))
    for inner in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        _sync_folder(inner)
    return content_hash


def _hash_of(files: Mapping[str, tuple[int, str]]) -> str:
    lines = "".join(f"{sha256} {size} {name}\n" for name, (size, sha256) in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        sync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(problem: Message) -> InvalidInput:
    return InvalidInput(
        "the version cannot be stored: {problem}",
        where="version folder",
        next_step="fix the save method of the pipeline",
        problem=problem,
    )


def _damaged(folder: Path, problem: Message) -> StorageError:
    return StorageError(
        "version folder {folder} is damaged: {problem}",
        where="{place}",
        next_step="restore the folder from a backup, or roll the model back to another version",
        folder=folder.name[:12],
        problem=problem,
        place=str(folder),
    )


@contextmanager
def _storage_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            "the version could not be written: {reason}",
            where="{place}",
            next_step="free disk space or make the artifacts folder writable, then resume the run",
            reason=error.strerror or str(error),
            place=str(root),
        ) from error


def _unique() -> str:
    """Return a unique name.

    The function does not use the database package: every child process that reads a folder imports this file, and
    importing SQLAlchemy would double its start time.
    """
    return secrets.token_hex(8)
