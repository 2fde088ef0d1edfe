"""Passwords: the rules for new ones, and their argon2id hashes.

Hashing takes 19 MiB and tens of milliseconds by intention. Call it in a thread; it releases the GIL.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from azuraforge.errors import InvalidInput

if TYPE_CHECKING:
    from argon2 import PasswordHasher

#: Minimum length of a new password, in characters.
MIN_LENGTH = 12
#: Maximum length, so that a request cannot make hashing slow.
MAX_LENGTH = 200
_COMMON = Path(__file__).with_name("common_passwords.txt")
#: What people append to a common password: digits and punctuation.
_APPENDED = "0123456789!?.,;:-_*+#@$%&/=()"
#: Rows of a keyboard and the alphabet, in which a password is a sequence if it follows them forwards or backwards.
_SEQUENCES = ("0123456789" * 3, "1234567890" * 3, "abcdefghijklmnopqrstuvwxyz" * 2, "qwertyuiopasdfghjklzxcvbnm")


def normalized(password: str) -> str:
    """Return the form that is hashed, so that keyboards that compose letters differently give the same password."""
    return unicodedata.normalize("NFKC", password)


def check_new(password: str) -> None:
    """Check a new password: its length, and that it is not a common one. There are no rules for its characters.

    Raises InvalidInput.

    Example:
        >>> check_new("correct horse battery staple")
        >>> check_new("Password1234")
        Traceback (most recent call last):
        ...
        azuraforge.errors.InvalidInput: this password is common and easy to guess. Next: choose several words that ...
    """
    password = normalized(password)
    if len(password) < MIN_LENGTH:
        raise InvalidInput(
            "the password has {count} characters, but at least {least} are required",
            next_step="choose a longer password, such as several words that do not belong together",
            code="password_too_short",
            count=len(password),
            least=MIN_LENGTH,
        )
    if len(password) > MAX_LENGTH:
        raise InvalidInput(
            "the password has more than {most} characters",
            next_step="choose a shorter password",
            code="password_too_long",
            most=MAX_LENGTH,
        )
    if is_common(password):
        raise InvalidInput(
            "this password is common and easy to guess",
            next_step="choose several words that do not belong together",
            code="password_too_common",
        )


def is_common(password: str) -> bool:
    """Return whether a password is on the list of common ones, repeats a short part, or follows a keyboard row.

    A common password with digits and punctuation at its end counts as common.
    """
    folded = normalized(password).casefold()
    listed = _common()
    if folded in listed or folded.rstrip(_APPENDED) in listed:
        return True
    if folded in (folded + folded)[1:-1]:  # a string is inside its own doubling only if it repeats a part
        return True
    return any(folded in row or folded[::-1] in row for row in _SEQUENCES)


def make_hash(password: str) -> str:
    """Return the argon2id hash of a password, with its parameters and salt, as text."""
    return _hasher().hash(normalized(password))


def matches(hash_: str | None, password: str) -> bool:
    """Return whether a password has this hash. Without a hash, it takes as long and returns False."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(hash_ or _hash_of_nobody(), normalized(password)) and hash_ is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(hash_: str) -> bool:
    """Return whether a hash was computed with other parameters than those of today."""
    return _hasher().check_needs_rehash(hash_)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher, Type

    # The parameters of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one thread.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


@cache
def _hash_of_nobody() -> str:
    """Return a hash of a random password, to be compared where there is no account."""
    return make_hash(secrets.token_urlsafe(32))


@cache
def _common() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
