"""Client for notifications: targets, and messages that were or will be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape
from azuraforge.client.starting import START_SECONDS


@dataclass(frozen=True, kw_only=True)
class NotificationTarget(Shape):
    """A notification target. Secrets among its options are masked.

    ``secrets`` is ``unreadable`` if their encryption key is lost; messages then fail until the options are set again.
    """

    id: str
    name: str
    notifier: str
    options: dict[str, object] = field(default_factory=dict)
    language: str = "en"
    group_seconds: int = 300
    escalate_to: str | None = None
    escalate_after_seconds: int | None = None
    created_at: datetime | None = None
    silenced_until: datetime | None = None
    secrets: str = "ready"


@dataclass(frozen=True, kw_only=True)
class Notification(Shape):
    """A message with its delivery state."""

    id: str
    target: str
    title: str
    text: str
    count: int = 1
    state: str = "waiting"
    attempts: int = 0
    error: str | None = None
    created_at: datetime | None = None
    next_at: datetime | None = None
    sent_at: datetime | None = None
    escalated_at: datetime | None = None
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class _Targets(Shape):
    items: list[NotificationTarget] = field(default_factory=list)


NotificationList: TypeAlias = list[Notification]
TargetList: TypeAlias = list[NotificationTarget]


class Notifications:
    """Methods of ``client.notifications``. A target is given by its id or name.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create_target(
        self,
        name: str,
        notifier: str,
        options: Mapping[str, object],
        *,
        language: Literal["en", "tr"] = "en",
        group_seconds: int = 300,
        escalate_to: str | None = None,
        escalate_after_seconds: int | None = None,
    ) -> NotificationTarget:
        """Create a notification target.

        Args:
            notifier: name of a notifier plugin, such as ``webhook``.
            options: options of the notifier; secrets among them cannot be read again.
            group_seconds: messages of one source within this time are merged into one.
            escalate_to: a second target, which receives messages that are not acknowledged within
                ``escalate_after_seconds``.

        Raises:
            ApiError: the notifier refuses the options, the name is taken, or the role is below admin (status 403).
        """
        body = {
            "name": name,
            "notifier": notifier,
            "options": dict(options),
            "language": language,
            "group_seconds": group_seconds,
            "escalate_to": escalate_to,
            "escalate_after_seconds": escalate_after_seconds,
        }
        made = self._connection.post("/notifications/targets", body, timeout_seconds=START_SECONDS)
        return NotificationTarget.from_json(made)

    def set_options(self, target: str, options: Mapping[str, object]) -> NotificationTarget:
        """Replace all options of a target, including secrets, for example after their key was lost.

        Raises:
            ApiError: the notifier refuses the options, or the role is below admin (status 403).
        """
        path = f"/notifications/targets/{segment(target)}"
        found = NotificationTarget.from_json(self._connection.get(path))
        body = {
            "name": found.name,
            "notifier": found.notifier,
            "options": dict(options),
            "language": found.language,
            "group_seconds": found.group_seconds,
            "escalate_to": found.escalate_to,
            "escalate_after_seconds": found.escalate_after_seconds,
        }
        return NotificationTarget.from_json(
            self._connection.request("PUT", path, json=body, timeout_seconds=START_SECONDS)
        )

    def targets(self) -> TargetList:
        """Return all targets, sorted by name."""
        return _Targets.from_json(self._connection.get("/notifications/targets")).items

    def silence(self, target: str, until: datetime | None) -> NotificationTarget:
        """Silence a target until a time (an aware datetime); None ends the silence."""
        body = {"until": until.isoformat() if until is not None else None}
        return NotificationTarget.from_json(
            self._connection.post(f"/notifications/targets/{segment(target)}/silence", body)
        )

    def test(self, target: str) -> Notification:
        """Queue a test message to a target, and return the message."""
        return Notification.from_json(self._connection.post(f"/notifications/targets/{segment(target)}/test"))

    def delete_target(self, target: str) -> None:
        """Delete a target with its messages."""
        self._connection.delete(f"/notifications/targets/{segment(target)}")

    def list(self, *, limit: int | None = None) -> NotificationList:
        """Return the messages, newest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/notifications", Notification, limit)

    def get(self, notification: str) -> Notification:
        """Return one message with its delivery state."""
        return Notification.from_json(self._connection.get(f"/notifications/{segment(notification)}"))

    def acknowledge(self, notification: str) -> Notification:
        """Acknowledge a message, so that it is not escalated."""
        return Notification.from_json(self._connection.post(f"/notifications/{segment(notification)}/acknowledge"))
