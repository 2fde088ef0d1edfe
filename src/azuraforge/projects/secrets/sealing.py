"""Encryption of secrets: AES-256-GCM with a random nonce, bound to the project and the name."""

from __future__ import annotations

import os
from collections.abc import Sequence

from azuraforge.projects.secrets.keys import Key

_NONCE_BYTES = 12


class CannotOpen(Exception):
    """Error of a failed decryption: the key is missing, or the value was changed or belongs to another row."""


def seal(key: Key, project_id: str, name: str, value: str) -> bytes:
    """Encrypt a value; return the nonce followed by the ciphertext."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # imported when the first secret is used

    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key.content).encrypt(nonce, value.encode(), _bound_to(project_id, name))


def unseal(keys: Sequence[Key], key_id: str, project_id: str, name: str, sealed: bytes) -> str:
    """Return the decrypted value.

    Raises CannotOpen if ``keys`` lacks the key, or if the value was changed or belongs to another row.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = next((each for each in keys if each.id == key_id), None)
    if key is None:
        raise CannotOpen
    try:
        opened = AESGCM(key.content).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(project_id, name))
    except (InvalidTag, ValueError):
        raise CannotOpen from None
    return opened.decode()


def _bound_to(project_id: str, name: str) -> bytes:
    return f"{project_id}\0{name}".encode()
