"""The supported languages, and the language of the current request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

Code = Literal["en", "tr"]
LANGUAGES: tuple[Code, ...] = get_args(Code)

_current: ContextVar[Code] = ContextVar("language", default="en")


def current() -> Code:
    """Return the language of the current request, or English outside a request."""
    return _current.get()


@contextmanager
def speaking(language: Code) -> Iterator[None]:
    """Set the current language for a ``with`` block, in this thread or task and in tasks started from it."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def negotiate(header: str) -> Code:
    """Return the supported language that an ``Accept-Language`` header prefers; English if there is none.

    The header follows RFC 9110, section 12.5.4. Malformed parts are ignored.

    Example:
        >>> negotiate("tr-TR,tr;q=0.9,en;q=0.8"), negotiate("de, tr;q=0.5"), negotiate("xx;q=nonsense"), negotiate("")
        ('tr', 'tr', 'en', 'en')
        >>> negotiate("tr;q=0, *")
        'en'
    """
    weights: dict[str, float] = {}
    for part in header[:1000].split(","):
        tag, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name.strip().lower() == "q" else 1.0
        except ValueError:
            continue
        code = tag.strip().lower().split("-", 1)[0]
        if code in LANGUAGES:
            weights[code] = max(weight, weights.get(code, 0.0))
    wanted = max(LANGUAGES, key=lambda code: weights.get(code, 0.0))
    return wanted if weights.get(wanted, 0.0) > 0 else "en"
