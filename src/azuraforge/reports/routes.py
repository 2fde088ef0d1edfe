"""HTTP route of a run's report."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.requests import HTTPConnection

from azuraforge.projects.access import Reader
from azuraforge.reports.service import MEDIA_TYPES, RunReports
from azuraforge.runs.schemas import ReportFormat, ReportLanguage
from azuraforge.runs.short_ids import RunId
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(prefix="/runs", tags=["runs"])


async def run_reports(connection: HTTPConnection) -> RunReports:
    reports: RunReports = connection.app.state.reports
    return reports


Reports = Annotated[RunReports, Depends(run_reports)]


@router.get(
    "/{run_id}/report",
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}},
)
async def get_report(
    run_id: RunId,
    request: Request,
    access: Reader,
    reports: Reports,
    format: ReportFormat = "html",
    language: ReportLanguage = "en",
) -> Response:
    """Return the run's report as one file with embedded figures."""
    write = partial(reports.write, access.project_id, run_id, format, language)
    report = await ask_in_turn(request, access.project_id, write)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{report.file_name}"',
        "Cache-Control": "private, no-cache",
    }
    return Response(report.content, media_type=report.media_type, headers=headers)
