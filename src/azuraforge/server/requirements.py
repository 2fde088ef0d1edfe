"""The caller that each route requires, read from the route's dependencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from fastapi.routing import APIRoute

from azuraforge.package import Package
from azuraforge.people.access import require_person
from azuraforge.people.administration.access import require_administrator
from azuraforge.projects.access import admin, member, owner
from azuraforge.projects.schemas import Role
from azuraforge.server.documented import PROJECT_ENTRANCES, calls

#: ``nobody`` needs no secret; ``person`` is any authenticated person, without a project.
#: ``administrator`` administers the platform.
Required = Literal["nobody", "person", "administrator", "viewer", "member", "admin", "owner"]

_ROLES: dict[object, Role] = {member: "member", admin: "admin", owner: "owner"}
_ORDER: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Requirement:
    """A method and path of the API, without its prefix, and the lowest role that may call it."""

    method: str
    path: str
    required: Required


def required_by(route: APIRoute) -> Required:
    """Return the lowest role that a route accepts: the highest one among its dependencies."""
    asked = set(calls(route.dependant))
    if asked & PROJECT_ENTRANCES:
        roles = [role for call, role in _ROLES.items() if call in asked]
        return max(roles, key=_ORDER.index, default="viewer")
    if require_administrator in asked:
        return "administrator"
    return "person" if require_person in asked else "nobody"


def requirements(packages: Sequence[Package]) -> list[Requirement]:
    """Return the requirement of every route of the packages, sorted by path and method."""
    found = [
        Requirement(method, route.path, required_by(route))
        for route in _routes(packages)
        for method in sorted(route.methods or ())
    ]
    return sorted(found, key=lambda each: (each.path, each.method))


def _routes(packages: Sequence[Package]) -> Iterator[APIRoute]:
    for package in packages:
        for router in (*package.hot_routers(), *package.routers()):
            yield from (route for route in router.routes if isinstance(route, APIRoute))
