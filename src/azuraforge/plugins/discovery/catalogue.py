"""The catalogue of plugins: their names, schemas and errors.

The API process never imports a plugin. It reads entry points and file names, has child processes import and describe
the plugins, and caches the descriptions on disk under a hash of the files. The next start with the same files and
installed packages therefore needs no child process, unless the child process of an entry point failed.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import os
import platform
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import orjson
from pydantic import JsonValue

from azuraforge.errors import AzuraError, InvalidInput, NotFound, UserError
from azuraforge.messages import Message, current
from azuraforge.plugins.contract.sentences import filled, reason_of, texts_of
from azuraforge.plugins.contract.shape import Texts, text_of
from azuraforge.plugins.contract.task_kind import TaskKindFacts
from azuraforge.plugins.discovery.calling import Call
from azuraforge.plugins.discovery.loading import (
    BUILT_IN,
    EntryPoint,
    content_of,
    dropped_in_files,
    entry_points,
    file_version,
)
from azuraforge.plugins.discovery.messages import CheckedConfig, Described
from azuraforge.plugins.schemas import PluginOut
from azuraforge.strict_json import JsonObject
from azuraforge.telemetry import logger

DESCRIBE = "azuraforge.plugins.discovery.describing:describe"
VALIDATE = "azuraforge.plugins.discovery.describing:validate"
TIMEOUT_SECONDS = 20.0
VALIDATE_TIMEOUT_SECONDS = 60.0
_AT_ONCE = 2
_FORMAT = 3

Descriptions: TypeAlias = list[JsonObject]
PluginList: TypeAlias = list[PluginOut]

log = logger("plugins")


@dataclass(frozen=True)
class _Unit:
    """Plugins that one child process describes: the built-in ones, one other entry point, or one dropped-in file."""

    points: tuple[EntryPoint, ...] = ()
    file: Path | None = None

    def payload(self) -> dict[str, object]:
        return {
            "entry_points": [asdict(point) for point in self.points],
            "files": [str(self.file)] if self.file else [],
        }


class Catalogue:
    """The catalogue of the plugins of this installation and data home. It is thread-safe.

    Args:
        call: function that runs one entry point in a child process.
        plugins_folder: folder of dropped-in files in the data home; need not exist.
        pretrained_folder: parent of the folders of pretrained weights; need not exist.
        cache_file: file that caches descriptions.
        timeout_seconds: time limit for a child process that imports and describes plugins.
    """

    def __init__(
        self,
        call: Call,
        plugins_folder: Path,
        pretrained_folder: Path,
        cache_file: Path,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._call = call
        self.plugins_folder = plugins_folder
        self.pretrained_folder = pretrained_folder
        self._cache_file = cache_file
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._plugins: PluginList | None = None
        self._seen: list[tuple[str, int]] = []

    def list(self) -> PluginList:
        """Return all plugins, including broken ones; built-in plugins come first.

        The catalogue is read again if dropped-in files were added, changed or removed since the last call, which may
        wait for child processes. Meanwhile, other threads receive the previous list.
        """
        seen, plugins = _seen(self.plugins_folder), self._plugins
        if plugins is not None and (seen == self._seen or not self._lock.acquire(blocking=False)):
            return plugins
        if plugins is None:
            self._lock.acquire()
        try:
            if self._plugins is None or seen != self._seen:
                self._plugins, self._seen = self._read(), seen
            return self._plugins
        finally:
            self._lock.release()

    def refresh(self) -> PluginList:
        """Search for plugins again and return all; those with a valid cached description are not described again."""
        with self._lock:
            self._plugins = None
        return self.list()

    def show(self, name: str) -> PluginOut:
        """Return the plugin ``name``, even if it is broken.

        Raises NotFound, which lists similar names, if it does not exist.
        """
        plugins = self.list()
        for plugin in sorted(plugins, key=lambda plugin: plugin.error is not None):
            if plugin.name == name:
                return plugin
        close = difflib.get_close_matches(name, [plugin.name for plugin in plugins], n=3)
        raise NotFound(
            "plugin {name!r} does not exist; similar names: {close}" if close else "plugin {name!r} does not exist",
            next_step="run azuraforge plugins list; restart the platform after installing a package",
            name=name,
            close=close,
        )

    def get(self, kind: str, name: str) -> PluginOut:
        """Return the plugin ``name`` of ``kind``.

        Raises NotFound if it does not exist, and InvalidInput if it is broken or of another kind.
        """
        plugin = self.show(name)
        if plugin.error is not None:
            raise InvalidInput(
                "plugin {name!r} is broken: {error}",
                where="{place}",
                next_step="repair or remove the plugin; restart the platform after changing a package",
                name=name,
                error=text_of(plugin.error, current()),
                place=plugin.origin,
            )
        if plugin.kind != kind:
            raise InvalidInput(
                "plugin {name!r} is of kind {found}, but kind {needed} is needed",
                next_step="run azuraforge plugins list",
                name=name,
                found=plugin.kind,
                needed=kind,
            )
        return plugin

    def task_kinds(self) -> Mapping[str, TaskKindFacts]:
        """Return name → task kind for all intact task kinds, with the metrics that other plugins add to them."""
        plugins = [plugin for plugin in self.list() if plugin.error is None]
        found = {plugin.name: plugin.task_kind for plugin in plugins if plugin.task_kind is not None}
        for plugin in plugins:
            if plugin.metric is not None and (kind := found.get(plugin.task or "")) is not None:
                found[kind.name] = kind.with_metric(plugin.metric)
        return found

    def task_kind(self, name: str) -> TaskKindFacts:
        """Return the task kind ``name``.

        Raises NotFound if no plugin has this name, and InvalidInput if the plugin is broken or is not a task kind.
        """
        found = self.task_kinds()
        if name not in found:
            self.get("task_kind", name)  # raises an error that states why the plugin is not usable
            raise InvalidInput(
                "the task kind {name!r} is unknown; known: {known}",
                next_step="run azuraforge plugins list",
                name=name,
                known=", ".join(found),
            )
        return found[name]

    def validate(self, kind: str, name: str, config: Mapping[str, object]) -> dict[str, JsonValue]:
        """Return ``config`` as the plugin validates it in a child process, with defaults filled in.

        Raises NotFound if the plugin does not exist, InvalidInput if it is broken, is of another kind, refuses the
        config or exceeds the time limit, and TransientError if no child process can be started.
        """
        self.get(kind, name)
        payload = {"kind": kind, "name": name, "plugins_folder": str(self.plugins_folder), "config": config}
        return self._call(VALIDATE, payload, CheckedConfig, VALIDATE_TIMEOUT_SECONDS).config

    def _read(self) -> PluginList:
        units = _units(self.plugins_folder)
        remembered = self._load_cache()
        keys = _keys(units)
        fresh: dict[str, Descriptions] = {}
        missing = [unit for unit, key in zip(units, keys, strict=True) if key not in remembered]
        answers: dict[_Unit, tuple[Descriptions, bool]] = {}
        if missing:
            with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="catalogue") as pool:
                answers = dict(zip(missing, pool.map(self._describe, missing), strict=True))
        rows: Descriptions = []
        for unit, key in zip(units, keys, strict=True):
            found, lasting = (remembered[key], True) if key in remembered else answers[unit]
            rows.extend(found)
            if lasting:
                fresh[key] = found
        if fresh.keys() != remembered.keys():
            self._save_cache(fresh)
        return _refuse_doubles(PluginOut.model_validate(row) for row in rows)

    def _describe(self, unit: _Unit) -> tuple[Descriptions, bool]:
        """Return the descriptions of a unit, and whether to cache them.

        An entry point whose child process died or exceeded the time limit is described again at the next start, since
        the machine may have been busy. For a dropped-in file, both are cached, so that the file does not slow down
        every start; it is described again when its modification time changes.
        """
        try:
            return self._call(DESCRIBE, unit.payload(), Described, self._timeout_seconds).plugins, True
        except Exception as error:
            if len(unit.points) > 1:  # one entry point ended the child, so describe each in its own child
                alone = [self._describe(_Unit((point,))) for point in unit.points]
                return [row for rows, _ in alone for row in rows], all(lasting for _, lasting in alone)
            reason = error.message if isinstance(error, AzuraError) else f"{type(error).__name__}: {error}"
            log.warning("plugin_not_described", unit=unit.payload(), reason=reason)
            lasting = unit.file is not None and isinstance(error, UserError)
            return [_broken(unit, _import_failed(error))], lasting

    def _load_cache(self) -> dict[str, Descriptions]:
        try:
            stored = orjson.loads(self._cache_file.read_bytes())
            units: dict[str, Descriptions] = stored["units"] if stored["format"] == _FORMAT else {}
            for rows in units.values():
                for row in rows:
                    PluginOut.model_validate(row)
            return units
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}  # if the file is absent or damaged, child processes describe the plugins again

    def _save_cache(self, units: dict[str, Descriptions]) -> None:
        try:
            self._cache_file.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".plugins", dir=self._cache_file.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(orjson.dumps({"format": _FORMAT, "units": units}))
            os.replace(temporary, self._cache_file)
        except OSError as error:  # without the cache, only the next start is slower
            log.warning("catalogue_not_remembered", reason=str(error))


def _units(plugins_folder: Path) -> list[_Unit]:
    points = entry_points()
    built_in = tuple(point for point in points if point.distribution == BUILT_IN)
    units = [_Unit(built_in)] if built_in else []
    units += [_Unit((point,)) for point in points if point.distribution != BUILT_IN]
    return units + [_Unit(file=path) for path in dropped_in_files(plugins_folder)]


def _keys(units: list[_Unit]) -> list[str]:
    """Return a hash for each unit: over its files, the files of AzuraForge, and the list of installed packages."""
    ground = hashlib.sha256(f"{platform.python_version()}|{sys.prefix}|{_hash_package(BUILT_IN)}".encode())
    for installed in _installed():
        ground.update(installed.encode())
    hashed: dict[str, str] = {}
    keys = []
    for unit in units:
        digest = ground.copy()
        for point in unit.points:
            top = point.top_package
            if top not in hashed:
                hashed[top] = _hash_package(top)
            digest.update(f"|{point}|{hashed[top]}".encode())
        if unit.file is not None:
            digest.update(f"|{unit.file.name}|{_changed_at(unit.file)}|".encode() + (content_of(unit.file) or b""))
        keys.append(digest.hexdigest())
    return keys


def _seen(folder: Path) -> list[tuple[str, int]]:
    """Return the name and modification time of each dropped-in file, to detect changes at each request."""
    return [(path.name, _changed_at(path)) for path in dropped_in_files(folder)]


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _installed() -> list[str]:
    """Return the sorted names of the metadata folders of installed packages, which contain name and version."""
    found: set[str] = set()
    for place in sys.path:
        try:
            found.update(name for name in os.listdir(place or ".") if name.endswith((".dist-info", ".egg-info")))
        except OSError:
            continue
    return sorted(found)


def _hash_package(top: str) -> str:
    """Return a hash over the Python files of a top-level package, which is found without importing it."""
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return "absent"
    if spec.submodule_search_locations:
        files = [path for folder in spec.submodule_search_locations for path in sorted(Path(folder).rglob("*.py"))]
    else:
        files = [Path(spec.origin)] if spec.origin else []
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path).encode())
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError:  # the file was removed in the meantime
            digest.update(b"gone")
    return digest.hexdigest()


def _import_failed(error: Exception) -> Texts:
    """Return language code → error text for plugins that a child process failed to import."""
    return filled(texts_of(Message("the import failed: {reason}")), reason=reason_of(error))


def _broken(unit: _Unit, error: Texts) -> JsonObject:
    if unit.file is not None:
        name, kind, origin = unit.file.stem, "unknown", f"plugins/{unit.file.name}"
        version = file_version(unit.file)
    else:
        point = unit.points[0]
        name, kind, origin, version = point.name, point.kind, point.origin, point.version
    return {"name": name, "kind": kind, "version": version, "origin": origin, "error": dict(error)}


def _refuse_doubles(plugins: Iterable[PluginOut]) -> PluginList:
    """Return the plugins, with an error on each whose name an earlier working plugin already uses."""
    holders: dict[str, PluginOut] = {}
    result = []
    for plugin in plugins:
        if plugin.error is None and plugin.name in holders:
            taken = Message(
                "the name {name!r} is already used by {place}; rename this plugin",
                {"name": plugin.name, "place": holders[plugin.name].origin},
            )
            error = texts_of(taken)
            plugin = plugin.model_copy(update={"error": error, "config_schema": None})
        elif plugin.error is None:
            holders[plugin.name] = plugin
        result.append(plugin)
    return result
