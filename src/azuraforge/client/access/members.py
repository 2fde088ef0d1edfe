"""Client for the members of a project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.errors import ClientError
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class ProjectMember(Shape):
    """A member of the project. ``kind`` is ``person`` or ``service``; ``own`` is true for this client's person."""

    id: str
    name: str
    kind: str
    role: str
    joined_at: datetime
    own: bool


MemberList: TypeAlias = list[ProjectMember]


class Members:
    """Methods of ``client.members``. ``person`` is a member's name or id.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, limit: int | None = None) -> MemberList:
        """Return the project's members, longest membership first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/members", ProjectMember, limit)

    def add_service_account(self, name: str, role: str = "member") -> ProjectMember:
        """Create a member that cannot sign in and has only API tokens; see ``client.tokens.create``."""
        body = {"name": name, "role": role}
        return ProjectMember.from_json(self._connection.post("/members/service-accounts", body))

    def set_role(self, person: str, role: str) -> ProjectMember:
        """Change a member's role, at most to the own one: ``viewer``, ``member``, ``admin`` or ``owner``."""
        path = f"/members/{segment(self._id(person))}"
        return ProjectMember.from_json(self._connection.request("PATCH", path, json={"role": role}))

    def remove(self, person: str) -> None:
        """Remove a member, whose API tokens end at once."""
        self._connection.delete(f"/members/{segment(self._id(person))}")

    def leave(self) -> None:
        """Leave the project. Raises ClientError if this client's token belongs to no member."""
        own = [each.id for each in self.list() if each.own]
        if not own:
            raise ClientError(
                "you are not a member of this project", next_step="name another project: Client(project=…)"
            )
        self._connection.delete(f"/members/{segment(own[0])}")

    def transfer(self, person: str) -> ProjectMember:
        """Make another member an owner of the project and this client's person, who owns it, an admin."""
        return ProjectMember.from_json(self._connection.post(f"/members/{segment(self._id(person))}/transfer"))

    def _id(self, person: str) -> str:
        """Return the id of the member with this name; return ``person`` if it is no name, so that it may be an id."""
        return next((each.id for each in self.list() if each.name == person), person)
