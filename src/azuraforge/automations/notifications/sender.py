"""Loop that sends messages. Several loops may run at once, in one or several processes.

A sender claims a message by incrementing ``attempts``, which fences its later writes. If it dies after sending, the
message stays due and is sent again with the same id, by which the target can recognise it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import orjson

from azuraforge.automations.events import NotificationFailed
from azuraforge.automations.notifications import outbox, store
from azuraforge.automations.notifications.child import ENTRY, MessageInput, SendInput, Sent
from azuraforge.automations.notifications.tables import Notification, secret_of
from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session
from azuraforge.errors import AzuraError, StorageError, TransientError
from azuraforge.events.notifier import Notifier
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.outgoing import Policy
from azuraforge.plugins.discovery.calling import Call
from azuraforge.projects.secrets.owned import OwnedSecrets
from azuraforge.strict_json import JsonObject
from azuraforge.telemetry import logger

TICK_SECONDS = 1.0
#: Maximum number of messages that are sent at the same time; an unresponsive target delays few others.
AT_ONCE = 4
SEND_SECONDS = 30.0
#: A claimed message without a result is sent again after this time.
_LEASE_SECONDS = 90.0
_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 3600.0
#: After this time, retries end and the message has failed.
GIVE_UP_AFTER = timedelta(days=1)
_PASSING_CODES = ("timeout", "child_died")

log = logger("automations")


@dataclass(frozen=True)
class _Claim:
    """Message that this sender has claimed."""

    key: store.Key
    attempt: int
    asked: SendInput | AzuraError  # an error if the options cannot be decrypted


class Sender:
    """Sender of due messages, several at a time."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        secrets: OwnedSecrets,
        call: Call,
        plugins_folder: str,
        outgoing: Policy,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self._database = database
        self._events = events
        self._secrets = secrets
        self._call = call
        self._plugins_folder = plugins_folder
        self._outgoing: JsonObject = outgoing.to_json()
        self._tick_seconds = tick_seconds
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="notifications", daemon=True)
        self._pool: ThreadPoolExecutor | None = None
        self._free = threading.Semaphore(AT_ONCE)

    @property
    def _notifier(self) -> Notifier:
        return self._events.notifier

    def start(self) -> None:
        """Start the loop."""
        self._notifier.subscribe(self.notice)
        self._thread.start()

    def stop(self) -> None:
        """Stop the loop and wait up to 10 seconds for its end.

        A message whose delivery is interrupted is sent again later.
        """
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(10)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def notice(self, project_id: str, stream: str) -> None:
        """Wake the loop, because an event of this process may have added a message."""
        if stream == "project":
            self._woken.set()

    def tick(self) -> int:
        """Escalate messages, and start sending due messages while threads are free.

        Return the number of messages whose sending was started.
        """
        with self._database.read_system() as session:
            late = store.unacknowledged(session, 100)
            due = store.due(session, 100)
        for key in late:
            self._safely(key, lambda key: self._database.write(key.project_id, lambda s: outbox.escalate(s, key.id)))
        random.shuffle(due)
        begun = 0
        for key in due:
            if self._stopping.is_set() or not self._free.acquire(blocking=False):
                break
            begun += 1
            if self._pool is None:
                self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="notification")
            self._pool.submit(self._safely, key, self.send).add_done_callback(self._done)
        return begun

    def send(self, key: store.Key) -> bool:
        """Claim and send one message; return whether it was sent and recorded as sent.

        A failed delivery is recorded with the time of the next attempt, or as final.
        """
        claim = self._database.write(key.project_id, lambda session: self._claim(session, key))
        if claim is None:
            return False
        problem: AzuraError | None = None
        try:
            if isinstance(claim.asked, AzuraError):
                raise claim.asked
            self._call(ENTRY, claim.asked.model_dump(mode="json"), Sent, SEND_SECONDS)
        except AzuraError as error:
            problem = error
        else:
            crashpoint("message_sent_before_recorded")
        return self._database.write(key.project_id, lambda session: self._record(session, claim, problem))

    def _claim(self, session: Session, key: store.Key) -> _Claim | None:
        row = store.notification(session, key.id, locked=True)
        at = store.clock(session)
        if row is None or row.state != "waiting" or row.next_at is None or row.next_at > at:
            return None
        target = store.target(session, row.target_id)
        assert target is not None  # guaranteed by a foreign key
        if target.silenced_until is not None and target.silenced_until > at:
            store.change(session, row, state="silenced", next_at=None)
            return None
        lease = at + timedelta(seconds=_LEASE_SECONDS)
        first = row.first_try_at or at
        store.change(session, row, attempts=row.attempts + 1, next_at=lease, first_try_at=first)
        message = MessageInput(
            id=row.id,
            title=row.title,
            text=row.text,
            data=row.data,
            count=row.count,
            language=target.language,
            at=row.created_at,
        )
        try:
            written = self._secrets.value(session, secret_of(target.id), f"target {target.name!r}", row.id)
        except AzuraError as error:
            return _Claim(key, row.attempts, error)
        asked = SendInput(
            notifier=target.notifier,
            options=orjson.loads(written),
            plugins_folder=self._plugins_folder,
            outgoing=self._outgoing,
            message=message,
        )
        return _Claim(key, row.attempts, asked)

    def _record(self, session: Session, claim: _Claim, problem: AzuraError | None) -> bool:
        row = store.notification(session, claim.key.id, locked=True)
        if row is None or row.attempts != claim.attempt or row.state != "waiting":
            return False
        at = store.clock(session)
        if problem is None:
            late = outbox.escalation_at(session, row, store.target(session, row.target_id))
            store.change(session, row, state="sent", sent_at=at, next_at=None, error=None, escalate_at=late)
            return True
        passing = isinstance(problem, (TransientError, StorageError)) or problem.error_code in _PASSING_CODES
        reason, _, step = problem.parts()
        if problem.error_code == "secret_unreadable":
            reason = Message("{problem}. Next: {step}", {"problem": reason, "step": step})
        if passing and at - (row.first_try_at or at) < GIVE_UP_AFTER:
            pause = min(_FIRST_PAUSE_SECONDS * 2 ** (row.attempts - 1), _LONGEST_PAUSE_SECONDS)
            pause *= random.uniform(1.0, 1.2)  # noqa: S311  several messages are not retried together
            late = outbox.escalation_at(session, row, store.target(session, row.target_id))
            store.change(session, row, error=reason, next_at=at + timedelta(seconds=pause), escalate_at=late)
        else:
            self._give_up(session, row, reason)
        return False

    def _give_up(self, session: Session, row: Notification, reason: Message) -> None:
        target = store.target(session, row.target_id)
        late = store.clock(session) if outbox.escalation_at(session, row, target) is not None else None
        store.change(session, row, state="failed", error=reason, next_at=None, escalate_at=late)
        name = target.name if target is not None else ""
        body = NotificationFailed(notification=row.id, target=name, source=row.source, reason=str(reason)[:500])
        self._events.append(session, "project", body)

    def _safely(self, key: store.Key, act: Callable[[store.Key], bool]) -> bool:
        try:
            return act(key)
        except Exception as error:  # an error of one message must not delay the others
            log.warning("notification_waits", notification=key.id, reason=type(error).__name__)
            return False

    def _done(self, _future: Future[bool]) -> None:
        self._free.release()
        self._woken.set()  # a thread is free

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                self.tick()
            except Exception as error:
                log.warning("notifications_wait", reason=str(error))
            if self._woken.wait(self._tick_seconds):
                self._stopping.wait(0.05)
