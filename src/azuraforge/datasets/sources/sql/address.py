"""The address of a database, read from a secret. Runs only in child processes.

No error quotes any part of the secret's value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from azuraforge.datasets.sources.allowed import allowed_path
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.messages import Message
from azuraforge.outgoing import Policy
from azuraforge.outgoing.resolving import resolve

WHERE = "source sql"
DialectName: TypeAlias = Literal["postgresql", "mysql", "sqlite"]
#: Encryption of a connection; ``prefer`` and None encrypt it if both ends support that.
TlsMode: TypeAlias = Literal["disable", "prefer", "require", "verify-full"]
_NAMES: dict[str, DialectName] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
_PORTS = {"postgresql": 5432, "mysql": 3306}


@dataclass(frozen=True)
class Place:
    """A database that may be queried.

    Attributes:
        host: the host in the secret; the file's name for SQLite.
        addresses: the host's addresses that the policy allows; connections use only these.
        file: resolved path of a SQLite file.
    """

    dialect: DialectName
    host: str
    port: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str = ""
    tls: TlsMode | None = None
    addresses: tuple[str, ...] = ()
    file: Path | None = None


def place_of(value: str, secret: str, policy: Policy, folders: Sequence[Path]) -> Place:
    """Return the database that the value of a secret refers to.

    Raises InvalidInput if the value is not an address, ``policy`` forbids the host, or the file is outside ``folders``,
    and TransientError if the host has no address or the file does not exist.
    """
    from sqlalchemy.engine import make_url  # imported here, since only children of this source need it
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(value.strip())
        dialect = _NAMES[url.get_backend_name()]
        port = url.port or _PORTS.get(dialect, 0)
    except (ArgumentError, KeyError, ValueError):
        raise _refused(secret, Message("it is not the address of a PostgreSQL, MySQL or SQLite database")) from None
    if dialect == "sqlite":
        if url.host or url.query or not url.database:
            raise _refused(secret, Message("it does not specify a SQLite file"))
        file = allowed_path(url.database, folders, WHERE)
        if not file.is_file():
            raise TransientError(
                "the database file does not exist", where="source sql", next_step="check that its disk is mounted"
            )
        return Place("sqlite", file.name, file=file)
    if not url.host or not url.database:
        raise _refused(secret, Message("it lacks a host or a database"))
    if unknown := [name for name in url.query if name != "sslmode"]:
        raise _refused(
            secret,
            Message("it has the parameter {parameter!r}; only sslmode is supported", {"parameter": unknown[0][:40]}),
        )
    mode = url.query.get("sslmode")
    tls: TlsMode | None = next((each for each in get_args(TlsMode) if each == mode), None)
    if mode is not None and tls is None:
        raise _refused(secret, Message("its sslmode is not one of {modes}", {"modes": get_args(TlsMode)}))
    try:
        found = resolve(url.host, port)
    except (OSError, UnicodeError, ValueError):
        found = []
    if not found:
        raise TransientError(
            "the host of the database has no address",
            where="source sql",
            next_step="check the host name, or try again later",
        )
    policy.check(url.host, port, found)
    password = str(url.password) if url.password is not None else None
    shown = tuple(str(each) for each in found)
    return Place(dialect, url.host, port, url.username, password, url.database, tls, shown)


def _refused(secret: str, problem: Message) -> InvalidInput:
    return InvalidInput(
        "the secret {secret!r} cannot be used: {problem}",
        where="source sql",
        next_step="set the secret to postgresql://USER:PASSWORD@HOST/DATABASE, mysql://USER:PASSWORD@HOST/DATABASE "
        "or sqlite:////PATH",
        code="not_a_database",
        secret=secret,
        problem=problem,
    )
