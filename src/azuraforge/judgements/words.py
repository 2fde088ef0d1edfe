"""Sentences of a judgement in English and Turkish, with numbers formatted for each language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from azuraforge.messages import LANGUAGES, Code, keyed
from azuraforge.messages.formats import separated
from azuraforge.plugins.contract.shape import Texts
from azuraforge.reports.words import Words

Filling = Mapping[str, object]


def said(key: str, filling: Callable[[Words], Filling] | None = None) -> Texts:
    """Return a sentence by language code; ``filling`` returns its values for one language."""
    return {code: text(key, code, **({} if filling is None else filling(Words(code)))) for code in LANGUAGES}


def text(key: str, code: str, **values: object) -> str:
    """Return the text ``judge.KEY`` in one language, with its values filled in. Raises KeyError for an unknown key."""
    return keyed(f"judge.{key}", cast(Code, code), **values)


def change(words: Words, difference: float | None, *, absolute: bool) -> str:
    """Return a signed difference: a share as a percentage, or with ``absolute``, a difference of shares in points.

    Example:
        >>> change(Words("en"), -0.395, absolute=True), change(Words("en"), -0.395, absolute=False)
        ('−39.5 points', '−39.5 %')
    """
    if difference is None or not absolute:
        return words.signed(difference)
    shown = words.signed(difference).replace("%", "").strip()
    return f"{shown} {text('points', words.code)}"


def level(words: Words, share: float) -> str:
    """Return a confidence level as a percentage, with up to two decimals.

    Example:
        >>> level(Words("en"), 0.95), level(Words("en"), 0.975), level(Words("tr"), 0.99953)
        ('95 %', '97.5 %', '%99,95')
    """
    digits = f"{share * 100:.2f}".rstrip("0").rstrip(".")
    digits = separated(digits, words.code)
    return f"%{digits}" if words.code == "tr" else f"{digits} %"
