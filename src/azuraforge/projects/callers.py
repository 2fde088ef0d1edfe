"""Authenticated callers: a person, and a person's access to a project."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from azuraforge.projects.schemas import Role

ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True)
class Access:
    """An authenticated caller in its project.

    Attributes:
        role: the lower of the credential's role and the membership's.
        until: time of ``time.monotonic()`` after which credential and membership must be read again.
    """

    project_id: str
    project_slug: str
    project_name: str
    user_id: str
    user_name: str
    role: str
    expires_at: datetime | None
    secret_hash: str
    kind: str = "session"
    until: float = field(default=math.inf, compare=False)

    @property
    def is_current(self) -> bool:
        """Return whether credential and membership were read recently enough."""
        return time.monotonic() < self.until

    def may(self, role: str) -> bool:
        """Return whether this access has at least ``role``: viewer < member < admin < owner."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True)
class Caller:
    """An authenticated person, for requests that concern no project.

    Attributes:
        kind: kind of the secret: session, token or local.
        project_id, role: project and role with which the secret was created.
    """

    person_id: str
    person_name: str
    kind: str
    secret_hash: str
    expires_at: datetime | None
    project_id: str
    role: str

    @classmethod
    def of(cls, access: Access) -> Caller:
        """Return the person of an access."""
        return cls(
            person_id=access.user_id,
            person_name=access.user_name,
            kind=access.kind,
            secret_hash=access.secret_hash,
            expires_at=access.expires_at,
            project_id=access.project_id,
            role=access.role,
        )


def lower_role(one: str, other: str) -> str:
    """Return the lower of two roles.

    Example:
        >>> lower_role("owner", "viewer")
        'viewer'
    """
    return min(one, other, key=ROLES.index)
