"""Outbox of messages: each message is a row that is written in the transaction of its cause and sent later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import JsonValue

from azuraforge.automations.notifications import store
from azuraforge.automations.notifications.tables import Notification, NotificationTarget
from azuraforge.database import Session
from azuraforge.errors import NotFound
from azuraforge.messages import Code


class Wording(Protocol):
    """Function that returns the text of a message in a language."""

    def __call__(self, language: Code, count: int, /) -> tuple[str, str]:
        """Return title and text; ``count`` is the number of messages that are grouped into this one."""
        ...


def put(
    session: Session, target: str, source: str, cause: str, wording: Wording, data: Mapping[str, JsonValue]
) -> Notification:
    """Add a message for a target, or group it with an unsent message of the same source; return the message.

    ``source`` is an id, such as that of an automation, and ``cause`` a key that is unique for each target. ``data`` is
    sent with the texts of ``wording``.

    The first message of a source is sent immediately; later ones within the target's ``group_seconds`` are sent as one
    message at the end of that period. A message to a silenced target is stored but not sent. Raises NotFound if the
    target does not exist.
    """
    found = store.target(session, target)
    if found is None:
        raise NotFound(
            "notification target {target!r} does not exist",
            where="step.to",
            next_step="azuraforge notifications targets",
            target=target,
        )
    at = store.clock(session)
    last = store.newest_of(session, found.id, source)
    silenced = found.silenced_until is not None and found.silenced_until > at
    if last is not None and last.state == "waiting" and last.attempts == 0 and not silenced:
        title, text = wording(found.language, last.count + 1)
        store.change(session, last, count=last.count + 1, title=title, text=text, data=dict(data))
        return last
    title, text = wording(found.language, 1)
    next_at = at if last is None else max(at, last.created_at + timedelta(seconds=found.group_seconds))
    row = Notification(
        project_id=found.project_id,
        target_id=found.id,
        source=source,
        cause=cause,
        title=title,
        text=text,
        data=dict(data),
        state="silenced" if silenced else "waiting",
        next_at=None if silenced else next_at,
        created_at=at,
    )
    store.add(session, row)
    return row


def escalate(session: Session, id_: str) -> bool:
    """Escalate an unacknowledged message to the second target if it is due; return whether it was escalated."""
    row = store.notification(session, id_, locked=True)
    if row is None or row.escalate_at is None or row.escalate_at > store.clock(session):
        return False
    store.change(session, row, escalate_at=None)
    first = store.target(session, row.target_id)
    second = store.target(session, first.escalate_to) if first is not None and first.escalate_to is not None else None
    if second is None or row.acknowledged_at is not None or row.escalated_at is not None:
        return False
    title, text = row.title, row.text
    put(session, second.id, row.id, f"escalated:{row.id}", lambda _language, _count: (title, text), row.data)
    store.change(session, row, escalated_at=store.clock(session))
    return True


def escalation_at(session: Session, row: Notification, target: NotificationTarget | None) -> datetime | None:
    """Return the time at which to escalate a message to the second target; None if it must not be escalated.

    The waiting time counts from the first attempt to deliver the message, whether or not it succeeded.
    """
    patience = escalation_of(target)
    if patience is None or row.acknowledged_at is not None or row.escalated_at is not None:
        return None
    return (row.first_try_at or store.clock(session)) + patience


def escalation_of(target: NotificationTarget | None) -> timedelta | None:
    """Return the time after which an unacknowledged message to a target is escalated, or None if it never is."""
    if target is None or target.escalate_to is None or target.escalate_after_seconds is None:
        return None
    return timedelta(seconds=target.escalate_after_seconds)
