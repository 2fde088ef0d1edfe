"""Encryption keys of secrets: from the settings, or from a file in the data home that backups do not contain."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from azuraforge.durable import sync, sync_path
from azuraforge.errors import StorageError

SETTING = "AZURAFORGE_SECRET_KEYS"
_BYTES = 32


@dataclass(frozen=True)
class Key:
    """A key of AES-256. ``id`` identifies it without revealing it."""

    content: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return hmac.new(self.content, b"azuraforge secret key", hashlib.sha256).hexdigest()[:16]


class KeyRing:
    """All keys of this installation: the first one encrypts, and all of them can decrypt.

    Args:
        given: keys of 32 bytes in base64, separated by commas; the keys of the file follow them.
        file: file with further keys in base64, one per line; created when a key is needed and there is none.
    """

    def __init__(self, given: SecretStr | None, file: Path) -> None:
        self._given = given
        self._file = file

    def keys(self) -> list[Key]:
        """Return the encryption keys; the list may be empty. Raises StorageError if a key is invalid or unreadable."""
        given = self._given.get_secret_value() if self._given is not None else ""
        named = [_parsed(each, SETTING) for each in given.split(",") if each.strip()]
        return [*named, *(_parsed(each, str(self._file)) for each in self._lines())]

    def first(self) -> Key:
        """Return the key that encrypts; create a key if there is none.

        Raises StorageError if a key is invalid or unreadable, or the new key cannot be written.
        """
        if not (found := self.keys()):
            self._make()
            found = self.keys()
        return found[0]

    def _lines(self) -> list[str]:
        try:
            descriptor = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(
                "the key file cannot be read: {reason}",
                where="{place}",
                next_step="give the platform's user read access to the file",
                reason=error.strerror,
                place=str(self._file),
            ) from None
        with os.fdopen(descriptor, "r", encoding="utf-8", errors="replace") as file:
            if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
                raise StorageError(
                    "other users of this machine can read the key file",
                    where="{place}",
                    next_step="run chmod 600 {file}",
                    code="readable_keys",
                    place=str(self._file),
                    file=self._file,
                )
            return [line for line in file.read().splitlines() if line.strip()]

    def _make(self) -> None:
        """Write a new key file unless another process has created it meanwhile; an existing file is never replaced."""
        draft = self._file.with_name(f".{self._file.name}.{secrets.token_hex(8)}")
        content = base64.b64encode(secrets.token_bytes(_BYTES)) + b"\n"
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                sync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, self._file)
            sync_path(self._file.parent)
        except OSError as error:
            raise StorageError(
                "the key that encrypts secrets cannot be written: {reason}",
                where="{place}",
                next_step="make the folder writable, or set {setting}",
                reason=error.strerror,
                place=str(self._file),
                setting=SETTING,
            ) from None
        finally:
            draft.unlink(missing_ok=True)


def _parsed(text: str, where: str) -> Key:
    try:
        content = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != _BYTES:
        raise StorageError(
            "a key that encrypts secrets must be 32 bytes in base64",
            where="{place}",
            next_step="create a key: openssl rand -base64 32",
            code="not_a_key",
            place=where,
        )
    return Key(content)
