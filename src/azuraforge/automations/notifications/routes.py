"""HTTP routes of notifications."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.requests import HTTPConnection

from azuraforge.automations.notifications.schemas import (
    NotificationOut,
    NotificationPage,
    SilenceRequest,
    TargetOut,
    TargetPage,
    TargetRequest,
)
from azuraforge.automations.notifications.service import NotificationService
from azuraforge.automations.notifications.tables import Notification, NotificationTarget
from azuraforge.database.short_ids import ShortId
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Admin, Member, Reader, Unit
from azuraforge.projects.short_ids import path_id
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(prefix="/notifications", tags=["notifications"])


async def notification_service(connection: HTTPConnection) -> NotificationService:
    service: NotificationService = connection.app.state.notifications
    return service


Service = Annotated[NotificationService, Depends(notification_service)]
_TARGET = ShortId("notification_target", NotificationTarget.id, NotificationTarget.name)
TargetName = Annotated[str, Depends(path_id("target", _TARGET))]
MessageId = Annotated[str, Depends(path_id("notification", ShortId("notification", Notification.id)))]


def known_target(target: TargetName, access: Admin, service: Service) -> str:
    """Check that the target exists before the body is read, so that a missing target is reported first."""
    service.get(access.project_id, target)
    return target


@router.get("")
def list_notifications(access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> NotificationPage:
    """List messages, newest first."""
    return service.list(access.project_id, limit=limit, after=after)


@router.post("/targets", status_code=201)
async def create_target(
    body: TargetRequest, request: Request, access: Admin, service: Service, unit: Unit
) -> TargetOut:
    """Create a target for messages; its notifier validates the options."""
    create = partial(service.create, access.project_id, body, access.person_name, unit=unit)
    return await ask_in_turn(request, access.project_id, create)


@router.get("/targets")
def list_targets(access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> TargetPage:
    """List targets, sorted by name. Secrets are masked."""
    return service.targets(access.project_id, limit=limit, after=after)


@router.get("/targets/{target}")
def get_target(target: TargetName, access: Reader, service: Service) -> TargetOut:
    """Return one target. Secrets are masked."""
    return service.get(access.project_id, target)


@router.put("/targets/{target}")
async def replace_target(
    target: Annotated[str, Depends(known_target)],
    body: TargetRequest,
    request: Request,
    access: Admin,
    service: Service,
) -> TargetOut:
    """Replace a target; the request must contain all of its options, including secrets."""
    replace = partial(service.replace, access.project_id, target, body, access.person_name)
    return await ask_in_turn(request, access.project_id, replace)


@router.delete("/targets/{target}", status_code=204)
def delete_target(target: TargetName, access: Admin, service: Service) -> None:
    """Delete a target with its messages and secrets."""
    service.delete(access.project_id, target)


@router.post("/targets/{target}/silence")
def silence_target(target: TargetName, body: SilenceRequest, access: Member, service: Service, unit: Unit) -> TargetOut:
    """Silence a target until a time, or end its silence."""
    return service.silence(access.project_id, target, body.until, unit=unit)


@router.post("/targets/{target}/test", status_code=201)
def test_target(target: TargetName, access: Member, service: Service, unit: Unit) -> NotificationOut:
    """Queue a test message for a target."""
    return service.test(access.project_id, target, unit=unit)


@router.get("/{notification}")
def get_notification(notification: MessageId, access: Reader, service: Service) -> NotificationOut:
    """Return one message with its delivery state."""
    return service.notification(access.project_id, notification)


@router.post("/{notification}/acknowledge")
def acknowledge_notification(notification: MessageId, access: Member, service: Service, unit: Unit) -> NotificationOut:
    """Acknowledge a message, so that it is not escalated."""
    return service.acknowledge(access.project_id, notification, access.person_id, unit=unit)
