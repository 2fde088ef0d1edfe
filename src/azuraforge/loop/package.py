"""Registration of the package ``loop`` with the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.package import Package, Service, Services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

    from azuraforge.loop.service import LoopService


def _loop(services: Services) -> LoopService:
    from azuraforge.loop.service import LoopService

    return LoopService(services[DATABASE])


def _routers() -> Sequence[APIRouter]:
    from azuraforge.loop.routes import router

    return [router]


LOOP: Service[LoopService] = Service("loop", _loop)

PACKAGE = Package("loop", routers=_routers, served={"loop": LOOP})
