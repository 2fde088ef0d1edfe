"""The protocol by which a package states what it adds to the platform, and the services that a process builds from it.

Every package has a module ``package.py`` that exports one ``Package``, named ``PACKAGE``: its tables, its routers, the
services that its routes use, and its contributions to the extension points of other packages (handlers of runs,
background loops, trash bins, objections to a deletion). ``server.packages`` lists them, and the platform iterates.

A package's module is light: it imports what it builds inside the functions that build it. So a process loads only what
it uses; a worker, for example, loads no HTTP framework.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from fastapi import APIRouter
    from pydantic import BaseModel

    from azuraforge.settings import Settings

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class BackgroundLoop(Protocol):
    """Work that a process repeats on a thread of its own while the platform runs."""

    def start(self) -> None: ...
    def stop(self) -> None:
        """End the loop; harmless where it was not started."""
        ...


@dataclass(frozen=True, eq=False)
class Service(Generic[T_co]):
    """The key of one service, with the recipe by which a process builds it when it is first needed.

    Args:
        name: for error messages.
        build: None where each kind of process supplies its own.
        close: called when the process ends, in the reverse order of building.
    """

    name: str
    build: Callable[[Services], T_co] | None = None
    close: Callable[[T_co], None] | None = None


@dataclass(frozen=True, eq=False)
class Extension(Generic[T]):
    """A point at which any package adds items of one type to a list that another package uses."""

    name: str

    def add(self, build: Callable[[Services], Iterable[T]]) -> Contribution:
        """Declare items for this point; ``build`` is called at most once for each process."""
        return Contribution(self, build)


@dataclass(frozen=True, eq=False)
class Contribution:
    """Items that a package adds to an extension point; create one with ``Extension.add``."""

    point: object
    build: Callable[[Services], Iterable[object]]


@dataclass(frozen=True)
class Package:
    """The declaration of one package.

    Args:
        name: the package's folder.
        tables: modules, relative to the package, whose import registers tables and cross-project queries.
        hot_routers: return the routers with the most requested paths, which come before those of other packages.
        routers: return the other routers.
        served: services that routes find at ``app.state.<name>``.
        contributions: items for extension points.
        figures: return the shapes of the figures that its part of a run draws, by name; the API's document states them.
        summaries: return the shapes of the summaries of its kinds of runs; the API's document states them.
        events: return the shapes of the events that it appends to the log; the API's document states them.
    """

    name: str
    tables: tuple[str, ...] = ()
    hot_routers: Callable[[], Sequence[APIRouter]] = tuple
    routers: Callable[[], Sequence[APIRouter]] = tuple
    served: Mapping[str, Service[object]] = field(default_factory=dict)
    contributions: tuple[Contribution, ...] = ()
    figures: Callable[[], Mapping[str, type[BaseModel]]] = dict
    summaries: Callable[[], Sequence[type[BaseModel]]] = tuple
    events: Callable[[], Sequence[type[BaseModel]]] = tuple

    def import_tables(self) -> None:
        """Import the modules that hold tables and cross-project queries."""
        for module in self.tables:
            importlib.import_module(f"azuraforge.{self.name}.{module}")


#: The settings of this process.
SETTINGS: Service[Settings] = Service("settings")
#: Loops that exactly one process of an embedded platform, and each scheduler of a scaled one, runs.
LOOPS: Extension[BackgroundLoop] = Extension("background loops")


class Services:
    """The services of one process: each is built when it is first needed, and closed when the process ends.

    Args:
        packages: lowest first; contributions to an extension point come in this order.
        supplied: services that are there already or are built in another way than their key says.
    """

    def __init__(
        self, packages: Sequence[Package], supplied: Mapping[Service[object], Callable[[Services], object]]
    ) -> None:
        self.packages = tuple(packages)
        self._supplied = dict(supplied)
        self._built: dict[Service[object], object] = {}
        self._items: dict[Contribution, tuple[object, ...]] = {}
        self._building: list[Service[object]] = []
        self._lock = threading.RLock()

    def __getitem__(self, service: Service[T]) -> T:
        """Return the service, built now if necessary. Raises LookupError where nothing says how."""
        with self._lock:
            if service not in self._built:
                self._built[service] = self._build(service)
            return cast(T, self._built[service])

    def all(self, point: Extension[T]) -> list[T]:
        """Return the items that packages added to an extension point, those of the lowest package first."""
        with self._lock:
            found = [each for package in self.packages for each in package.contributions if each.point is point]
            for each in found:
                if each not in self._items:
                    self._items[each] = tuple(each.build(self))
            return cast(list[T], [item for each in found for item in self._items[each]])

    def close(self) -> None:
        """Close every service that was built, the last one first."""
        with self._lock:
            while self._built:
                service, built = self._built.popitem()
                if service.close is not None:
                    service.close(built)

    def _build(self, service: Service[object]) -> object:
        if service in self._building:
            names = " → ".join(each.name for each in [*self._building, service])
            raise LookupError(f"services need each other: {names}")
        build = self._supplied.get(service, service.build)
        if build is None:
            raise LookupError(f"this process supplies no {service.name}")
        self._building.append(service)
        try:
            return build(self)
        finally:
            self._building.pop()
