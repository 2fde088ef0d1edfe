"""Contributions of the package ``events`` to the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.package import Package, Service, Services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

    from azuraforge.events.notifier import Notifier
    from azuraforge.events.service import EventLog


def _notifier(services: Services) -> Notifier:
    from azuraforge.events.notifier import Notifier

    return Notifier()


def _events(services: Services) -> EventLog:
    from azuraforge.events.service import EventLog

    return EventLog(services[DATABASE], services[NOTIFIER])


def _routers() -> Sequence[APIRouter]:
    from azuraforge.events.routes import router

    return [router]


NOTIFIER: Service[Notifier] = Service("notifier", _notifier)
EVENTS: Service[EventLog] = Service("event log", _events)

PACKAGE = Package("events", tables=("tables",), routers=_routers, served={"events": EVENTS})
