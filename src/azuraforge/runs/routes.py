"""HTTP routes of runs."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.requests import HTTPConnection
from fastapi.responses import FileResponse

from azuraforge.bounds import MOST_NUMBER, Name, cleans_text
from azuraforge.errors import InvalidInput
from azuraforge.paging import PAGE, After, Limit
from azuraforge.processes.points import MAX_STEP
from azuraforge.projects.access import Member, Reader, Unit, while_member
from azuraforge.projects.short_ids import complete
from azuraforge.runs.dry_runs.schemas import RunPlan
from azuraforge.runs.editing.schemas import BulkOut, BulkRequest, RunChange
from azuraforge.runs.external.files import ExternalFiles
from azuraforge.runs.files.previews import FilePreviews
from azuraforge.runs.files.schemas import PreviewOut
from azuraforge.runs.filters.parsing import parse_columns, parse_filter, parse_sort
from azuraforge.runs.filters.store import Selection
from azuraforge.runs.filters.tokens import MOST_CHARACTERS
from azuraforge.runs.filters.tree import mentions
from azuraforge.runs.listing.pages import Listing
from azuraforge.runs.listing.schemas import FieldsOut, RunGroups
from azuraforge.runs.logs.schemas import LogLevel, LogOut
from azuraforge.runs.logs.service import RunLogs
from azuraforge.runs.metrics.schemas import MetricsOut, SeriesPage
from azuraforge.runs.schemas import (
    ArtifactOut,
    ArtifactPage,
    FinishRequest,
    MetricPoints,
    RunDetail,
    RunKind,
    RunOut,
    RunPage,
    RunRequest,
    RunState,
)
from azuraforge.runs.service import RunService
from azuraforge.runs.short_ids import RUNS, RunId
from azuraforge.strict_json import JsonObject
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(prefix="/runs", tags=["runs"])


async def run_service(connection: HTTPConnection) -> RunService:
    service: RunService = connection.app.state.runs
    return service


Service = Annotated[RunService, Depends(run_service)]

#: Maximum number of lines of a log in one response.
MOST_LINES = 5000


async def run_logs(connection: HTTPConnection) -> RunLogs:
    logs: RunLogs = connection.app.state.run_logs
    return logs


async def run_previews(connection: HTTPConnection) -> FilePreviews:
    previews: FilePreviews = connection.app.state.run_previews
    return previews


async def run_files(connection: HTTPConnection) -> ExternalFiles:
    files: ExternalFiles = connection.app.state.run_files
    return files


Files = Annotated[ExternalFiles, Depends(run_files)]
Logs = Annotated[RunLogs, Depends(run_logs)]
Previews = Annotated[FilePreviews, Depends(run_previews)]


_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("", status_code=201)
async def create_run(body: RunRequest, request: Request, access: Member, service: Service, unit: Unit) -> RunDetail:
    """Validate and queue a run."""
    create = partial(service.create, access.project_id, body, access.person_id, unit=unit)
    return await ask_in_turn(request, access.project_id, create)


@router.post("/dry-run")
async def dry_run(body: RunRequest, request: Request, access: Member, service: Service) -> RunPlan:
    """Validate a request as ``POST /runs`` does, and return what the run would use, without starting it."""
    prepared = await ask_in_turn(request, access.project_id, partial(service.prepare, access.project_id, body))
    fields = {name: getattr(prepared, name) for name in RunPlan.model_fields if name != "parts"}
    return RunPlan(**fields, parts=list(prepared.parts))


FilterText = Annotated[
    str,
    Query(
        alias="filter",
        max_length=MOST_CHARACTERS,
        description="condition on fields of runs, such as `state = failed AND metrics.loss.min < 0.1`; see the guide",
    ),
]
Columns = Annotated[
    str,
    Query(
        max_length=MOST_CHARACTERS,
        description="fields to return as `columns`, such as `config.learning_rate, metrics.loss.min, curve.loss`",
    ),
]
State = Annotated[RunState | None, Query(description="only runs in this state")]
Kind = Annotated[RunKind | None, Query(description="only runs of this kind")]
Trash = Annotated[bool, Query(description="whether to list deleted runs instead of existing ones")]
Trials = Annotated[
    bool, Query(description="whether to include the trials of studies if no kind is specified, also not in the filter")
]


async def selection_of(
    service: Service,
    filter_text: FilterText = "",
    state: State = None,
    kind: Kind = None,
    trash: Trash = False,
    trials: Trials = False,
) -> Selection:
    """Return the selection of runs that a request states. Raises InvalidInput if it is not valid."""
    if kind is not None:
        service.check_kind(kind)
    tree = parse_filter(filter_text)
    return Selection(trash, trials or (tree is not None and mentions(tree, "kind")), state, kind, tree)


Selected = Annotated[Selection, Depends(selection_of)]


@router.get("")
async def list_runs(
    access: Reader,
    service: Service,
    selection: Selected,
    sort: Annotated[
        str,
        Query(
            max_length=MOST_CHARACTERS,
            description="up to 3 fields, separated by commas, each descending if it begins with `-`, such as"
            " `-metrics.loss.min, name`; default: `-created_at`. Runs without the field come last",
        ),
    ] = "",
    columns: Columns = "",
    total: Annotated[bool, Query(description="whether to count the runs of all pages")] = False,
    limit: Limit = PAGE,
    after: After = None,
) -> RunPage:
    """List runs, newest first unless sorted. Trials of studies are omitted unless requested."""
    listing = Listing(selection, parse_sort(sort), parse_columns(columns), limit, after, total)
    return await service.lookup.list(access.project_id, listing)


@router.get("/fields")
async def list_run_fields(
    access: Reader,
    service: Service,
    search: Annotated[str, Query(max_length=200, description="text that the names contain")] = "",
) -> FieldsOut:
    """Return the fields of the project's runs that filters, sort orders and columns can name."""
    return await service.lookup.fields(access.project_id, search)


@router.get("/groups")
def group_runs(
    access: Reader,
    service: Service,
    selection: Selected,
    field: Annotated[str, Query(max_length=1000, description="config field, such as `config.learning_rate`")],
    columns: Columns = "",
) -> RunGroups:
    """Group runs by a config field, with mean and spread of the metrics in ``columns``."""
    fields = parse_columns(field)
    if len(fields) != 1:
        raise InvalidInput("runs are grouped by one field", where="field", next_step="name a config field")
    return service.lookup.groups(access.project_id, selection, fields[0], parse_columns(columns))


@router.post("/bulk")
def change_runs(body: BulkRequest, access: Member, service: Service, unit: Unit) -> BulkOut:
    """Change, pin, unpin, cancel, delete or restore up to 500 runs, and return what became of each."""
    return service.editing.each(access.project_id, body, access.person_name, unit=unit)


@router.get("/{run_id}")
async def get_run(connection: HTTPConnection, run_id: Name, access: Reader, service: Service) -> RunDetail:
    """Return a run with its details, but without the data of its metrics, figures and artifacts."""
    run_id = await complete(connection, access, RUNS, run_id)  # faster than a dependency, as this read is frequent
    return await service.lookup.get(access.project_id, run_id)


@router.patch("/{run_id}")
def change_run(run_id: RunId, body: RunChange, access: Member, service: Service, unit: Unit) -> RunDetail:
    """Change the name, note or tags of a run; fields that are omitted stay as they are."""
    service.editing.change(access.project_id, run_id, body, unit=unit)
    return service.get(access.project_id, run_id)


@router.delete("/{run_id}", status_code=204)
def delete_run(run_id: RunId, access: Member, service: Service) -> None:
    """Move a run that has ended into the trash."""
    service.trash.delete(access.project_id, run_id, None, access.person_name)


@router.post("/{run_id}/restore")
def restore_run(run_id: RunId, access: Member, service: Service, unit: Unit) -> RunDetail:
    """Restore a run from the trash."""
    service.trash.restore(access.project_id, run_id, None, unit=unit)
    return service.get(access.project_id, run_id)


@router.put("/{run_id}/pin")
def pin_run(run_id: RunId, access: Member, service: Service) -> RunDetail:
    """Pin a run, so that it is kept regardless of its age."""
    service.trash.pin(access.project_id, run_id, True)
    return service.get(access.project_id, run_id)


@router.delete("/{run_id}/pin", status_code=204)
def unpin_run(run_id: RunId, access: Member, service: Service) -> None:
    """Unpin a run, so that the project's retention policy applies to it again."""
    service.trash.pin(access.project_id, run_id, False)


@router.post("/{run_id}/cancel")
def cancel_run(run_id: RunId, access: Member, service: Service, unit: Unit) -> RunDetail:
    """Cancel a queued run, or request that a running run stop."""
    return service.cancel(access.project_id, run_id, unit=unit)


@router.post("/{run_id}/resume")
def resume_run(run_id: RunId, access: Member, service: Service, unit: Unit) -> RunDetail:
    """Requeue a failed, cancelled or quarantined run; it continues from its newest intact checkpoint."""
    return service.resume(access.project_id, run_id, unit=unit)


@router.get("/{run_id}/series")
async def list_series(
    run_id: RunId,
    access: Reader,
    service: Service,
    search: Annotated[str, Query(max_length=200, description="text that the names contain; case is ignored")] = "",
    limit: Limit = PAGE,
    after: After = None,
) -> SeriesPage:
    """List the curves of a run without their points, sorted by name."""
    return await service.lookup.series(access.project_id, run_id, search=search, limit=limit, after=after)


@router.get("/{run_id}/log")
def read_log(
    run_id: RunId,
    access: Reader,
    logs: Logs,
    attempt: Annotated[int | None, Query(ge=1, le=MOST_NUMBER, description="attempt; default: the newest")] = None,
    after: Annotated[int, Query(ge=0, le=MOST_NUMBER, description="number of the first line, counted from 0")] = 0,
    last: Annotated[
        int | None, Query(ge=1, le=MOST_LINES, description="return the last lines instead, this many at most")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LINES, description="maximum number of lines")] = 500,
    search: Annotated[str, Query(max_length=200, description="text that the lines contain; case is ignored")] = "",
    level: Annotated[LogLevel | None, Query(description="lowest level of the lines")] = None,
) -> LogOut:
    """Return a part of the log of an attempt, also while the attempt is running."""
    return logs.read(
        access.project_id,
        run_id,
        attempt=attempt,
        after=after,
        last=last,
        limit=limit,
        search=search,
        level=level,
    )


@router.get("/{run_id}/previews/{name:path}")
async def preview_artifact(
    request: Request, run_id: RunId, name: Name, access: Reader, previews: Previews
) -> PreviewOut:
    """Return the beginning of a file that a run produced, as text or as a table."""
    return await ask_in_turn(request, access.project_id, partial(previews.preview, access.project_id, run_id, name))


@router.get("/{run_id}/metrics")
async def get_metrics(
    run_id: RunId,
    access: Reader,
    service: Service,
    series: Annotated[list[Name] | None, Query(max_length=1000, description="names of series; default: all")] = None,
    max_points: Annotated[int, Query(ge=3, le=100_000, description="maximum number of points per series")] = 1000,
    times: Annotated[bool, Query(description="whether to include the time at which each point was logged")] = False,
    from_step: Annotated[int | None, Query(ge=-MAX_STEP, le=MAX_STEP, description="first step; default: all")] = None,
    to_step: Annotated[int | None, Query(ge=-MAX_STEP, le=MAX_STEP, description="last step; default: all")] = None,
) -> MetricsOut:
    """Return the curves of a run, each reduced to at most ``max_points`` points; spikes are kept."""
    return await service.lookup.metrics(
        access.project_id, run_id, series, max_points, times=times, between=(from_step, to_step)
    )


@router.post("/{run_id}/metrics")
@cleans_text
def record_metrics(run_id: RunId, body: MetricPoints, access: Member, service: Service, unit: Unit) -> RunOut:
    """Store points and progress of an external run; points that are already stored are skipped."""
    return service.record(access.project_id, run_id, access.person_id, body, unit=unit)


@router.post("/{run_id}/lease")
def renew_lease(run_id: RunId, access: Member, service: Service, unit: Unit) -> RunOut:
    """Renew the lease of an external run; the response states whether cancellation was requested."""
    return service.renew_lease(access.project_id, run_id, access.person_id, unit=unit)


@router.post("/{run_id}/finish")
@cleans_text
def finish_run(run_id: RunId, body: FinishRequest, access: Member, service: Service, unit: Unit) -> RunOut:
    """End an external run."""
    return service.finish(access.project_id, run_id, access.person_id, body, unit=unit)


@router.get("/{run_id}/figures/{name}")
def get_figure(run_id: RunId, name: Name, access: Reader, service: Service) -> JsonObject:
    """Return the data of a figure. The schema ``Figures`` defines the shapes of the built-in figures."""
    return service.figure(access.project_id, run_id, name)


@router.get("/{run_id}/artifacts")
async def list_artifacts(
    run_id: RunId, access: Reader, service: Service, limit: Limit = PAGE, after: After = None
) -> ArtifactPage:
    """List the files that a run produced."""
    return await service.lookup.artifacts(access.project_id, run_id, limit=limit, after=after)


@router.put("/{run_id}/artifacts/{name:path}", openapi_extra=_FILE)
async def add_artifact(
    request: Request,
    run_id: RunId,
    name: Name,
    access: Member,
    files: Files,
    kind: Annotated[Literal["file", "figure", "table"], Query(description="kind of the file")] = "file",
) -> ArtifactOut:
    """Add a file to a running external run, or replace the file of this name; the body is the file's content."""
    checked = partial(while_member, request, access)
    body = request.stream()
    return await files.receive(access.project_id, run_id, access.person_id, name, kind, body, checked)


@router.get("/{run_id}/artifacts/{name:path}", response_class=FileResponse)
def get_artifact(run_id: RunId, name: Name, access: Reader, service: Service) -> Response:
    """Download a file that a run produced."""
    artifact, path = service.artifact(access.project_id, run_id, name)
    headers = {"X-Content-Type-Options": "nosniff", "ETag": f'"{artifact.sha256}"'}
    filename = artifact.name.rpartition("/")[2]
    return FileResponse(path, media_type=artifact.media_type, filename=filename, headers=headers)
