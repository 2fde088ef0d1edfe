"""Cache of baselines' fits and predictions, reused by later runs of the project on exactly the same data.

An entry is the sealed output folder of a phase with its result. Its key is a hash of everything that the phase depends
on: the sealed data folders, the task's config, the baselines with their versions, seed, threads, environment, code and
all installed packages. An entry is used only if all its files are intact, and is first copied into the run's own
folder, so that later changes to the cache cannot affect the run. Entries are never shared between projects.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import orjson
from pydantic import JsonValue

from azuraforge.database import new_id
from azuraforge.processes.environment import code_version
from azuraforge.processes.sealed_folders import MANIFEST, problem_with
from azuraforge.strict_json import JsonObject

#: Maximum number of entries of a project; the least recently used ones are removed first.
MOST_ENTRIES = 40
#: Entries that were unused for this many seconds are removed, including unfinished ones of killed processes.
KEPT_SECONDS = 7 * 24 * 3600.0
_RESULT, _OUTPUTS, _DRAFT = "result.json", "outputs", ".draft-"


class BaselineCache:
    """Cache with entries in ``<folder>/<project>/<key>/``: ``result.json`` and ``outputs/``.

    Several processes may use it at the same time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, project_id: str, key: str, copy: Path) -> JsonObject | None:
        """Return the result of an entry, with its outputs copied to ``copy``; None if there is no intact entry.

        Replace a folder at ``copy``, mark the entry as used, and remove an entry whose files are damaged.
        """
        home = self._folder / project_id / key
        try:
            found = orjson.loads((home / _RESULT).read_bytes())
            sha256, result = found["sha256"], found["result"]
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(home / _OUTPUTS, copy)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if problem_with(copy, sha256) is not None or _digest(result) != found.get("result_sha256"):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)
            return None
        with contextlib.suppress(OSError):
            os.utime(home)
        return {**result, "outputs": str(copy)}

    def keep(self, project_id: str, key: str, outputs: Path, result: JsonObject) -> None:
        """Store the sealed folder ``outputs`` and the ``result`` of a phase as an entry.

        Remove the least recently used entries above the maximum. Do nothing if the folder is not sealed or the entry
        exists. Errors of the file system, such as a full disk, are ignored: no entry is stored then.
        """
        home = self._folder / project_id
        draft = home / f"{_DRAFT}{new_id()}"
        sha256 = sealed_hash(outputs)
        if sha256 is None or (home / key).exists():
            return
        with contextlib.suppress(OSError):
            try:
                draft.mkdir(parents=True)
                # Hard links, because sealed files were already hashed and flushed, and are never written again.
                shutil.copytree(outputs, draft / _OUTPUTS, copy_function=_link)
                plain = {name: value for name, value in result.items() if name != "outputs"}
                entry = {"sha256": sha256, "result": plain, "result_sha256": _digest(plain)}
                (draft / _RESULT).write_bytes(orjson.dumps(entry))
                draft.rename(home / key)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            for old in self._entries(project_id)[MOST_ENTRIES:]:
                shutil.rmtree(old, ignore_errors=True)

    def sweep(self, held: Collection[str] = (), kept_seconds: float = KEPT_SECONDS) -> int:
        """Remove entries unused for ``kept_seconds``; return their number, including unfinished ones.

        Projects with an id in ``held`` are skipped.
        """
        removed, before = 0, time.time() - kept_seconds
        for home in self._folder.iterdir() if self._folder.is_dir() else ():
            if home.name in held or not home.is_dir():
                continue
            for path in home.iterdir():
                with contextlib.suppress(OSError):
                    if path.stat().st_mtime < before:
                        shutil.rmtree(path, ignore_errors=True)
                        removed += 1
            with contextlib.suppress(OSError):  # not empty
                home.rmdir()
        return removed

    def _entries(self, project_id: str) -> list[Path]:
        """Return the folders of a project's entries, most recently used first."""
        found = [path for path in (self._folder / project_id).iterdir() if not path.name.startswith(_DRAFT)]
        return sorted(found, key=_used_at, reverse=True)


def key_of(phase: str, sealed: Collection[str], depends_on: Mapping[str, JsonValue]) -> str:
    """Return the cache key of a phase that depends on the sealed folders with these hashes and on ``depends_on``."""
    parts = [phase, sorted(sealed), dict(depends_on), code_version(), installed_packages()]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def sealed_hash(folder: Path) -> str | None:
    """Return the hash of a sealed folder's manifest; None if the folder is not sealed."""
    try:
        return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return None


def files_of(folder: Path) -> list[JsonValue]:
    """Return the name, size and modification time of every file below ``folder``, as one string for each file."""
    found = ((path.relative_to(folder).as_posix(), path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return [f"{name} {about.st_size} {about.st_mtime_ns}" for name, about in found]


@functools.cache
def installed_packages() -> str:
    """Return a hash of the names and versions of all installed packages."""
    found = sorted(f"{each.name}=={each.version}" for each in _distributions())
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


def _distributions() -> Iterator[importlib.metadata.Distribution]:
    for each in importlib.metadata.distributions():
        if each.metadata is not None:
            yield each


def _digest(result: object) -> str:
    return hashlib.sha256(orjson.dumps(result, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
