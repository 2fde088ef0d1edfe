"""Sentences with numbers: a template names the singular and the plural, and the number before them chooses; and
numbers for readers."""

from __future__ import annotations

import re
from datetime import timedelta

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


def count_for_readers(count: int, language: str) -> str:
    """Return a whole number with the separators of the language.

    Example:
        >>> count_for_readers(12345, "en"), count_for_readers(12345, "tr")
        ('12,345', '12.345')
    """
    text = f"{count:,}"
    return text.translate(_SWAP) if language == "tr" else text


def duration_for_readers(duration: timedelta, language: str) -> str:
    """Return the days, hours, minutes and seconds of a duration, without those that are zero.

    Example:
        >>> duration_for_readers(timedelta(days=2, hours=3), "en"), duration_for_readers(timedelta(days=1), "tr")
        ('2 days 3 h', '1 gün')
    """
    turkish = language == "tr"
    seconds = duration.seconds + duration.microseconds / 1e6
    shown = f"{seconds % 60:g}"
    day = "gün" if turkish else "day" if duration.days == 1 else "days"
    parts = [
        (duration.days, f"{count_for_readers(duration.days, language)} {day}"),
        (duration.seconds // 3600, f"{duration.seconds // 3600} {'sa' if turkish else 'h'}"),
        (duration.seconds // 60 % 60, f"{duration.seconds // 60 % 60} {'dk' if turkish else 'min'}"),
        (seconds % 60, f"{shown.replace('.', ',') if turkish else shown} {'sn' if turkish else 's'}"),
    ]
    return " ".join(text for size, text in parts if size) or parts[-1][1]


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
