"""HTTP of comparisons."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.requests import HTTPConnection

from azuraforge.bounds import Name
from azuraforge.models.comparison.schemas import ComparisonOut, PairOut
from azuraforge.models.comparison.service import MOST_RUNS, Comparisons
from azuraforge.projects.access import Reader

router = APIRouter(tags=["comparisons"])


async def comparison_service(connection: HTTPConnection) -> Comparisons:
    service: Comparisons = connection.app.state.comparisons
    return service


Service = Annotated[Comparisons, Depends(comparison_service)]


@router.get("/comparisons")
def compare_runs(
    run: Annotated[list[Name], Query(min_length=2, max_length=MOST_RUNS, description="ids, repeated")],
    access: Reader,
    service: Service,
) -> ComparisonOut:
    """Metrics of runs beside one another, and the settings in which they differ."""
    return service.compare(access.project_id, run)


@router.get("/comparisons/pair")
def compare_pair(a: Name, b: Name, access: Reader, service: Service) -> PairOut:
    """Is one run's model better than another's by more than noise, on the same held-out rows?"""
    return service.pair(access.project_id, a, b)
