"""HTTP route of the search."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.requests import HTTPConnection
from pydantic import Field

from azuraforge.projects.access import Reader
from azuraforge.search.schemas import SearchOut
from azuraforge.search.service import SearchService

router = APIRouter(tags=["search"])


async def search_service(connection: HTTPConnection) -> SearchService:
    service: SearchService = connection.app.state.search
    return service


Service = Annotated[SearchService, Depends(search_service)]
Text = Annotated[str, Query(max_length=200, description="part of a name, or the beginning of an id")]
PerKind = Annotated[int, Field(ge=1, le=50, description="maximum number of items of each kind")]


@router.get("/search")
def search(access: Reader, service: Service, q: Text, limit: PerKind = 8) -> SearchOut:
    """Find runs, studies, models and datasets by name or by the beginning of their id."""
    return service.find(access.project_id, q, limit)
