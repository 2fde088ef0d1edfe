"""Every route that takes an id in its path also takes a shortened one."""

from __future__ import annotations

import inspect

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from azuraforge.server.packages import PACKAGES

#: Path parameters that hold an id, or a name or an id; of models only ``restore`` takes an id.
IDS = {"run_id", "study", "schedule", "prediction_id", "token_id", "automation", "target", "notification"}


def routes() -> list[APIRoute]:
    routers = [router for package in PACKAGES for router in (*package.hot_routers(), *package.routers())]
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


def takes_an_id(route: APIRoute) -> bool:
    names = {parameter.alias for parameter in every_path_parameter(route.dependant)}
    return bool(names & IDS) or ("{name}" in route.path and ("/datasets/" in route.path or "restore" in route.path))


def every_path_parameter(dependant: Dependant) -> list:
    inner = [parameter for each in dependant.dependencies for parameter in every_path_parameter(each)]
    return [*dependant.path_params, *inner]


def completes(dependant: Dependant) -> bool:
    """Return whether the route, or a dependency of it, completes the id."""
    call = dependant.call
    mine = getattr(call, "__name__", "") == "completed" or "await complete(" in inspect.getsource(call)
    return mine or any(completes(each) for each in dependant.dependencies)


FOUND = [route for route in routes() if takes_an_id(route)]


def test_the_search_finds_routes_of_every_noun():
    nouns = {"runs", "studies", "schedules", "datasets", "tokens", "predictions", "models", "evaluations"}
    nouns |= {"automations", "notifications"}
    assert {noun for noun in nouns if any(f"/{noun}/" in route.path for route in FOUND)} == nouns


@pytest.mark.parametrize("route", FOUND, ids=lambda route: f"{sorted(route.methods)[0]} {route.path}")
def test_a_route_with_an_id_completes_it(route):
    assert completes(route.dependant), f"{route.path} takes complete ids only"
