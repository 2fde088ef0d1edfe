"""Rules of secrets: encryption, decryption, and errors if a key is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict, InvalidInput, NotFound, StorageError
from azuraforge.events.service import EventLog
from azuraforge.paging import PAGE, Order
from azuraforge.projects.events import STREAM, SecretDeleted, SecretStored, SecretUsed
from azuraforge.projects.secrets import store
from azuraforge.projects.secrets.keys import SETTING, Key, KeyRing
from azuraforge.projects.secrets.schemas import SecretOut, SecretPage, SecretState
from azuraforge.projects.secrets.sealing import CannotOpen, seal, unseal
from azuraforge.projects.secrets.tables import Secret

_ORDER: Order[tuple[str]] = Order("secrets", tuple[str])
#: Maximum number of secrets of one project.
_MOST = 1000


class SecretService:
    """Service that stores secrets and passes them to child processes. Routes never return a value."""

    def __init__(self, database: Database, keys: KeyRing, events: EventLog) -> None:
        self._database = database
        self._keys = keys
        self._events = events

    def set(self, project_id: str, name: str, value: str, person_name: str) -> SecretOut:
        """Encrypt and store a value, replacing an earlier one.

        Raises StorageError if no key is available, and Conflict if the project has too many secrets.
        """
        key = self._keys.first()
        sealed = seal(key, project_id, name, value)

        def work(session: Session) -> Secret:
            replaced = store.get(session, name) is not None
            if not replaced and store.count(session) >= _MOST:
                raise Conflict(
                    "a project can have at most {most:,} secrets",
                    next_step="delete a secret with azuraforge secrets delete NAME",
                    most=_MOST,
                )
            self._events.append(session, STREAM, SecretStored(name=name, replaced=replaced, by=person_name))
            return store.put(session, name, key.id, sealed, person_name)

        return _shown(self._database.write(project_id, work), self._keys.keys())

    def list(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> SecretPage:
        """Return a page of secrets by name, without their values."""
        key = _ORDER.read(after)
        with self._database.read(project_id) as session:
            found = store.page(session, limit + 1, key)
        page, cursor = _ORDER.cut(found, limit, lambda row: (row.name,))
        try:
            keys = self._keys.keys()
        except StorageError:
            keys = []
        return SecretPage(items=[_shown(row, keys) for row in page], next=cursor)

    def delete(self, project_id: str, name: str, person_name: str) -> None:
        """Delete a secret. Raises NotFound if it does not exist."""

        def work(session: Session) -> bool:
            if existed := store.remove(session, name):
                self._events.append(session, STREAM, SecretDeleted(name=name, by=person_name))
            return existed

        if not self._database.write(project_id, work):
            raise NotFound("secret {name!r} does not exist", next_step="run azuraforge secrets list", name=name)

    def holds_any(self, project_id: str, names: Sequence[str]) -> bool:
        """Return whether the project has a secret with one of these names."""
        if not names:
            return False
        with self._database.read(project_id) as session:
            return store.any_of(session, names)

    def grant(self, project_id: str, names: Iterable[str], used: Mapping[str, str]) -> dict[str, str]:
        """Return the values of secrets for a child process that declares them, and record their use as events.

        Args:
            used: who or what uses them: fields of ``SecretUsed``.

        Raises InvalidInput if a secret does not exist or cannot be decrypted, and StorageError if the keys cannot be
        read.
        """
        wanted = sorted(set(names))
        if not wanted:
            return {}
        keys = self._keys.keys()

        def work(session: Session) -> dict[str, str]:
            values = {name: _value(project_id, name, store.get(session, name), keys) for name in wanted}
            for name in wanted:
                self._events.append(session, STREAM, SecretUsed.model_validate({"name": name, **used}))
            return values

        return self._database.write(project_id, work)


def _value(project_id: str, name: str, row: Secret | None, keys: Sequence[Key]) -> str:
    if row is None:
        raise InvalidInput(
            "secret {name!r} does not exist",
            where="secret {name}",
            next_step="create it with azuraforge secrets set {name}",
            code="no_such_secret",
            name=name,
        )
    try:
        return unseal(keys, row.key_id, project_id, name, row.sealed)
    except CannotOpen:
        raise InvalidInput(
            "secret {name!r} cannot be decrypted: its key is missing, or the row was damaged",
            where="secret {name}",
            next_step="add the missing key to {setting}, or set the value again: azuraforge secrets set {name}",
            code="secret_unreadable",
            name=name,
            setting=SETTING,
        ) from None


def _shown(row: Secret, keys: Sequence[Key]) -> SecretOut:
    state: SecretState = "ready" if keys and keys[0].id == row.key_id else "older_key"
    try:
        unseal(keys, row.key_id, row.project_id, row.name, row.sealed)
    except CannotOpen:
        state = "unreadable"
    return SecretOut(
        name=row.name,
        state=state,
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )
