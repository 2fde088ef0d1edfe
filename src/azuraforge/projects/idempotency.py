"""Idempotent requests: repeated with the same ``Idempotency-Key``, a request takes effect only once.

The key is recorded in the transaction of the request's effect (its unit of work), so that neither is stored without the
other:

    no row                     the request has had no effect: execute it
    a row with a response      return this response again; another request with the same key is a Conflict
    a row without a response   the effect is stored, but its response is not (yet): a Conflict that says so

A response that contains a secret is never stored: its row only records that it was sent, and a repeated request gets a
Conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azuraforge.database import Database, Scope, Session, UnitOfWork
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.projects import answer_store

#: Seconds for which a key is stored.
KEPT_SECONDS = 48 * 3600.0
MOST_CHARACTERS = 200
#: Code of the Conflict for a key whose request took effect but whose response is not stored.
ANSWER_UNKNOWN = "answer_unknown"


@dataclass(frozen=True)
class Answer:
    """The response to a request. If ``secret`` is true, the body is sent only once and not stored."""

    status: int
    media_type: str
    body: bytes
    secret: bool = False


@dataclass(frozen=True)
class KnownAnswer:
    """A stored response. ``body`` is None if it contained a secret."""

    route: str
    request_hash: str
    status: int
    media_type: str
    body: bytes | None


@dataclass(frozen=True)
class KeyedRequest:
    """A request with its idempotency key.

    Args:
        scope: the project of the request, or the person of one that concerns no project.
        route: method, path and query of the request.

    Raises InvalidInput for an invalid key.
    """

    scope: Scope
    key: str
    route: str

    def __post_init__(self) -> None:
        if not (0 < len(self.key) <= MOST_CHARACTERS and self.key.isascii() and self.key.isprintable()):
            raise InvalidInput(
                "an Idempotency-Key must have 1 to {most_characters} printable ASCII characters",
                next_step="send another key, for example a UUID",
                where="Idempotency-Key",
                most_characters=MOST_CHARACTERS,
            )


class AnsweredRequests:
    """Store of idempotency keys and responses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, request: KeyedRequest) -> KnownAnswer | None:
        """Return the stored response for the key; None if the key is unknown.

        Raises Conflict if the request took effect but its response is not stored.
        """
        with self._database.read_in(request.scope) as session:
            row = answer_store.get(session, request.key, KEPT_SECONDS)
        if row is None:
            return None
        if row.request_hash is None or row.status is None:
            raise _without_answer(request, row)
        return KnownAnswer(row.route, row.request_hash, row.status, row.media_type or "", row.body)

    def unit_of_work(self, request: KeyedRequest) -> UnitOfWork:
        """Return the unit of work that records the key. Its write raises Conflict if the key is already recorded."""

        def record(session: Session) -> None:
            if not answer_store.take(session, request.key, request.route, KEPT_SECONDS):
                raise _without_answer(request, answer_store.get(session, request.key, KEPT_SECONDS))

        return UnitOfWork(request.scope, record)

    def keep(self, request: KeyedRequest, request_hash: str, answer: Answer) -> None:
        """Store a response for repeated requests; if it contains a secret, store only that it was sent."""
        values = {
            "route": request.route,
            "request_hash": request_hash,
            "status": answer.status,
            "media_type": answer.media_type,
            "body": None if answer.secret else answer.body,
        }
        self._database.write_in(
            request.scope,
            lambda session: answer_store.answer(session, request.key, values),
        )


def repeated(known: KnownAnswer, request: KeyedRequest, request_hash: str) -> Answer:
    """Return the stored response. Raises Conflict if the request differs, or if the response contained a secret."""
    if (known.route, known.request_hash) != (request.route, request_hash):
        raise Conflict(
            "the idempotency key {request!r} belongs to another request: {route}",
            where="Idempotency-Key",
            next_step="use another key; a repeated request must have the same body",
            code="key_reused",
            request=request.key,
            route=known.route,
        )
    if known.body is None:
        raise Conflict(
            "the request was executed, but its response contained a secret, which is shown only once and is not stored",
            where="Idempotency-Key",
            next_step="delete what the request created, then send the request again with another key",
            code="shown_once",
        )
    return Answer(known.status, known.media_type, known.body)


def _without_answer(request: KeyedRequest, row: answer_store.Answered | None) -> Conflict:
    """Return the error for a key without a stored response; ``row`` is the key's row, None if it is not visible yet."""
    if row is None:
        return Conflict(
            "the request with the idempotency key {key!r} ({route}) took effect, but its response is not stored yet",
            where="Idempotency-Key",
            next_step="repeat the request after a second; the key is stored for {hours:g} hours",
            code=ANSWER_UNKNOWN,
            key=request.key,
            route=request.route,
            hours=KEPT_SECONDS // 3600,
        )
    return Conflict(
        "the request with the idempotency key {key!r} ({route}) took effect at {at}, but its response is not stored: "
        "it is still being sent, or it was lost",
        where="Idempotency-Key",
        next_step="look for the existing result, or use another key to create a second one; this key is stored "
        "until {until}",
        code=ANSWER_UNKNOWN,
        key=request.key,
        route=row.route,
        at=_moment(row.created_at),
        until=_moment(row.created_at + timedelta(seconds=KEPT_SECONDS)),
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
