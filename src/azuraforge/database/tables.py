"""Foundation of all ORM tables: declarative base, ownership by projects and people, identifiers and column types."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast

import orjson
from pydantic import TypeAdapter
from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    ColumnElement,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    literal_column,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from azuraforge.messages.stored import StoredText, text_from_json, text_to_json

_Shape = TypeVar("_Shape")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    """Base class of all tables. Constraints have fixed names, so that migrations can refer to them on both dialects."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class Scoped:
    """Mixin of all tables: conditions for the rows that a project or a person sees, none unless a subclass says so.

    A condition must contain the given id as a parameter, because ``database.scopes`` compiles it once for all ids.
    """

    @classmethod
    def in_project(cls, project_id: str) -> ColumnElement[bool]:
        """Return the condition for rows that a session of this project sees."""
        return literal_column("NULL") == project_id

    @classmethod
    def in_person(cls, person_id: str) -> ColumnElement[bool]:
        """Return the condition for rows that a session of this person sees."""
        return literal_column("NULL") == person_id

    def belongs_to(self, project_id: str | None, person_id: str | None) -> bool:
        """Return whether a session of this project, or else of this person, may write the row."""
        return False

    def may_be_added(self, project_id: str | None, person_id: str | None) -> bool:
        """Return whether a session that may write the row may also add it; true unless a subclass says otherwise."""
        return True


class Owned(Scoped):
    """Mixin of all tables that a project owns. Put ``project_id`` first in each primary, unique and foreign key."""

    @declared_attr
    def project_id(cls) -> Mapped[str]:  # noqa: N805  SQLAlchemy calls it with the class
        return mapped_column(String(16), ForeignKey("project.id"), nullable=False)

    @classmethod
    def in_project(cls, project_id: str) -> ColumnElement[bool]:
        return cls.project_id == project_id

    def belongs_to(self, project_id: str | None, person_id: str | None) -> bool:
        return self.project_id == project_id


class PersonOwned(Scoped):
    """Mixin of all tables that a person owns. Put ``person_id`` first in each primary and unique key.

    A table that is also ``Owned``, such as the members, is visible to the project and to the person.
    """

    @declared_attr
    def person_id(cls) -> Mapped[str]:  # noqa: N805  SQLAlchemy calls it with the class
        return mapped_column(String(16), ForeignKey("person.id"), nullable=False)

    @classmethod
    def in_person(cls, person_id: str) -> ColumnElement[bool]:
        return cls.person_id == person_id

    def belongs_to(self, project_id: str | None, person_id: str | None) -> bool:
        return self.person_id == person_id


class Timestamp(TypeDecorator[datetime]):
    """Time in UTC. TIMESTAMPTZ on PostgreSQL; on SQLite an integer, microseconds since 1970, which sorts and adds."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[int]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a timestamp without a time zone cannot be stored: {value!r}")
        if dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: datetime | int | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return _EPOCH + timedelta(microseconds=int(value))


class Deletable:
    """Mixin of tables whose rows can be in the trash; see ``projects.row_bin``."""

    deleted_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    deleted_by: Mapped[str | None] = mapped_column(String(200), default=None)


def unique_name(table: str) -> Index:
    """Return a unique index on the names of a project's rows that are not in the trash."""
    there = text("deleted_at IS NULL")
    name = f"uq_{table}_project_id_name"
    return Index(name, "project_id", "name", unique=True, sqlite_where=there, postgresql_where=there)


#: Maximum number of parsed documents that a column caches, and their maximum length in characters.
_MOST_KNOWN, _MOST_KNOWN_CHARACTERS = 128, 4096


class Lines(TypeDecorator[list[str]]):
    """Short texts without line breaks, in one text: each is enclosed by line breaks, so that SQL can search for one.

    Example:
        >>> Lines.stored(["a", "b"])
        '\\na\\nb\\n'
    """

    impl = Text
    cache_ok = True

    @staticmethod
    def stored(lines: Sequence[str]) -> str:
        """Return the text that is stored for ``lines``; empty if there are none."""
        return "\n" + "\n".join(lines) + "\n" if lines else ""

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> str | None:
        return None if value is None else self.stored(value)

    def process_result_value(self, value: str | bytes | None, dialect: Dialect) -> list[str] | None:
        if value is None:
            return None
        text = value.decode() if isinstance(value, bytes) else value
        return text[1:-1].split("\n") if text else []


class JsonText(TypeDecorator[Any]):
    """JSON, written by orjson. NaN and infinity are not valid JSON: store None.

    The type on PostgreSQL is JSON, because JSONB does not preserve the order of keys, does not distinguish 1e22 from an
    integer, and refuses texts with a NUL.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSON(none_as_null=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: object, dialect: Dialect) -> object:
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()

    def process_result_value(self, value: object, dialect: Dialect) -> object:
        if isinstance(value, str | bytes) and (dialect.name != "postgresql" or isinstance(value, bytes)):
            return orjson.loads(value)
        return value  # already parsed by a session on PostgreSQL


class MessageText(JsonText):
    """A text that is translated when it is shown (``messages.stored.StoredText``), as JSON."""

    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> object:
        return super().process_bind_param(None if value is None else text_to_json(cast(StoredText, value)), dialect)

    def process_result_value(self, value: object, dialect: Dialect) -> StoredText | None:
        document = super().process_result_value(value, dialect)
        return None if document is None else text_from_json(document)


class JsonShape(JsonText, Generic[_Shape]):
    """A pydantic shape, or a tuple of shapes, stored as JSON and parsed when it is read.

    Args:
        shape: the type; use a ``TypeAdapter`` for unions and other types that are not classes.
        exclude_unset: omit fields that were not set, so that a reader can distinguish them from explicit defaults.
        recurs: whether few distinct documents occur in many rows and reads. Short documents are then parsed once and
            shared, so ``shape`` must be frozen.
    """

    cache_ok = True

    def __init__(
        self, shape: type[_Shape] | TypeAdapter[_Shape], *, exclude_unset: bool = False, recurs: bool = False
    ) -> None:
        super().__init__()
        self.shape = shape
        self.exclude_unset = exclude_unset
        self.recurs = recurs
        self._adapter = shape if isinstance(shape, TypeAdapter) else TypeAdapter(shape)
        self._known: dict[str | bytes, _Shape] = {}

    def process_bind_param(self, value: object, dialect: Dialect) -> object:
        document = None if value is None else self._dumped(cast(_Shape, value))
        return super().process_bind_param(document, dialect)

    def _dumped(self, value: _Shape) -> object:
        return self._adapter.dump_python(value, mode="json", exclude_unset=self.exclude_unset)

    def process_result_value(self, value: object, dialect: Dialect) -> _Shape | None:
        if not (self.recurs and isinstance(value, str | bytes) and len(value) <= _MOST_KNOWN_CHARACTERS):
            return self._read(value, dialect)
        known = self._known.get(value)
        if known is None and (known := self._read(value, dialect)) is not None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[value] = known
        return known

    def _read(self, value: object, dialect: Dialect) -> _Shape | None:
        document = super().process_result_value(value, dialect)
        return None if document is None else self._adapter.validate_python(document)


def new_id() -> str:
    """Return a random identifier: 80 bits as 16 lower-case base32 letters and digits.

    Example:
        >>> len(new_id())
        16
    """
    return base64.b32encode(os.urandom(10)).decode().lower()
