"""Sentences of a judgement in English and Turkish, with numbers as each language writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from azuraforge.judgements.texts import TEXTS
from azuraforge.plugins.contract.shape import Texts
from azuraforge.reports.words import LANGUAGES, Words
from azuraforge.wording import fill

Filling = Mapping[str, object]


def said(key: str, filling: Callable[[Words], Filling] | None = None) -> Texts:
    """Return a sentence by language code; ``filling`` writes its values in one language."""
    return {code: text(key, code, **({} if filling is None else filling(Words(code)))) for code in LANGUAGES}


def text(key: str, code: str, **values: object) -> str:
    """Return a text in one language, filled in."""
    english, turkish = TEXTS[key]
    return fill(turkish if code == "tr" else english, **values)


def signed(words: Words, share: float | None) -> str:
    """Return a share as percentage with its sign.

    Example:
        >>> signed(Words("en"), 0.032), signed(Words("tr"), -0.1)
        ('+3.2 %', '−%10,0')
    """
    shown = words.percent(share)
    if share is not None and 10 <= abs(share) < 1e9:  # digits behind the point say nothing there
        whole = words.number(round(abs(share) * 100))
        shown = ("−" if share < 0 else "") + (f"%{whole}" if words.code == "tr" else f"{whole} %")
    return f"+{shown}" if share is not None and share > 0 and any(digit in shown for digit in "123456789") else shown


def change(words: Words, difference: float | None, *, absolute: bool) -> str:
    """Return a difference with its sign: a share as percentage, or the difference of two shares in points.

    Example:
        >>> change(Words("en"), -0.395, absolute=True), change(Words("en"), -0.395, absolute=False)
        ('−39.5 points', '−39.5 %')
    """
    if difference is None or not absolute:
        return signed(words, difference)
    shown = signed(words, difference).replace("%", "").strip()
    return f"{shown} {text('points', words.code)}"


def level(words: Words, share: float) -> str:
    """Return a level of confidence as percentage, with as many digits as it needs.

    Example:
        >>> level(Words("en"), 0.95), level(Words("en"), 0.975), level(Words("tr"), 0.99953)
        ('95 %', '97.5 %', '%99,95')
    """
    digits = f"{share * 100:.2f}".rstrip("0").rstrip(".")
    digits = digits.replace(".", ",") if words.code == "tr" else digits
    return f"%{digits}" if words.code == "tr" else f"{digits} %"
