"""Input, messages and result of the child process that polls a source. Imports no database."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import Field, JsonValue, SecretStr

from azuraforge.datasets.messages import SourceAccess
from azuraforge.datasets.schemas import Json
from azuraforge.learners.feeds.meaning import Meaning
from azuraforge.learners.feeds.sources.stored_version import StoredVersion
from azuraforge.plugins.contract.shape import Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from azuraforge.learners.feeds.sequencing import Arrivals


class CollectInput(Shape):
    """A source to poll, the feed that it fills, and the position from which it continues.

    The caller adds ``secrets`` to the payload separately, since dumping this shape would mask them.
    """

    feed: Meaning
    source: str
    options: Json
    cursor: Json | None
    every_seconds: float
    historical: bool
    access: SourceAccess
    version: StoredVersion | None = None
    secrets: dict[str, SecretStr] = Field(default_factory=dict)


class PolledBatch(Shape):
    """Rows of one poll, encoded by ``packed``, with the cursor after them."""

    rows: str | None = None
    cursor: dict[str, JsonValue] | None = None
    closed: bool = False
    watermark_us: int | None = None
    refused: int = 0
    problem: JsonValue = Field(default=None, description="text of the first refused row; null if none was refused")


class PollTrouble(Shape):
    """The source could not be polled; the child tries again."""

    problem: JsonValue


class PollReply(Shape):
    """Reply after the commit; ``stop`` ends the child, because the feed is closed."""

    stop: bool = False


class CollectResult(Shape):
    """Numbers of polls, rows and refused rows of one attempt, and whether the source has ended."""

    polls: int
    rows: int
    refused: int
    closed: bool


def packed(arrivals: Arrivals) -> str:
    """Return rows as text for a message; ``unpacked`` restores them bit for bit."""
    import numpy as np
    from safetensors.numpy import save

    arrays: dict[str, NDArray[Any]] = {
        "at": np.ascontiguousarray(arrivals.at, np.int64),
        "key": np.ascontiguousarray(arrivals.key, np.int32),
        "received": np.ascontiguousarray(arrivals.received, np.int64),
        "values": np.ascontiguousarray(arrivals.values, np.float64),  # safetensors ignores strides
    }
    return base64.b64encode(save(arrays)).decode()


def unpacked(text: str) -> Arrivals:
    """Return the rows of ``packed``."""
    from safetensors.numpy import load

    from azuraforge.learners.feeds.sequencing import Arrivals

    found = load(base64.b64decode(text))
    return Arrivals(found["at"], found["key"], found["received"], found["values"])


def equal_json(one: object, other: object) -> bool:
    """Return whether two JSON values are equal."""
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
