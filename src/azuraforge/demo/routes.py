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
    """Return the progress of the demo: its events so far, and its closing table once it has ended."""
    return service.show(access.project_id)


@router.post("", status_code=202)
def start_demo(access: Member, service: Service) -> DemoOut:
    """Start the demo. Responds with 409 if it is already running."""
    return service.start(access)


@router.post("/cancel")
def cancel_demo(access: Member, service: Service) -> DemoOut:
    """Stop the demo and pause its automations; its dataset and model are kept."""
    return service.cancel(access.project_id)
