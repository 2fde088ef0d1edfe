"""HTTP route of a model's state at a past time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.requests import HTTPConnection

from azuraforge.bounds import MomentOrUtc, Name
from azuraforge.models.as_of.schemas import AsOfOut
from azuraforge.models.as_of.service import AsOf
from azuraforge.models.schemas import Alias
from azuraforge.projects.access import Reader

router = APIRouter(tags=["models"])


async def as_of_service(connection: HTTPConnection) -> AsOf:
    service: AsOf = connection.app.state.as_of
    return service


Service = Annotated[AsOf, Depends(as_of_service)]


@router.get("/models/{name}/as-of")
def get_as_of(
    name: Name,
    access: Reader,
    service: Service,
    at: Annotated[MomentOrUtc | None, Query(description="past time; UTC if it has no offset. Default: now")] = None,
    alias: Alias = "champion",
    series: Annotated[
        Name | None, Query(description="name of the series. Default: the series of the newest forecast")
    ] = None,
) -> AsOfOut:
    """Return the version, forecast and data behind an alias at a past time, with the actual values known today."""
    return service.show(access.project_id, name, at, alias, series)
