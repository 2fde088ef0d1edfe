"""A platform under faults: requests to it, its inspection, and the faults."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from benchmarks.faults.process import Part

#: The kind of fault whose recoveries are counted apart.
FULL_DISK = "disk full"
#: (run id, attempt)
Held = tuple[str, int]


@dataclass
class Fault:
    """Something that was done, and which attempts were running then. Times are seconds since 1970."""

    kind: str
    at: float
    over: float = 0.0
    hit: set[Held] = field(default_factory=set)


@dataclass(frozen=True)
class Kind:
    """One kind of fault: how often it is chosen, and what it does. ``act`` also repairs, and returns when the damage
    was over: what is still missing from then on is recovery. ``last``: not before all others are done."""

    weight: float
    act: Callable[[random.Random], float]
    last: bool = False


class Target(Protocol):
    """Embedded or scaled."""

    name: str
    home: Path
    port: int
    lease_seconds: float
    orphans: list[str]
    kinds: dict[str, Kind]

    @property
    def token(self) -> str: ...
    @property
    def parts(self) -> list[Part]: ...
    def start(self) -> None: ...
    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Straight from the database, past the platform. Times as seconds since 1970, JSON as text."""
        ...

    def end(self) -> None: ...
    def remove(self) -> None: ...


class Caller:
    """Asks the platform, and asks again while it is away. One for each thread."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._own = threading.local()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and answer. Raises OSError if there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._target.port, timeout=10)
        headers = {"Authorization": f"Bearer {self._target.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        except (http.client.HTTPException, ValueError) as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def insist(self, method: str, path: str, body: Any = None, seconds: float = 120.0) -> Any:
        """Until it is done. Every request that is sent here may be sent twice."""
        until = time.monotonic() + seconds
        while True:
            try:
                status, answer = self.ask(method, path, body)
                if status < 400:
                    return answer
                said = f"{status} {answer}"
                if status in (400, 403, 404, 409, 422):
                    raise RuntimeError(f"{method} {path}: {said}")
            except OSError as error:
                said = str(error)
            if time.monotonic() > until:
                raise RuntimeError(f"{method} {path}: {said}")
            time.sleep(0.1)


def seconds(text: str | float | datetime | None) -> float | None:
    """A time out of either database as seconds since 1970."""
    if text is None or isinstance(text, float):
        return text
    if isinstance(text, int):
        return text / 1e6
    moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    return moment.timestamp()
