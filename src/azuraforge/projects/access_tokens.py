"""Access tokens: signed statements (JWT) that another program receives instead of a session or an API token.

They are signed with HS256 and name their person, project, role and parent, the secret that was exchanged. No row exists
for them: a valid one gives at most what its parent gives at that time, read from the database as for each other secret.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from azuraforge.errors import StorageError
from azuraforge.projects.callers import Access

#: Seconds after which an access token expires at the latest.
MOST_SECONDS = 15 * 60
_ALGORITHM = "HS256"
_ISSUER = "azuraforge"
_AUDIENCE = "azuraforge-api"
#: Longest token that is read; the longest one that is issued has about 700 characters.
_MOST_CHARACTERS = 2_000
#: Seconds by which the clocks of two API processes may differ.
_CLOCK_SECONDS = 60
_TEXTS = ("sub", "project", "project_id", "role", "parent", "jti")


class Key(Protocol):
    """A key of the installation; ``id`` identifies it without revealing it."""

    @property
    def id(self) -> str: ...

    @property
    def content(self) -> bytes: ...


class Keys(Protocol):
    """The keys of the installation; ``KeyRing`` implements it."""

    def keys(self) -> Sequence[Key]:
        """Return all keys. Raises StorageError if they cannot be read."""
        ...

    def first(self) -> Key:
        """Return the first key; create one if there is none. Raises StorageError."""
        ...


class InvalidAccessToken(Exception):
    """Error of an access token that is not valid. Callers report every reason with the same text."""


@dataclass(frozen=True)
class Claims:
    """The verified content of an access token.

    Attributes:
        project: slug of the project.
        role: the highest role that the token gives.
        parent: hash of the secret that was exchanged.
        expires: seconds since 1970 (UTC).
    """

    person_id: str
    project: str
    project_id: str
    role: str
    parent: str
    expires: int


def is_access_token(secret: str) -> bool:
    """Return whether a secret has the form of a JWT; sessions and API tokens contain no dots."""
    return secret.count(".") == 2


class AccessTokens:
    """Signing and verification. The first encryption key of the installation signs, and all of them verify."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def issue(self, access: Access, role: str, seconds: int) -> tuple[str, datetime]:
        """Return a token for the project of ``access``, and its expiry, which is never later than that of ``access``.

        Raises StorageError if no key can be read or created.
        """
        import jwt  # imported when the first access token is used

        key, now = self._keys.first(), int(time.time())
        expires = now + min(seconds, MOST_SECONDS)
        if access.expires_at is not None:
            expires = min(expires, int(access.expires_at.timestamp()))
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": access.person_id,
            "project": access.project_slug,
            "project_id": access.project_id,
            "role": role,
            "parent": access.secret_hash,
            "iat": now,
            "exp": expires,
            "jti": secrets.token_hex(16),
        }
        token = jwt.encode(claims, _signing_key(key), algorithm=_ALGORITHM, headers={"kid": key.id})
        return token, datetime.fromtimestamp(expires, UTC)

    def read(self, token: str) -> Claims:
        """Verify a token and return its content. Raises InvalidAccessToken."""
        import jwt

        if len(token) > _MOST_CHARACTERS:
            raise InvalidAccessToken
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            keys = self._keys.keys()
            key = next(each for each in keys if each.id == kid)
            content = jwt.decode(
                token,
                _signing_key(key),
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                audience=_AUDIENCE,
                # ``iat`` is checked below, because the clock of the process that issued it may be ahead.
                options={"require": ["iss", "aud", "iat", "exp", *_TEXTS], "verify_iat": False},
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError, StopIteration, StorageError) as error:
            raise InvalidAccessToken from error
        issued, expires = content["iat"], content["exp"]
        texts = [content[name] for name in _TEXTS]
        if not (isinstance(issued, int) and isinstance(expires, int) and all(isinstance(each, str) for each in texts)):
            raise InvalidAccessToken
        if issued > time.time() + _CLOCK_SECONDS or expires - issued > MOST_SECONDS:
            raise InvalidAccessToken
        person_id, project, project_id, role, parent, _ = texts
        return Claims(person_id, project, project_id, role, parent, expires)


def _signing_key(key: Key) -> bytes:
    """Derive the signing key, so that no key is used both for encryption and for signatures."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"azuraforge access tokens").derive(key.content)
