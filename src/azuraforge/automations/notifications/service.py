"""Service for notification targets and messages; ``sender.py`` sends the messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import orjson
from sqlalchemy.exc import IntegrityError

from azuraforge.automations.events import NotificationQueued
from azuraforge.automations.notifications import outbox, store
from azuraforge.automations.notifications.schemas import (
    NotificationOut,
    NotificationPage,
    TargetOut,
    TargetPage,
    TargetRequest,
)
from azuraforge.automations.notifications.tables import Notification, NotificationTarget, secret_of
from azuraforge.automations.notifications.wording import of_test
from azuraforge.bounds import Moment
from azuraforge.database import Database, Session, UnitOfWork, new_id
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.events.service import EventLog
from azuraforge.messages import current
from azuraforge.messages.stored import in_language
from azuraforge.paging import PAGE, Order
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.projects.secrets.owned import OwnedSecrets
from azuraforge.projects.secrets.schemas import SecretState
from azuraforge.strict_json import JsonObject

MOST_TARGETS = 100
_Write = Callable[[Session], str]
_BY_NAME: Order[tuple[str]] = Order("targets", tuple[str])
_NEWEST: Order[tuple[datetime, str]] = Order("notifications", tuple[Moment, str])

#: Function that raises Conflict if the target with this id and name is in use.
Objection = Callable[[Session, str, str], None]


class NotificationService:
    """Service for the targets and messages of all projects; each method takes the id of the project.

    Methods for one target or message raise NotFound if it does not exist. Methods that return a page raise InvalidInput
    if ``after`` is not a cursor of the list.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        catalogue: Catalogue,
        secrets: OwnedSecrets,
        object_to_target: Objection,
    ) -> None:
        self._database = database
        self._events = events
        self._catalogue = catalogue
        self._secrets = secrets
        self._object_to_target = object_to_target

    def create(
        self, project_id: str, request: TargetRequest, person_name: str, *, unit: UnitOfWork | None = None
    ) -> TargetOut:
        """Validate the options in a child process and store the target with encrypted options.

        Raises InvalidInput if the options are invalid or the targets would escalate in a cycle, NotFound if the
        notifier or the second target does not exist, Conflict if the name is taken or there are too many targets, and
        StorageError if there is no encryption key.
        """
        shown = self._catalogue.validate("notifier", request.notifier, request.options)
        key = self._secrets.key()

        def work(session: Session) -> str:
            if len(store.targets(session)) >= MOST_TARGETS:
                raise Conflict(
                    "a project can have at most {most_targets} targets",
                    next_step="delete one that is no longer needed",
                    most_targets=MOST_TARGETS,
                )
            row = NotificationTarget(project_id=project_id, **self._fields(session, request, shown))
            store.add(session, row)
            self._secrets.put(session, key, secret_of(row.id), _written_out(request), person_name)
            return row.id

        return self._written(project_id, request.name, work, unit)

    def replace(self, project_id: str, target: str, request: TargetRequest, person_name: str) -> TargetOut:
        """Replace a target with all of its options; its messages are kept.

        Raises the same errors as ``create``, and Conflict if a target that an automation uses would be renamed.
        """
        shown = self._catalogue.validate("notifier", request.notifier, request.options)
        key = self._secrets.key()

        def work(session: Session) -> str:
            row = _found(store.target(session, target, locked=True), target)
            if row.name != request.name:
                self._object_to_target(session, row.id, row.name)
            store.change(session, row, **self._fields(session, request, shown, row.id))
            self._secrets.put(session, key, secret_of(row.id), _written_out(request), person_name)
            return row.id

        return self._written(project_id, request.name, work, None)

    def targets(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> TargetPage:
        """Return a page of targets, sorted by name."""
        with self._database.read(project_id) as session:
            rows = store.targets(session)
            page, cursor = _BY_NAME.select(rows, limit, after, lambda row: (row.name,))
            states = self._secrets.states(session, [secret_of(row.id) for row in page])
        names = {row.id: row.name for row in rows}
        return TargetPage(items=[_target_out(row, names, states) for row in page], next=cursor)

    def get(self, project_id: str, target: str) -> TargetOut:
        """Return one target, with its secrets masked."""
        with self._database.read(project_id) as session:
            row = _found(store.target(session, target), target)
            second = store.target(session, row.escalate_to) if row.escalate_to is not None else None
            states = self._secrets.states(session, [secret_of(row.id)])
        return _target_out(row, {second.id: second.name} if second is not None else {}, states)

    def silence(
        self, project_id: str, target: str, until: datetime | None, *, unit: UnitOfWork | None = None
    ) -> TargetOut:
        """Silence a target until ``until``, or end its silence if ``until`` is None.

        Messages to a silenced target are stored but not sent.
        """

        def work(session: Session) -> None:
            row = _found(store.target(session, target, locked=True), target)
            store.change(session, row, silenced_until=until)

        self._database.write(project_id, work, unit=unit)
        return self.get(project_id, target)

    def test(self, project_id: str, target: str, *, unit: UnitOfWork | None = None) -> NotificationOut:
        """Queue a test message for a target."""

        def work(session: Session) -> Notification:
            row = _found(store.target(session, target), target)
            mark = new_id()
            made = outbox.put(session, row.id, mark, f"test:{mark}", of_test, {"event": "test"})
            self._events.append(session, "project", NotificationQueued(notification=made.id))
            return made

        made = self._database.write(project_id, work, unit=unit)
        return self.notification(project_id, made.id)

    def delete(self, project_id: str, target: str) -> None:
        """Remove a target, its messages and secrets. Raises Conflict if another target or an automation uses it."""

        def work(session: Session) -> None:
            row = _found(store.target(session, target, locked=True), target)
            for other in store.targets(session):
                if other.escalate_to == row.id and other.id != row.id:
                    raise Conflict(
                        "target {other!r} escalates to {target!r}",
                        where="target {other}",
                        next_step="change that target first",
                        other=other.name,
                        target=row.name,
                    )
            self._object_to_target(session, row.id, row.name)
            self._secrets.remove(session, secret_of(row.id))
            store.remove(session, row)

        self._database.write(project_id, work)

    def list(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> NotificationPage:
        """Return a page of messages, newest first."""
        with self._database.read(project_id) as session:
            found = store.page(session, limit + 1, _NEWEST.read(after))
            names = {row.id: row.name for row in store.targets(session)}
        rows, cursor = _NEWEST.cut(found, limit, lambda row: (row.created_at, row.id))
        return NotificationPage(items=[_out(row, names) for row in rows], next=cursor)

    def notification(self, project_id: str, id_: str) -> NotificationOut:
        """Return one message with its delivery state."""
        with self._database.read(project_id) as session:
            row = _message(store.notification(session, id_), id_)
            names = {each.id: each.name for each in store.targets(session)}
        return _out(row, names)

    def acknowledge(
        self, project_id: str, id_: str, person_id: str | None = None, *, unit: UnitOfWork | None = None
    ) -> NotificationOut:
        """Acknowledge a message, so that it is not escalated. A repeated call changes nothing."""

        def work(session: Session) -> None:
            row = _message(store.notification(session, id_, locked=True), id_)
            if row.acknowledged_at is None:
                fields: dict[str, object] = {"acknowledged_by": person_id, "escalate_at": None}
                store.change(session, row, acknowledged_at=store.clock(session), **fields)

        self._database.write(project_id, work, unit=unit)
        return self.notification(project_id, id_)

    def _fields(
        self, session: Session, request: TargetRequest, shown: JsonObject, own_id: str | None = None
    ) -> dict[str, object]:
        second = None
        if request.escalate_to is not None:
            second = _found(store.target(session, request.escalate_to), request.escalate_to).id
            seen = {own_id}
            at: str | None = second
            while at is not None:
                if at in seen:
                    raise InvalidInput(
                        "the targets would escalate to each other in a cycle",
                        next_step="choose a target that does not escalate back to this one",
                        where="escalate_to",
                    )
                seen.add(at)
                at = _found(store.target(session, at), at).escalate_to
        return {
            "name": request.name,
            "notifier": request.notifier,
            "shown_options": shown,
            "language": request.language,
            "group_seconds": request.group_seconds,
            "escalate_to": second,
            "escalate_after_seconds": request.escalate_after_seconds,
        }

    def _written(self, project_id: str, name: str, work: _Write, unit: UnitOfWork | None) -> TargetOut:
        try:
            return self.get(project_id, self._database.write(project_id, work, unit=unit))
        except IntegrityError:
            raise Conflict(
                "a target named {name!r} already exists", where="name", next_step="choose another name", name=name
            ) from None


def _written_out(request: TargetRequest) -> str:
    return orjson.dumps(request.options).decode()


def _target_out(row: NotificationTarget, names: dict[str, str], states: dict[str, SecretState]) -> TargetOut:
    fields = {name: getattr(row, name) for name in TargetOut.model_fields if hasattr(row, name)}
    return TargetOut(
        **{
            **fields,
            "options": row.shown_options,
            "secrets": states[secret_of(row.id)],
            "escalate_to": names.get(row.escalate_to or ""),
        },
    )


def _out(row: Notification, names: dict[str, str]) -> NotificationOut:
    fields = {name: getattr(row, name) for name in NotificationOut.model_fields if hasattr(row, name)}
    error = None if row.error is None else in_language(row.error, current())
    return NotificationOut(**{**fields, "error": error, "target": names.get(row.target_id, "")})


def _found(row: NotificationTarget | None, name: str) -> NotificationTarget:
    if row is None:
        raise NotFound(
            "notification target {name!r} does not exist", next_step="azuraforge notifications targets", name=name
        )
    return row


def _message(row: Notification | None, id_: str) -> Notification:
    if row is None:
        raise NotFound("notification {id!r} does not exist", next_step="azuraforge notifications list", id=id_)
    return row
