"""Contributions of the package ``people`` to the platform: sign-in and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.events.package import NOTIFIER
from azuraforge.package import Package, Service, Services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

    from azuraforge.people.accounts import Accounts
    from azuraforge.people.administration.service import PeopleAdministration
    from azuraforge.people.service import PeopleService


def _people(services: Services) -> PeopleService:
    from azuraforge.people.service import PeopleService

    return PeopleService(services[DATABASE], services[NOTIFIER].notify_forget)


def _accounts(services: Services) -> Accounts:
    from azuraforge.people.accounts import Accounts

    return Accounts(services[DATABASE], services[PEOPLE])


def _administration(services: Services) -> PeopleAdministration:
    from azuraforge.people.administration.service import PeopleAdministration

    return PeopleAdministration(services[DATABASE], services[PEOPLE], services[ACCOUNTS])


def _routers() -> Sequence[APIRouter]:
    from azuraforge.people import account_routes, routes
    from azuraforge.people.administration import routes as administration_routes

    return [routes.router, account_routes.router, administration_routes.router]


PEOPLE: Service[PeopleService] = Service("people", _people)

ACCOUNTS: Service[Accounts] = Service("accounts", _accounts)

PEOPLE_ADMINISTRATION: Service[PeopleAdministration] = Service("administration of people", _administration)

PACKAGE = Package(
    "people",
    tables=("tables", "store", "account_store", "administration.store"),
    routers=_routers,
    served={"people": PEOPLE, "accounts": ACCOUNTS, "people_administration": PEOPLE_ADMINISTRATION},
)
