"""Registration of the package ``search`` with the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.package import Package, Service, Services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

    from azuraforge.search.service import SearchService


def _search(services: Services) -> SearchService:
    from azuraforge.search.service import SearchService

    return SearchService(services[DATABASE])


def _routers() -> Sequence[APIRouter]:
    from azuraforge.search.routes import router

    return [router]


SEARCH: Service[SearchService] = Service("search", _search)

PACKAGE = Package("search", routers=_routers, served={"search": SEARCH})
