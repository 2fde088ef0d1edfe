"""Contributions of the package ``people`` to the platform: sign-in and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.events.package import NOTIFIER
from azuraforge.package import Package, Service, Services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

    from azuraforge.people.service import PeopleService


def _people(services: Services) -> PeopleService:
    from azuraforge.people.service import PeopleService

    return PeopleService(services[DATABASE], services[NOTIFIER].notify_forget)


def _routers() -> Sequence[APIRouter]:
    from azuraforge.people.routes import router

    return [router]


PEOPLE: Service[PeopleService] = Service("people", _people)

PACKAGE = Package("people", tables=("tables", "store"), routers=_routers, served={"people": PEOPLE})
