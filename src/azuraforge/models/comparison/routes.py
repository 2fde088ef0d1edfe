"""HTTP routes of comparisons of runs."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.requests import HTTPConnection

from azuraforge.bounds import Name
from azuraforge.models.comparison.schemas import ComparisonOut, PairOut
from azuraforge.models.comparison.service import MOST_RUNS, Comparisons
from azuraforge.projects.access import Reader
from azuraforge.projects.short_ids import complete
from azuraforge.runs.short_ids import RUNS
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(tags=["comparisons"])


async def comparison_service(connection: HTTPConnection) -> Comparisons:
    service: Comparisons = connection.app.state.comparisons
    return service


Service = Annotated[Comparisons, Depends(comparison_service)]


@router.get("/comparisons")
async def compare_runs(
    connection: HTTPConnection,
    run: Annotated[
        list[Name], Query(min_length=2, max_length=MOST_RUNS, description="run id; repeat the parameter for each run")
    ],
    access: Reader,
    service: Service,
) -> ComparisonOut:
    """Return the metrics of several runs, and the settings in which the runs differ."""
    ids = [await complete(connection, access, RUNS, each) for each in run]
    return await to_thread.run_sync(service.compare, access.project_id, ids)


@router.get("/comparisons/pair")
async def compare_pair(a: Name, b: Name, request: Request, access: Reader, service: Service) -> PairOut:
    """Test whether one run's model is better than another's beyond chance, on the same held-out rows."""
    a, b = [await complete(request, access, RUNS, each) for each in (a, b)]
    return await ask_in_turn(request, access.project_id, partial(service.pair, access.project_id, a, b))
