"""Live source of JSON messages from a WebSocket; a lost connection is opened again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from azuraforge.errors import InvalidInput, InvalidValue, TransientError
from azuraforge.plugins import FeedRow, LiveSource, Polled, SecretName
from azuraforge.plugins.contract.shape import in_turkish

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

#: Longest time in seconds that a poll waits for a message.
_POLL_SECONDS = 1.0
#: Most rows of one poll.
_MOST_ROWS = 5_000
_WHERE = "source websocket"


def _plain_address(url: str) -> str:
    if not url.startswith(("ws://", "wss://")):
        raise InvalidValue("the address must start with wss://")
    if "@" in url.split("/", 3)[2]:
        raise InvalidValue("the address must not contain a password: everyone who can read the feed can see it")
    return url


class WebSocketOptions(BaseModel):
    """The address, and the fields of a message."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, AfterValidator(_plain_address)] = Field(
        max_length=2000,
        title="URL",
        description="Address that starts with wss://",
        json_schema_extra=in_turkish("URL", "wss:// ile başlayan adres"),
    )
    subscribe: str | None = Field(
        default=None,
        max_length=10_000,
        title="First message",
        description="Text that is sent after each connection, such as a subscription in JSON",
        json_schema_extra=in_turkish("İlk mesaj", "Her bağlantıdan sonra gönderilen metin, örneğin JSON aboneliği"),
    )
    rows: str = Field(
        default="",
        max_length=200,
        title="Field of the rows",
        description="Field of a message that contains a row or a list of rows, such as data.items; empty: the message",
        json_schema_extra=in_turkish(
            "Satırların alanı",
            "Mesajda bir satırı ya da satırları içeren alan, örneğin data.items; boş: mesajın kendisi",
        ),
    )
    time: str = Field(
        default="at",
        min_length=1,
        max_length=200,
        title="Field of the time",
        description="Field with the time: ISO 8601, or seconds or milliseconds since 1970",
        json_schema_extra=in_turkish(
            "Zaman alanı", "Zamanı içeren alan: ISO 8601, ya da 1970'ten beri saniye veya milisaniye"
        ),
    )
    key: str | None = Field(
        default=None,
        max_length=200,
        title="Field of the key",
        description="Field with the name of the key; empty if the feed has no keys",
        json_schema_extra=in_turkish("Anahtar alanı", "Anahtarın adını içeren alan; akışın anahtarı yoksa boş"),
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        title="Fields of the columns",
        description="Field by column, if the names differ, such as {'price': 'p'}",
        json_schema_extra=in_turkish("Sütunların alanları", "Adlar farklıysa sütuna göre alan, örneğin {'price': 'p'}"),
    )
    authorization: SecretName | None = Field(
        default=None,
        title="Authorization",
        description="Name of the secret that is sent as a bearer token in the handshake",
        json_schema_extra=in_turkish("Yetkilendirme", "El sıkışmada bearer jetonu olarak gönderilen sırrın adı"),
    )


class WebSocket(LiveSource[WebSocketOptions]):
    """Source that keeps a WebSocket open and turns each message into rows."""

    name = "websocket"
    Options: ClassVar[type[BaseModel]] = WebSocketOptions
    title: ClassVar[Mapping[str, str]] = {"en": "WebSocket", "tr": "WebSocket"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "JSON messages from a WebSocket, as they arrive.",
        "tr": "Bir WebSocket'ten geldikçe okunan JSON mesajları.",
    }

    def __init__(self) -> None:
        self._connection: ClientConnection | None = None

    def poll(self, options: WebSocketOptions, cursor: Mapping[str, JsonValue] | None) -> Polled:
        """Return the rows of the messages of the last second. Messages without a time, such as heartbeats, are ignored.

        Raises InvalidInput if the address is not allowed, and TransientError if the connection fails or is lost; the
        next poll connects again.
        """
        from websockets.exceptions import ConnectionClosed

        connection = self._connection or self._connect(options)
        rows, refused = list[FeedRow](), list[InvalidInput]()
        until = time.monotonic() + _POLL_SECONDS
        try:
            while len(rows) + len(refused) < _MOST_ROWS:
                # After the first message, only those are read that have arrived already.
                message = connection.recv(timeout=0 if rows or refused else max(until - time.monotonic(), 0))
                try:
                    rows.extend(rows_of(message, options))
                except InvalidInput as error:
                    refused.append(error)
        except TimeoutError:
            pass
        except (ConnectionClosed, OSError):
            self.close()
            if not rows and not refused:
                raise TransientError(
                    "the connection was lost",
                    where=_WHERE,
                    next_step="no action is needed: the platform connects again",
                ) from None
        return Polled(rows, cursor=cursor or {}, wait_seconds=0.0, refused=refused)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._connection.close()
            self._connection = None

    def _connect(self, options: WebSocketOptions) -> ClientConnection:
        headers = {}
        if options.authorization is not None:
            headers["Authorization"] = f"Bearer {self.secret(options.authorization)}"
        connection = self.websocket(options.url, headers=headers)
        self._connection = connection.__enter__()
        if options.subscribe:
            self._connection.send(options.subscribe)
        return self._connection


def rows_of(message: str | bytes, options: WebSocketOptions) -> Iterable[FeedRow]:
    """Return the rows of one message. Raises InvalidInput if it is not JSON or a time is malformed."""
    try:
        content = orjson.loads(message)
    except orjson.JSONDecodeError:
        raise InvalidInput(
            "a message is not JSON", where=_WHERE, next_step="use an address that sends JSON", code="not_json"
        ) from None
    found = _at(content, options.rows) if options.rows else content
    for row in found if isinstance(found, list) else [found]:
        if not isinstance(row, dict) or _at(row, options.time) is None:
            continue
        yield _row(row, options)


def _row(row: dict[str, JsonValue], options: WebSocketOptions) -> FeedRow:
    key = "" if options.key is None else str(_at(row, options.key) or "")
    if options.columns:
        values = {name: _value(_at(row, place)) for name, place in options.columns.items()}
    else:
        own = {options.time, options.key}
        values = {name: _value(each) for name, each in row.items() if name not in own}
    return FeedRow(time_of(_at(row, options.time), options.time), values, key)


def time_of(value: JsonValue, field: str) -> datetime:
    """Return a time as written in JSON. Raises InvalidInput if it is none."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) >= 1e11 else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise InvalidInput(
        "the field {field!r} of a message contains no time",
        where=_WHERE,
        next_step="set the option time to the field with the time",
        code="no_time",
        field=field,
    )


def _value(value: JsonValue) -> float | str | None:
    """Return a value; a number that is written as text becomes a number."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return float(value)
        return value
    return value if isinstance(value, int | float) else None


def _at(content: JsonValue, place: str) -> JsonValue:
    """Return the value at a place such as ``data.items``; None if there is none."""
    for part in place.split("."):
        if not isinstance(content, dict) or part not in content:
            return None
        content = content[part]
    return content
