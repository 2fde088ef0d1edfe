"""Sentences with numbers: a template names the singular and the plural, and the number before them chooses; and
numbers for readers."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[0-9][0-9.,]*")
_SWAP = str.maketrans(",.", ".,")
_PIECES = re.compile(r"\{(?P<name>[a-z_]+)[^{}]*\}|\[(?P<one>[^\[\]|]*)\|(?P<many>[^\[\]|]*)\]")


def fill(template: str, **values: object) -> str:
    """Return ``template`` with its placeholders filled in.

    ``[one|many]`` becomes ``one`` where the nearest number before it is one, else ``many``. Turkish needs no such
    choice: a noun after a number stays singular.

    Example:
        >>> fill("{rows} [row|rows] [is|are] missing", rows=1), fill("{rows} [row|rows] [is|are] missing", rows="1,200")
        ('1 row is missing', '1,200 rows are missing')
    """
    last = ""

    def choose(piece: re.Match[str]) -> str:
        nonlocal last
        if (name := piece["name"]) is not None:
            shown = str(values.get(name, ""))
            last = shown if _NUMBER.fullmatch(shown) else last
            return piece[0]
        return str(piece["one"] if last == "1" else piece["many"])

    return _PIECES.sub(choose, template).format(**values)


def percent_for_readers(share: float, language: str, digits: int = 1) -> str:
    """Return a share as percentage.

    Example:
        >>> percent_for_readers(-0.0412, "en"), percent_for_readers(0.9, "tr"), percent_for_readers(0.9, "tr", 0)
        ('−4.1 %', '%90,0', '%90')
    """
    text = signed_for_readers(f"{share * 100:,.{digits}f}")
    sign, text = text[: text.startswith("−")], text.removeprefix("−")
    return f"{sign}%{text.translate(_SWAP)}" if language == "tr" else f"{sign}{text} %"


def signed_for_readers(number: str) -> str:
    """Return a formatted number with the minus sign U+2212, and a zero without a sign.

    Example:
        >>> signed_for_readers("-1.5"), signed_for_readers("-0.000"), signed_for_readers("1.2e-07")
        ('−1.5', '0.000', '1.2e−07')
    """
    zero = not any(digit in number.partition("e")[0] for digit in "123456789")
    return (number.removeprefix("-") if zero else number).replace("-", "−")
