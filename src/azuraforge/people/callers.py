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
        secret_hash: hash of the secret; for an access token, of the secret that it was exchanged for.
        project_id: project of an API token or access token; None for a secret of the person.
        role: highest role that an access token gives; None for other secrets.
        until: time of ``time.monotonic()`` after which the secret must be read again.
    """

    person_id: str
    person_name: str
    kind: str
    secret_hash: str
    expires_at: datetime | None
    project_id: str | None = None
    role: str | None = None
    until: float = field(default=math.inf, compare=False)

    @property
    def is_current(self) -> bool:
        """Return whether the secret was read recently enough."""
        return time.monotonic() < self.until

    def outdate(self) -> None:
        """Have the secret read again before its time; open streams check this."""
        object.__setattr__(self, "until", 0.0)


class Current(Protocol):
    """A result of authentication that becomes outdated."""

    @property
    def is_current(self) -> bool: ...

    @property
    def person_id(self) -> str: ...

    @property
    def project_id(self) -> str | None: ...

    @property
    def secret_hash(self) -> str: ...

    def outdate(self) -> None: ...


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

    def forget(self, key: str | None) -> None:
        """Remove results, so that the database is read again, also by streams that are open.

        ``key`` is the hash of a secret, ``person/<id>`` or ``project/<id>``; None: all results. The hash of a secret
        also removes the access tokens that it was exchanged for.
        """
        kind, separator, id_ = (key or "").partition("/")
        if not separator:
            kind, id_ = "secret", kind
        with self._lock:
            self._forgotten += 1
            if key is None:
                gone = self._known
                self._known = {}
            else:
                gone = {hash_: _of(found, kind, id_) for hash_, found in self._known.items()}
                for hash_, found in gone.items():
                    for project in found:
                        del self._known[hash_][project]
                    if not self._known[hash_]:
                        del self._known[hash_]
            for found in gone.values():
                for each in found.values():
                    each.outdate()


def _of(found: dict[str | None, T], kind: str, id_: str) -> dict[str | None, T]:
    """Return the results of one person, project or secret."""
    wanted = {"person": "person_id", "project": "project_id", "secret": "secret_hash"}[kind]
    return {project: each for project, each in found.items() if getattr(each, wanted) == id_}


class _Forgetting(Protocol):
    def forget(self, key: str | None) -> None: ...


class Revocations:
    """The caches of this process, from which revoked secrets are removed at once.

    Args:
        tell: called with each revoked key, so that other processes ``forget`` it, too.
    """

    def __init__(self, tell: Callable[[str], None] = lambda _key: None) -> None:
        self._tell = tell
        self._caches: list[_Forgetting] = []

    def watch(self, cache: _Forgetting) -> None:
        """Remove revoked secrets also from ``cache``."""
        self._caches.append(cache)

    def forget(self, key: str | None) -> None:
        """Remove a secret, a person or a project (None: everything) from all caches of this process."""
        for cache in self._caches:
            cache.forget(key)

    def revoke(self, key: str) -> None:
        """Remove a secret that was just deleted from the caches of all processes; ``key`` is its hash."""
        self.forget(key)
        self._tell(key)

    def revoke_person(self, person_id: str) -> None:
        """Have everything about a person read again in all processes, because a membership changed."""
        self.revoke(f"person/{person_id}")

    def revoke_project(self, project_id: str) -> None:
        """Have everything about a project read again in all processes, because its name or state changed."""
        self.revoke(f"project/{project_id}")


def hash_of(secret: str) -> str:
    """Return the hash under which a secret is stored: SHA-256 as hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()
