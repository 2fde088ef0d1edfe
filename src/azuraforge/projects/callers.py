"""A person's access to a project, and the order of the roles."""

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
        role: the membership's role; for an API token, the lower of the token's and the membership's.
        secret_hash: hash of the secret; for an access token, of the secret that it was exchanged for.
        temporary: whether the secret is an access token, which cannot create further secrets.
        archived: whether the project can only be read.
        until: time of ``time.monotonic()`` after which secret and membership must be read again.
    """

    project_id: str
    project_slug: str
    project_name: str
    person_id: str
    person_name: str
    role: str
    expires_at: datetime | None
    secret_hash: str
    kind: str = "session"
    temporary: bool = False
    archived: bool = False
    until: float = field(default=math.inf, compare=False)

    @property
    def is_current(self) -> bool:
        """Return whether secret and membership were read recently enough."""
        return self.seconds_left > 0

    @property
    def seconds_left(self) -> float:
        """Seconds until secret and membership must be read again."""
        return self.until - time.monotonic()

    def outdate(self) -> None:
        """Have secret and membership read again before their time; open streams check this."""
        object.__setattr__(self, "until", 0.0)

    def may(self, role: str) -> bool:
        """Return whether this access has at least ``role``: viewer < member < admin < owner."""
        return ROLES.index(self.role) >= ROLES.index(role)


def lower_role(one: str, other: str) -> str:
    """Return the lower of two roles.

    Example:
        >>> lower_role("owner", "viewer")
        'viewer'
    """
    return min(one, other, key=ROLES.index)
