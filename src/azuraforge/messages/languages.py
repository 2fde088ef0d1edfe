"""The languages of the platform, and the one of the present request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

Code = Literal["en", "tr"]
LANGUAGES: tuple[Code, ...] = get_args(Code)

_current: ContextVar[Code] = ContextVar("language", default="en")


def current() -> Code:
    """Return the language of the present request; English outside of one."""
    return _current.get()


@contextmanager
def speaking(language: Code) -> Iterator[None]:
    """Make ``language`` the current one for a block, in this thread or task and those it starts."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def negotiate(header: str) -> Code:
    """Return the language that an ``Accept-Language`` header prefers among ours; English if it names none of them.

    Source: RFC 9110, section 12.5.4. A malformed part is ignored.

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
