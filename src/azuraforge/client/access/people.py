"""Client for the account of this client's person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azuraforge.client.http.connection import Connection
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Account(Shape):
    """An account. ``password_changed_at`` is None without a password."""

    name: str
    password_changed_at: datetime | None = None
    administrator: bool = False


class People:
    """Methods of ``client.people``.

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
