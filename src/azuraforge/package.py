"""Declarations by which packages extend the platform, and the services that a process builds from them.

Every package has a module ``package.py`` that exports one ``Package``, named ``PACKAGE``: its tables, its routers, the
services that its routes use, and its contributions to the extension points of other packages (handlers of runs,
background loops, trash bins, objections to a deletion). ``server.packages`` lists all packages, and the platform
iterates over this list.

The module ``package.py`` is cheap to import: its functions import what they build. So a process loads only what it
uses; a worker, for example, loads no HTTP framework.
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
    """Work that a process repeats in a separate thread while the platform runs."""

    def start(self) -> None: ...
    def stop(self) -> None:
        """Stop the loop; does nothing if the loop was not started."""
        ...


@dataclass(frozen=True, eq=False)
class Service(Generic[T_co]):
    """Key of a service, with the function that builds it when it is first needed.

    Args:
        name: name in error messages.
        build: builds the service; None if each kind of process supplies its own.
        close: closes the service when the process ends; services are closed in the reverse order of building.
    """

    name: str
    build: Callable[[Services], T_co] | None = None
    close: Callable[[T_co], None] | None = None


@dataclass(frozen=True, eq=False)
class Extension(Generic[T]):
    """A named extension point: any package can add items of one type, which another package uses."""

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
        hot_routers: returns the routers of the most requested paths, which are registered before all others.
        routers: returns the other routers.
        served: services that routes find at ``app.state.<name>``.
        contributions: items for extension points.
        figures: returns the schemas of the figures that its run kinds draw, by name, for the OpenAPI document.
        summaries: returns the schemas of the summaries of its run kinds, for the OpenAPI document.
        events: returns the schemas of the events that it appends to the log, for the OpenAPI document.
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
        """Import the modules that declare tables and cross-project queries."""
        for module in self.tables:
            importlib.import_module(f"azuraforge.{self.name}.{module}")


#: The settings of this process.
SETTINGS: Service[Settings] = Service("settings")
#: Background loops, which run in the one process of an embedded platform and in each scheduler of a scaled one.
LOOPS: Extension[BackgroundLoop] = Extension("background loops")


class Services:
    """The services of one process: each is built when it is first needed and closed when the process ends.

    Args:
        packages: lowest layer first; items of an extension point are in this order.
        supplied: functions that replace ``Service.build`` of their key in this process.
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
        """Return the service; build it on first access.

        Raises LookupError if no function builds the service, or if building it requires the service itself.
        """
        with self._lock:
            if service not in self._built:
                self._built[service] = self._build(service)
            return cast(T, self._built[service])

    def all(self, point: Extension[T]) -> list[T]:
        """Return the items that packages added to an extension point, in the order of the packages."""
        with self._lock:
            found = [each for package in self.packages for each in package.contributions if each.point is point]
            for each in found:
                if each not in self._items:
                    self._items[each] = tuple(each.build(self))
            return cast(list[T], [item for each in found for item in self._items[each]])

    def close(self) -> None:
        """Close every service that was built, in the reverse order of building."""
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
