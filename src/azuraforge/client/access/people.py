"""Client for the account of this client's person and, for administrators, the platform's people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.sessions import Link
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Account(Shape):
    """An account. ``password_changed_at`` is None without a password."""

    name: str
    password_changed_at: datetime | None = None
    administrator: bool = False


@dataclass(frozen=True, kw_only=True)
class Person(Shape):
    """A person of the platform. ``disabled_at`` is None for a person who can use it."""

    id: str
    name: str
    administrator: bool
    has_password: bool
    created_at: datetime
    projects: int
    disabled_at: datetime | None = None
    used_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewPerson(Person):
    """A new person, with the link for the first sign-in."""

    link: Link


PersonList: TypeAlias = list[Person]


class People:
    """Methods of ``client.people``. All but ``me``, ``rename`` and ``set_password`` require an administrator.

    ``person`` is a person's name, regardless of upper and lower case, or id.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def me(self) -> Account:
        """Return the account of this client's person."""
        return Account.from_json(self._connection.get("/people/me"))

    def rename(self, name: str) -> Account:
        """Change the person's name, which must be unique on the platform regardless of upper and lower case."""
        return Account.from_json(self._connection.request("PATCH", "/people/me", json={"name": name}))

    def set_password(self, password: str, current: str | None = None) -> Account:
        """Set the person's password, which ends all browser sessions of the person.

        ``current`` is the current password; the command line's token on the platform's machine needs none.
        """
        body = {"password": password, "current": current}
        return Account.from_json(self._connection.request("PUT", "/people/me/password", json=body))

    def list(self, *, limit: int | None = None) -> PersonList:
        """Return the platform's people, ordered by name; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/platform/people", Person, limit)

    def create(self, name: str) -> NewPerson:
        """Create an account without a password. The link in the result signs the person in once, within 72 hours."""
        return NewPerson.from_json(self._connection.post("/platform/people", {"name": name}))

    def first_link(self, person: str) -> Link:
        """Create another link for a person who has never signed in; the previous one ends."""
        return Link.from_json(self._connection.post(f"/platform/people/{segment(self._id(person))}/link"))

    def disable(self, person: str) -> Person:
        """Refuse all secrets of a person, and end the person's browser sessions."""
        return self._change(person, disabled=True)

    def enable(self, person: str) -> Person:
        """Let a disabled person use the platform again. Sessions do not return; API tokens do."""
        return self._change(person, disabled=False)

    def grant(self, person: str) -> Person:
        """Make a person an administrator of the platform."""
        return self._change(person, administrator=True)

    def revoke(self, person: str) -> Person:
        """Take the administration of the platform away from a person."""
        return self._change(person, administrator=False)

    def _change(self, person: str, **fields: bool) -> Person:
        path = f"/platform/people/{segment(self._id(person))}"
        return Person.from_json(self._connection.request("PATCH", path, json=fields))

    def _id(self, person: str) -> str:
        """Return the id of the person with this name; return ``person`` if it is no name, so that it may be an id."""
        wanted = person.casefold()
        return next((each.id for each in self.list() if each.name.casefold() == wanted), person)
