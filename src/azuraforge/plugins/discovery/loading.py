"""Discovery and loading of plugins.

Plugins are entry points of installed distributions, as the built-in ones are, or ``*.py`` files in the folder
``plugins/`` of the data home. ``entry_points`` and ``dropped_in_files`` find them without importing their code;
``load_plugin`` imports one and is called in child processes only.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Literal, TypeVar, overload

from azuraforge.errors import InvalidInput, NotFound, one_line
from azuraforge.plugins.contract.agent import Agent
from azuraforge.plugins.contract.metric import AnyMetric, Metric
from azuraforge.plugins.contract.notifier import Notifier
from azuraforge.plugins.contract.online.features import AnyFeatures, Features
from azuraforge.plugins.contract.online.learner import AnyLearner, Learner
from azuraforge.plugins.contract.pipeline import AnyPipeline, Pipeline
from azuraforge.plugins.contract.source import Source
from azuraforge.plugins.contract.task_kind import AnyTaskKind, TaskKind

T = TypeVar("T")

#: Kind of plugin → entry-point group.
GROUPS: dict[str, str] = {
    "pipeline": "azuraforge.pipelines",
    "source": "azuraforge.sources",
    "agent": "azuraforge.agents",
    "notifier": "azuraforge.notifiers",
    "task_kind": "azuraforge.task_kinds",
    "metric": "azuraforge.metrics",
    "learner": "azuraforge.learners",
    "features": "azuraforge.features",
}
CONTRACTS: dict[str, type[object]] = {
    "pipeline": Pipeline,
    "source": Source,
    "agent": Agent,
    "notifier": Notifier,
    "task_kind": TaskKind,
    "metric": Metric,
    "learner": Learner,
    "features": Features,
}
#: Kind of plugin → class attribute that holds the model of its input. A metric has none.
ACCEPTS: dict[str, str] = {
    "pipeline": "Config",
    "source": "Options",
    "agent": "Request",
    "notifier": "Options",
    "task_kind": "Config",
    "learner": "Config",
    "features": "Config",
}
#: Kind of plugin → further class attributes that it must have.
_NEEDS: dict[str, tuple[str, ...]] = {
    "pipeline": ("kind",),
    "task_kind": ("name", "baselines", "metrics", "ranked_by", "gate_metrics", "objectives"),
    "metric": ("name", "task", "facts"),
    "learner": ("task",),
}
BUILT_IN = "azuraforge"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MODULE_PREFIX = "azuraforge_dropped_in_"
#: Path of each dropped-in file that this process has imported → version and module.
_loaded: dict[Path, tuple[str, ModuleType]] = {}


@dataclass(frozen=True)
class EntryPoint:
    """A plugin that an installed distribution declares; ``value`` has the form ``package.module:Class``."""

    kind: str
    name: str
    value: str
    distribution: str
    version: str

    @property
    def origin(self) -> str:
        """Name and version of the distribution."""
        return f"{self.distribution} {self.version}"

    @property
    def top_package(self) -> str:
        """Name of the top-level package that contains the plugin."""
        return self.value.partition(":")[0].partition(".")[0]


def entry_points() -> list[EntryPoint]:
    """Return the plugins of all installed distributions, built-in ones first, without importing them."""
    everything = importlib.metadata.entry_points()  # one call for all groups, as each call reads every distribution
    # Cached, because each access to a distribution's name parses its metadata.
    named: dict[importlib.metadata.Distribution | None, tuple[str, str]] = {}
    found = []
    for kind, group in GROUPS.items():
        for point in everything.select(group=group):
            if point.dist not in named:
                named[point.dist] = (_name_of(point.dist), _version_of(point.dist))
            found.append(EntryPoint(kind, point.name, point.value, *named[point.dist]))
    return sorted(found, key=lambda point: (point.distribution != BUILT_IN, point.distribution, point.kind, point.name))


@cache
def _announced(path: tuple[str, ...]) -> list[EntryPoint]:
    """Return ``entry_points`` from a cache: a child process loads many plugins, and reading metadata takes 50 ms."""
    return entry_points()


def dropped_in_files(folder: Path) -> list[Path]:
    """Return the ``*.py`` files in ``folder``, sorted by name, without names that start with ``_`` or ``.``."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.glob("*.py") if path.name[0] not in "._" and path.is_file())


def file_version(path: Path) -> str:
    """Return the version of a dropped-in file: a shortened hash of its content; ``unreadable`` if it cannot be read."""
    content = content_of(path)
    return "unreadable" if content is None else f"sha256:{hashlib.sha256(content).hexdigest()[:12]}"


def content_of(path: Path) -> bytes | None:
    """Return the content of the file; None if it cannot be read or no longer exists."""
    try:
        return path.read_bytes()
    except OSError:
        return None


@overload
def load_plugin(kind: Literal["pipeline"], name: str, plugins_folder: Path | str | None) -> type[AnyPipeline]: ...
@overload
def load_plugin(kind: Literal["source"], name: str, plugins_folder: Path | str | None) -> type[Source]: ...
@overload
def load_plugin(kind: Literal["agent"], name: str, plugins_folder: Path | str | None) -> type[Agent]: ...
@overload
def load_plugin(kind: Literal["notifier"], name: str, plugins_folder: Path | str | None) -> type[Notifier]: ...
@overload
def load_plugin(kind: Literal["task_kind"], name: str, plugins_folder: Path | str | None) -> type[AnyTaskKind]: ...
@overload
def load_plugin(kind: Literal["learner"], name: str, plugins_folder: Path | str | None) -> type[AnyLearner]: ...
@overload
def load_plugin(kind: Literal["features"], name: str, plugins_folder: Path | str | None) -> type[AnyFeatures]: ...
@overload
def load_plugin(kind: str, name: str, plugins_folder: Path | str | None) -> type[object]: ...
def load_plugin(kind: str, name: str, plugins_folder: Path | str | None) -> type[object]:
    """Import and return the class of one plugin. Only child processes may call it.

    An installed plugin takes precedence over a dropped-in file with the same name. Only files whose text contains the
    name are imported, so that other, possibly broken files are left alone.

    Raises:
        NotFound: if no plugin of this kind has this name.
        InvalidInput: if the plugin, or a file that mentions its name, is broken.
    """
    for point in _announced(tuple(sys.path)):
        if (point.kind, point.name) == (kind, name):
            return load_entry_point(point)
    files = dropped_in_files(Path(plugins_folder)) if plugins_folder else []
    mentions = [path for path in files if name.encode() in (content_of(path) or b"")]
    broken: InvalidInput | None = None
    for path in mentions:
        try:
            for defined_kind, defined_name, plugin in classes_of(load_file(path)):
                if (defined_kind, defined_name) == (kind, name):
                    return check_class(kind, plugin)
        except InvalidInput as error:
            broken = error
    if broken is not None:
        raise InvalidInput(
            "{problem}",
            where="plugin {name!r}",
            next_step="repair the plugin; azuraforge plugins list shows all errors",
            problem=broken,
            name=name,
        )
    raise NotFound(
        "plugin {name!r} of kind {kind} does not exist", next_step="run azuraforge plugins list", kind=kind, name=name
    )


def load_task_kind(name: str, plugins_folder: Path | str | None) -> AnyTaskKind:
    """Return a task kind with the metrics that other plugins add to it. Only child processes may call it.

    Raises NotFound if no plugin defines the kind, and InvalidInput if the kind is broken. Broken metrics are left out.
    """
    return load_plugin("task_kind", name, plugins_folder)(_metrics_of(name, plugins_folder))


def _metrics_of(task: str, plugins_folder: Path | str | None) -> list[AnyMetric]:
    """Return the metrics that plugins add to ``task``. Broken ones are left out; the plugin list shows their error."""
    found: list[type[object]] = []
    for point in _announced(tuple(sys.path)):
        if point.kind == "metric":
            with contextlib.suppress(InvalidInput):
                found.append(load_entry_point(point))
    for path in dropped_in_files(Path(plugins_folder)) if plugins_folder else []:
        content = content_of(path) or b""
        if b"Metric" in content and task.encode() in content:
            with contextlib.suppress(InvalidInput):
                found += [
                    check_class(kind, plugin) for kind, _, plugin in classes_of(load_file(path)) if kind == "metric"
                ]
    return [plugin() for plugin in found if issubclass(plugin, Metric) and plugin.task == task]


def load_entry_point(point: EntryPoint) -> type[object]:
    """Import and return the class of an entry point.

    Raises InvalidInput if the import fails or the class is not a complete plugin of its kind.
    """
    module_name, _, attribute = point.value.partition(":")
    plugin: object = _import(lambda: importlib.import_module(module_name), point.origin)
    for part in attribute.split("."):
        plugin = getattr(plugin, part, None)
    if plugin is None:
        raise InvalidInput(
            "module {module} has no attribute {attribute!r}",
            where="{place}",
            next_step="repair the entry point of the package",
            module=module_name,
            attribute=attribute,
            place=point.origin,
        )
    return check_class(point.kind, plugin)


def load_file(path: Path) -> ModuleType:
    """Import a dropped-in file as a module and return it.

    An unchanged file is imported once per process, so that a task kind and its pipelines use the same classes. Raises
    InvalidInput if the import fails.
    """
    version = file_version(path)
    known = _loaded.get(path)
    if known is not None and known[0] == version and known[1].__name__ in sys.modules:
        return known[1]
    name = _MODULE_PREFIX + path.stem.replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidInput(
            "{path} cannot be imported",
            where="{place}",
            next_step="give the file a name that ends in .py",
            path=path.name,
            place=str(path),
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pydantic look up the module that defines them
    loader = spec.loader
    try:
        _import(lambda: loader.exec_module(module), path.name)
    except InvalidInput:
        del sys.modules[name]
        raise
    _loaded[path] = (version, module)
    return module


def classes_of(module: ModuleType) -> Iterator[tuple[str, str, type[object]]]:
    """Yield the kind, the name and the class of each plugin that the module of a dropped-in file defines.

    Abstract classes without a name are base classes and are skipped. Raises InvalidInput if a concrete class has no
    name.
    """
    for defined in list(vars(module).values()):
        if not inspect.isclass(defined) or defined.__module__ != module.__name__:
            continue
        kind = next((kind for kind, contract in CONTRACTS.items() if issubclass(defined, contract)), None)
        if kind is None:
            continue
        name = getattr(defined, "name", None)
        if not isinstance(name, str) or not name:
            if inspect.isabstract(defined):
                continue
            raise InvalidInput(
                "class {defined} has no name",
                where="{place}",
                next_step='add name = "…" to class {defined}',
                place=module.__name__.removeprefix(_MODULE_PREFIX) + ".py",
                defined=defined.__name__,
            )
        yield kind, name, defined


def check_name(name: str) -> None:
    """Raise InvalidInput if ``name`` is not a valid plugin name; names occur in URLs and on command lines."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "{name!r} is not a valid plugin name",
            next_step="use at most 100 letters, digits, '.', '_' and '-'",
            name=name,
        )


def check_class(kind: str, plugin: object) -> type[object]:
    """Return ``plugin`` as a class. Raises InvalidInput if it does not implement the contract of its kind."""
    contract = CONTRACTS[kind]
    if not (inspect.isclass(plugin) and issubclass(plugin, contract)):
        raise InvalidInput(
            "{plugin} is not a subclass of azuraforge.plugins.{contract}",
            next_step="derive the plugin from that class",
            plugin=repr(plugin),
            contract=contract.__name__,
        )
    missing = sorted(getattr(plugin, "__abstractmethods__", ()))
    if missing:
        raise InvalidInput(
            "class {plugin} does not implement {missing}",
            next_step="add the missing methods",
            plugin=plugin.__name__,
            missing=", ".join(missing),
        )
    wanted = [ACCEPTS[kind]] if kind in ACCEPTS else []
    for attribute in (*wanted, *_NEEDS.get(kind, ())):
        if not hasattr(plugin, attribute):
            raise InvalidInput(
                "class {plugin} has no attribute {attribute}",
                next_step="add the attribute",
                plugin=plugin.__name__,
                attribute=attribute,
            )
    return plugin


def _import(load: Callable[[], T], origin: str) -> T:
    try:
        return load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a third-party module may raise anything, such as SystemExit
        raise InvalidInput(
            "{reason}", where="{place}", next_step="repair the plugin", reason=one_line(error), place=origin
        ) from error


def _name_of(dist: importlib.metadata.Distribution | None) -> str:
    return dist.name if dist else "unknown"


def _version_of(dist: importlib.metadata.Distribution | None) -> str:
    return dist.version if dist else "0"
