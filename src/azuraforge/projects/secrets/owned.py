"""Secrets that belong to a row of another package, such as a notification target, and are removed with it."""

from __future__ import annotations

from collections.abc import Iterable

from azuraforge.database import Session
from azuraforge.errors import InvalidInput, StorageError
from azuraforge.events.service import EventLog
from azuraforge.projects.events import STREAM, SecretDeleted, SecretStored, SecretUsed
from azuraforge.projects.secrets import store
from azuraforge.projects.secrets.keys import SETTING, Key, KeyRing
from azuraforge.projects.secrets.schemas import SecretState
from azuraforge.projects.secrets.sealing import CannotOpen, seal, unseal


class OwnedSecrets:
    """Store of one encrypted value per owner, used in the caller's transaction.

    An owner is a text such as ``target:<id>``. Names of users' secrets cannot contain a colon, so no route lists,
    replaces or deletes an owner's value, and no option of a source can refer to it.
    """

    def __init__(self, keys: KeyRing, events: EventLog) -> None:
        self._keys = keys
        self._events = events

    def key(self) -> Key:
        """Return the key that encrypts; call this method before the transaction.

        Raises StorageError if no key can be read or created.
        """
        return self._keys.first()

    def put(self, session: Session, key: Key, owner: str, value: str, person_name: str) -> None:
        """Encrypt and store the value of an owner, replacing an earlier one."""
        assert store.OWNED in owner
        replaced = store.get(session, owner) is not None
        self._events.append(session, STREAM, SecretStored(name=owner, replaced=replaced, by=person_name))
        store.put(session, owner, key.id, seal(key, session.project_id, owner, value), person_name)

    def value(self, session: Session, owner: str, of: str, notification: str) -> str:
        """Return the value of an owner, to be passed to a child process, and record this use as an event.

        Args:
            of: name of the owner in an error, such as ``target 'team'``.
            notification: id of the message that is being sent.

        Raises InvalidInput if the value cannot be decrypted, and StorageError if the keys cannot be read.
        """
        row = store.get(session, owner)
        try:
            if row is None:
                raise CannotOpen
            value = unseal(self._keys.keys(), row.key_id, row.project_id, owner, row.sealed)
        except CannotOpen:
            raise InvalidInput(
                "the secrets of {of} cannot be decrypted: their key is missing, or the row was damaged",
                where="{of}",
                next_step="add the missing key to {setting}, or set the options of {of} again",
                code="secret_unreadable",
                of=of,
                setting=SETTING,
            ) from None

        self._events.append(session, STREAM, SecretUsed(name=owner, notification=notification))
        return value

    def remove(self, session: Session, owner: str) -> None:
        """Remove the value of an owner that is being deleted."""
        if store.remove(session, owner):
            self._events.append(session, STREAM, SecretDeleted(name=owner))

    def states(self, session: Session, owners: Iterable[str]) -> dict[str, SecretState]:
        """Return the state of each owner's value: ``ready``, ``older_key`` or ``unreadable``."""
        try:
            keys = self._keys.keys()
        except StorageError:
            keys = []
        wanted = list(owners)
        states: dict[str, SecretState] = dict.fromkeys(wanted, "unreadable")
        for row in store.named(session, wanted):
            try:
                unseal(keys, row.key_id, row.project_id, row.name, row.sealed)
            except CannotOpen:
                continue
            states[row.name] = "ready" if keys[0].id == row.key_id else "older_key"
        return states
