"""Sealed folders: written atomically, and trusted only if every file matches its hash.

``<folder>/manifest.json`` lists each file with its length and SHA-256. The database stores the hash of the manifest.
Checkpoints and the outputs of phases are sealed folders.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from pydantic import JsonValue

from azuraforge.crashpoints import crashpoint
from azuraforge.durable import sync
from azuraforge.messages import Message
from azuraforge.processes.failures import storage_error

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Seal:
    """SHA-256 of a folder's manifest, and the total size of its files in bytes."""

    sha256: str
    bytes: int


def write_sealed(final: Path, fill: Callable[[Path], None], about: Mapping[str, JsonValue]) -> Seal:
    """Write a sealed folder atomically: ``fill`` writes into a draft, which is synced and renamed to ``final``.

    ``about`` is added to the manifest, and ``final`` must not exist. Raises StorageError if the disk is full, broken or
    not writable, and ValueError if the draft contains a link; errors of ``fill`` propagate. After any error, the draft
    is removed.
    """
    draft = final.with_name(final.name + ".tmp")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        fill(draft)
        sealed = seal(draft, about)
        crashpoint("checkpoint_before_rename")
        os.replace(draft, final)
        _sync(final.parent)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        full = storage_error(error, Message("a checkpoint"), str(final.parent))
        if full is None:
            raise
        raise full from error
    return sealed


def seal(folder: Path, about: Mapping[str, JsonValue]) -> Seal:
    """Hash and sync every file below ``folder``, and write the manifest with the additional fields ``about``.

    Raises ValueError if there are links or devices, and OSError if a file cannot be read or written.
    """
    files: dict[str, tuple[int, str]] = {}
    total = 0
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, path in walk(folder):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            sync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        files[name] = (size, digest)
        total += size
    manifest = orjson.dumps({**about, "files": files}, option=orjson.OPT_SORT_KEYS)
    with (folder / MANIFEST).open("xb") as file:
        file.write(manifest)
        file.flush()
        sync(file.fileno())
    for inner in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        _sync(inner)
    return Seal(hashlib.sha256(manifest).hexdigest(), total)


def problem_with(folder: Path, sha256: str) -> Message | None:
    """Return why a sealed folder with the manifest hash ``sha256`` cannot be trusted; None if it is intact."""
    try:
        content = (folder / MANIFEST).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            return Message("its manifest was changed")
        files: dict[str, tuple[int, str]] = orjson.loads(content)["files"]
        found = {name: path for name, path in walk(folder) if name != MANIFEST}
        if extra := sorted(found.keys() - files.keys()):
            return Message("it contains the unexpected file {file}", {"file": extra[0]})
        for name, (size, digest) in files.items():
            if name not in found:
                return Message("{file} is missing", {"file": name})
            with found[name].open("rb") as file:
                if os.fstat(file.fileno()).st_size != size:
                    return Message("{file} was truncated", {"file": name})
                if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    return Message("{file} was changed", {"file": name})
    except FileNotFoundError as error:
        return Message("{file} is missing", {"file": Path(error.filename or folder).name})
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Message("it cannot be read: {error}", {"error": str(error)})
    return None


def walk(folder: Path, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Yield the files below ``folder`` as (``prefix`` + relative name with slashes, path), sorted.

    Raises ValueError if the folder contains a link or a device.
    """
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path), name + "/")
        elif entry.is_file(follow_symlinks=False):
            yield name, Path(entry.path)
        else:
            raise ValueError(f"{name} is a link or a device; only files can be kept")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
