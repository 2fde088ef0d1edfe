"""Authenticated people, and the caches of secrets that were verified."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

#: Seconds after which a secret and its membership are read again. A revoked secret is removed from the cache
#: immediately: in this process, and in others if the notification reaches them.
CACHE_SECONDS = 60.0
#: Maximum number of secrets in a cache.
_MOST_SECRETS = 10_000


@dataclass(frozen=True)
class Caller:
    """An authenticated person, for requests that concern no project.

    Attributes:
        kind: kind of the secret: ``session``, ``local`` or ``token``.
        project_id: project of an API token; None for a secret of the person.
        until: time of ``time.monotonic()`` after which the secret must be read again.
    """

    person_id: str
    person_name: str
    kind: str
    secret_hash: str
    expires_at: datetime | None
    project_id: str | None = None
    until: float = field(default=math.inf, compare=False)

    @property
    def is_current(self) -> bool:
        """Return whether the secret was read recently enough."""
        return time.monotonic() < self.until


class Current(Protocol):
    """A result of authentication that becomes outdated."""

    @property
    def is_current(self) -> bool: ...


T = TypeVar("T", bound=Current)


class SecretCache(Generic[T]):
    """Results of authentication by the secret's hash and the named project; it never contains secrets."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str | None, T]] = {}
        self._forgotten = 0
        self._lock = threading.Lock()

    def get(self, hash_: str, project: str | None) -> T | None:
        """Return the result for a secret and the project that the request names; None if it must be read."""
        found = self._known.get(hash_, {}).get(project)
        return found if found is not None and found.is_current else None

    def mark(self) -> int:
        """Return a number for ``keep``; take it before the database is read."""
        return self._forgotten

    def keep(self, hash_: str, project: str | None, found: T, mark: int) -> None:
        """Keep a result unless a secret was forgotten since ``mark``, which may have been this one."""
        with self._lock:
            if len(self._known) >= _MOST_SECRETS:
                self._known.clear()
            if self._forgotten == mark:
                self._known.setdefault(hash_, {})[project] = found

    def forget(self, hash_: str | None) -> None:
        """Remove the secret with this hash (None: all secrets), so that the database is read again."""
        with self._lock:
            self._forgotten += 1
            if hash_ is None:
                self._known.clear()
            else:
                self._known.pop(hash_, None)


class _Forgetting(Protocol):
    def forget(self, hash_: str | None) -> None: ...


class Revocations:
    """The caches of this process, from which revoked secrets are removed at once.

    Args:
        tell: called with the hash of each revoked secret, so that other processes ``forget`` it, too.
    """

    def __init__(self, tell: Callable[[str], None] = lambda _hash: None) -> None:
        self._tell = tell
        self._caches: list[_Forgetting] = []

    def watch(self, cache: _Forgetting) -> None:
        """Remove revoked secrets also from ``cache``."""
        self._caches.append(cache)

    def forget(self, hash_: str | None) -> None:
        """Remove the secret with this hash (None: all secrets) from all caches of this process."""
        for cache in self._caches:
            cache.forget(hash_)

    def revoke(self, hash_: str) -> None:
        """Remove a secret that was just deleted from the caches of all processes."""
        self.forget(hash_)
        self._tell(hash_)


def hash_of(secret: str) -> str:
    """Return the hash under which a secret is stored: SHA-256 as hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()
