"""Contributions of the package ``runs`` to the platform. Higher packages supply the handlers of runs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.events.package import EVENTS
from azuraforge.package import SETTINGS, Extension, Package, Service, Services
from azuraforge.processes.package import KERNELS, LAUNCHER
from azuraforge.projects.package import BINS, CHORES, CLEARS, FOLDERS, MEASURES, QUOTAS, WORK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter
    from pydantic import BaseModel

    from azuraforge.database import Session
    from azuraforge.projects.quotas.service import Measure
    from azuraforge.runs.artifacts import ArtifactStore
    from azuraforge.runs.dispatch import RunDispatch
    from azuraforge.runs.execution.worker import Worker
    from azuraforge.runs.external.files import ExternalFiles
    from azuraforge.runs.files.previews import FilePreviews
    from azuraforge.runs.handlers import Handler
    from azuraforge.runs.logs.service import RunLogs
    from azuraforge.runs.service import Objection, RunService
    from azuraforge.runs.trash import Needs

#: One handler for each kind of run.
HANDLERS: Extension[Handler] = Extension("handlers of runs")
#: Functions that return which deleted runs are still needed.
RUN_NEEDS: Extension[Needs] = Extension("needs of runs")
#: Functions that raise Conflict if a run may not be resumed.
RESUMING_OBJECTIONS: Extension[Objection] = Extension("objections to resuming a run")

#: Notifier of workers about queued runs; each kind of process supplies its own.
RUN_DISPATCH: Service[RunDispatch] = Service("dispatch of runs")


def _artifacts(services: Services) -> ArtifactStore:
    from azuraforge.runs.artifacts import ArtifactStore

    return ArtifactStore(services[SETTINGS].artifacts)


def _worker(services: Services) -> Worker:
    from azuraforge.runs.execution.worker import Worker

    return Worker(
        services[DATABASE],
        services[EVENTS],
        services[LAUNCHER],
        services[ARTIFACTS],
        services.all(HANDLERS),
        services[SETTINGS],
        kernels=services[KERNELS],
    )


def _runs(services: Services) -> RunService:
    from azuraforge.runs.service import RunService

    return RunService(
        services[DATABASE],
        services[EVENTS],
        services.all(HANDLERS),
        services[ARTIFACTS],
        services[RUN_DISPATCH],
        services[SETTINGS],
        needs=services.all(RUN_NEEDS),
        objections=services.all(RESUMING_OBJECTIONS),
        admit=services[QUOTAS].admit_run,
    )


def _files(services: Services) -> ExternalFiles:
    from azuraforge.runs.external.files import ExternalFiles

    return ExternalFiles(
        services[DATABASE],
        services[EVENTS],
        services[ARTIFACTS],
        services[RUNS].external,
        services[SETTINGS].runs.lease_seconds,
        services[QUOTAS].check,
    )


def _logs(services: Services) -> RunLogs:
    from azuraforge.runs.logs.service import RunLogs

    return RunLogs(services[DATABASE], services[ARTIFACTS], services[SETTINGS].scratch)


def _previews(services: Services) -> FilePreviews:
    from azuraforge.processes.resources.memory import MemoryLimit
    from azuraforge.runs.files.previews import FilePreviews

    memory = MemoryLimit(services[SETTINGS].reading.memory_bytes, "AZURAFORGE_READING__MEMORY_BYTES")
    return FilePreviews(services[DATABASE], services[ARTIFACTS], services[LAUNCHER], memory)


def _sweeper(services: Services) -> Callable[[Collection[str]], object]:
    from azuraforge.runs.execution.scratch import sweep

    return lambda held: sweep(services[DATABASE], services[SETTINGS].scratch, held)


def _ender(services: Services) -> Callable[[Collection[str]], object]:
    from azuraforge.runs.execution.lost_follow_ups import end_lost

    database = services[DATABASE]
    # With PostgreSQL, each worker may have its own disk.
    disk = services[SETTINGS].scratch if database.dialect == "sqlite" else None
    return lambda held: end_lost(database, services[EVENTS], disk, held)


def _clears(services: Services) -> Sequence[Callable[[str], int]]:
    from azuraforge.runs.execution.scratch import clear

    return [lambda project_id: clear(services[DATABASE], services[SETTINGS].scratch, project_id)]


def _work(_: Services) -> Sequence[Callable[[Session], int]]:
    from azuraforge.runs.reads import count_active

    return [count_active]


def _measures(_: Services) -> Sequence[Measure]:
    from azuraforge.projects.quotas.service import Measure
    from azuraforge.runs.reads import artifact_bytes, count_active, count_all

    return [
        Measure("runs", count_active),
        Measure("all_runs", count_all),
        Measure("stored_bytes", artifact_bytes),
    ]


def _routers() -> Sequence[APIRouter]:
    from azuraforge.runs.routes import router

    return [router]


ARTIFACTS: Service[ArtifactStore] = Service("artifact store", _artifacts)
WORKER: Service[Worker] = Service("worker", _worker)
RUNS: Service[RunService] = Service("runs", _runs)
RUN_FILES: Service[ExternalFiles] = Service("files of external runs", _files)
RUN_LOGS: Service[RunLogs] = Service("logs of runs", _logs)
RUN_PREVIEWS: Service[FilePreviews] = Service("previews of runs' files", _previews)


def _events() -> Sequence[type[BaseModel]]:
    from azuraforge.runs.events import EVENTS

    return EVENTS


def _summaries() -> Sequence[type[BaseModel]]:
    from azuraforge.runs.schemas import ExternalSummary

    return [ExternalSummary]


PACKAGE = Package(
    "runs",
    tables=("tables", "lease"),
    hot_routers=_routers,
    served={"runs": RUNS, "run_files": RUN_FILES, "run_logs": RUN_LOGS, "run_previews": RUN_PREVIEWS},
    contributions=(
        BINS.add(lambda services: [services[RUNS].trash]),
        FOLDERS.add(lambda services: [services[SETTINGS].artifacts]),
        CLEARS.add(_clears),
        WORK.add(_work),
        MEASURES.add(_measures),
        CHORES.add(lambda services: [_sweeper(services), _ender(services)]),
    ),
    events=_events,
    summaries=_summaries,
)
