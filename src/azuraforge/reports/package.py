"""Contributions of the package ``reports`` to the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.events.package import EVENTS
from azuraforge.package import LOOPS, SETTINGS, Package, Service, Services
from azuraforge.processes.package import LAUNCHER
from azuraforge.runs.package import ARTIFACTS, RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import APIRouter

    from azuraforge.package import BackgroundLoop
    from azuraforge.reports.reporter import Reporter
    from azuraforge.reports.service import RunReports


def _reports(services: Services) -> RunReports:
    from azuraforge.reports.service import RunReports

    return RunReports(services[ARTIFACTS], services[RUNS], services[LAUNCHER].call)


def _reporter(services: Services) -> Reporter:
    from azuraforge.reports.reporter import ROUND_SECONDS

    return reporter(services, ROUND_SECONDS)


def reporter(services: Services, round_seconds: float) -> Reporter:
    """Build a reporter that checks every project once per ``round_seconds``."""
    from azuraforge.reports.reporter import Reporter

    return Reporter(services[DATABASE], services[EVENTS], services[REPORTS], services[LAUNCHER].open, round_seconds)


def _loops(services: Services) -> Iterable[BackgroundLoop]:
    return [services[REPORTER]] if services[SETTINGS].runs.reports else []


def _routers() -> Sequence[APIRouter]:
    from azuraforge.reports.routes import router

    return [router]


REPORTS: Service[RunReports] = Service("reports", _reports)
REPORTER: Service[Reporter] = Service("reporter", _reporter)

PACKAGE = Package("reports", routers=_routers, served={"reports": REPORTS}, contributions=(LOOPS.add(_loops),))
