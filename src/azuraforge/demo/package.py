"""Registration of the package ``demo`` with the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.package import SETTINGS, Package, Service, Services
from azuraforge.projects.package import PROJECTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

    from azuraforge.demo.service import DemoService


def _demo(services: Services) -> DemoService:
    from azuraforge.client.http.address import AddressBook
    from azuraforge.demo.service import DemoService

    settings = services[SETTINGS]
    book = AddressBook(settings.home, None, None)
    return DemoService(services[PROJECTS], book.announced_url, offered=settings.broker_url is None)


def _close(demo: DemoService) -> None:
    demo.close()


def _routers() -> Sequence[APIRouter]:
    from azuraforge.demo.routes import router

    return [router]


DEMO: Service[DemoService] = Service("loop demo", _demo, _close)

PACKAGE = Package("demo", routers=_routers, served={"loop_demo": DEMO})
