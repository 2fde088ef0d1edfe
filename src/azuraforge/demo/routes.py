"""HTTP routes of the demo."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.requests import HTTPConnection

from azuraforge.demo.schemas import DemoOut
from azuraforge.demo.service import DemoService
from azuraforge.projects.access import Member, Reader

router = APIRouter(prefix="/loop-demo", tags=["loop"])


async def demo_service(connection: HTTPConnection) -> DemoService:
    service: DemoService = connection.app.state.loop_demo
    return service


Service = Annotated[DemoService, Depends(demo_service)]


@router.get("")
def show_demo(access: Reader, service: Service) -> DemoOut:
    """Return the demo of a model that keeps learning: its lines so far, and its closing table."""
    return service.show(access.project_id)


@router.post("", status_code=202)
def start_demo(access: Member, service: Service) -> DemoOut:
    """Start the demo. Answers 409 if it is running."""
    return service.start(access)


@router.post("/cancel")
def cancel_demo(access: Member, service: Service) -> DemoOut:
    """Stop the demo and pause its automations; dataset and model stay."""
    return service.cancel(access.project_id)
