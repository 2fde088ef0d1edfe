"""The role of each route is read from its dependencies, and the guide's table is that of the routes."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from azuraforge.people.access import Person
from azuraforge.projects.access import Admin, Member, Owner, Reader
from azuraforge.server.packages import PACKAGES
from azuraforge.server.requirements import required_by, requirements
from tools import route_roles


async def with_admin(access: Admin) -> str:
    return access.role


@pytest.mark.parametrize(
    ("caller", "required"),
    [
        (int, "nobody"),
        (Person, "person"),
        (Reader, "viewer"),
        (Member, "member"),
        (Admin, "admin"),
        (Owner, "owner"),
        (Annotated[str, Depends(with_admin)], "admin"),
    ],
)
def test_the_role_follows_from_the_dependencies(caller: Any, required: str) -> None:
    router = APIRouter()

    def answer(asked) -> None: ...

    answer.__annotations__ = {"asked": caller}
    router.get("/x")(answer)
    (route,) = router.routes
    assert isinstance(route, APIRoute)
    assert required_by(route) == required


def test_every_route_is_listed_once() -> None:
    found = requirements(PACKAGES)
    assert len(found) > 100
    assert len({(each.method, each.path) for each in found}) == len(found)
    by_place = {(each.method, each.path): each.required for each in found}
    assert by_place["POST", "/sessions"] == "nobody"
    assert by_place["GET", "/projects"] == "person"
    assert by_place["GET", "/runs"] == "viewer"
    assert by_place["POST", "/runs"] == "member"
    assert by_place["POST", "/tokens"] == "admin"


@pytest.mark.parametrize("page", route_roles.PAGES)
def test_the_table_in_the_guide_is_that_of_the_routes(page: str) -> None:
    assert route_roles.page_with_table(page) == (route_roles.DOCS / page).read_text(encoding="utf-8"), (
        "run `make route-roles`"
    )
