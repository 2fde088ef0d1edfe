"""The gate's reasons as sentences, in English and Turkish."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azuraforge.models.gate.record import ReasonRecord, Sentences, Value
from azuraforge.models.gate.sentences import KINDS, SENTENCES, UNITS, UNSTATED
from azuraforge.wording import fill


@dataclass(frozen=True)
class Reason:
    """Reason for a decision of the gate: a stable code, its values, and sentences made of them."""

    code: str
    params: Mapping[str, Value]

    def __post_init__(self) -> None:
        if self.code not in SENTENCES:
            raise ValueError(f"unknown reason {self.code!r}")

    def text(self, language: str) -> str:
        """Return the sentence in ``"en"`` or ``"tr"``.

        Example:
            >>> Reason("champion_kept", {"champion": "forecasting.ridge"}).text("tr")
            'forecasting.ridge şampiyon kalıyor.'
        """
        english, turkish = SENTENCES[self.code]
        turkish_asked = language == "tr"
        shown: dict[str, Any] = dict(self.params)
        shown["measure"] = _measure(self.params, language)
        units = {name: words[turkish_asked] for name, words in UNITS[_in_time(self.params)].items()}
        figures = shown_figures(self.params, language)
        shown |= {"change": figures["change"], "low_end": figures["low"], "high_end": figures["high"]}
        margin = self.params.get("margin")
        if isinstance(margin, float):
            # A guarded slice's margin has the unit of its interval; a policy's own is shown as a share.
            shown["allowed"] = _end(self.params, margin, language, signed=False)
        for name, value in self.params.items():
            if isinstance(value, float):
                shown[f"{name}_share"] = percent(value, language, signed=False)
            elif value in (None, "") and self.code in UNSTATED:
                shown[name] = UNSTATED[self.code][language == "tr"]
            elif self.code == "other_kind" and str(value) in KINDS:
                shown[name] = KINDS[str(value)][language == "tr"]
        template = turkish if turkish_asked else english
        for name, words in units.items():
            template = template.replace(f"{{{name}}}", words)
        return fill(template, **shown)

    def record(self) -> ReasonRecord:
        """Return the reason in its stored form."""
        text = Sentences(en=self.text("en"), tr=self.text("tr"))
        return ReasonRecord(code=self.code, params=dict(self.params), text=text)


#: A relative figure beyond this (1000 %) only means that the other side makes almost no errors.
_MOST = 10.0


def shown_figures(params: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return a comparison's formatted numbers: ``measure``, ``change``, and ``low`` and ``high`` of its interval.

    Along a series they are relative. Of losses that are 0 or 1 they are points (hundredths) with the errors per
    1,000 of both sides, of other independent losses the losses themselves: almost no errors are no denominator.

    Args:
        params: those of ``evidence.Comparison``.
        language: ``en`` or ``tr``.

    Example:
        >>> few = {"measure_en": "error rate", "rows": "examples", "binary": True}
        >>> few |= {"difference": -0.09, "score_a": 0.01, "score_b": 0.1}
        >>> seen = told({**few, "low": -0.12, "high": -0.06}, "en")
        >>> seen["measure"], seen["change"], seen["low"], seen["high"]
        ('error rate', '−9 points (10 errors per 1,000 against 100)', '−12', '−6 points')
    """
    low, high = params.get("low"), params.get("high")
    ends = {"low": _end(params, low, language, unit=False), "high": _end(params, high, language)}
    ends["measure"] = _measure(params, language)
    if _is_relative(params):
        relative = params.get("relative_difference")
        if "score_b" in params and (relative is None or relative > _MOST):
            change = _against(params, language, "{}", "{} yerine {}")
        else:
            change = _end(params, relative, language)
        return {"change": change, **ends}
    both_sides = (
        _against(params, language, "{} errors per 1,000", "binde {} yerine {} hata", 1000)
        if params.get("binary")
        else _against(params, language, "{}", "{} yerine {}")
    )
    return {"change": f"{_end(params, params['difference'], language)} ({both_sides})", **ends}


def _measure(params: Mapping[str, Any], language: str) -> str:
    """Return the metric's title, as ``evidence.measured`` put it into the values; "" for a reason without a metric."""
    return str(params.get(f"measure_{language}") or params.get("measure_en") or "")


def _in_time(params: Mapping[str, Any]) -> bool:
    return bool(params.get("rows", "origins") == "origins")


def _is_relative(params: Mapping[str, Any]) -> bool:
    """Return whether a difference is relative: along a series, or without stated scores."""
    return _in_time(params) or "difference" not in params


def _against(params: Mapping[str, Any], language: str, english: str, turkish: str, scale: float = 1) -> str:
    """Return both scores: "3 against 4"."""
    ours, theirs = (_plain(params[side] * scale, language) for side in ("score_a", "score_b"))
    if language == "tr":
        return turkish.format(theirs, ours)
    return f"{english.format(ours)} against {theirs}"


def _end(
    params: Mapping[str, Any], value: float | None, language: str, *, signed: bool = True, unit: bool = True
) -> str:
    """Format one number of a comparison in its own unit."""
    if value is None:
        return "–"
    if _is_relative(params):
        return percent(value, language, signed=signed)
    if params.get("binary"):
        points = _plain(value * 100, language, signed=signed)
        word = "puan" if language == "tr" else "point" if points.strip("−+") == "1" else "points"
        return f"{points} {word}" if unit else points
    return _plain(value, language, signed=signed)


def _plain(value: float, language: str, *, signed: bool = False) -> str:
    """Format with three significant digits, without decimals from a thousand on."""
    size = abs(value)
    digits = 0 if size >= 1000 or size < 5e-7 else max(0, 2 - math.floor(math.log10(size)))
    number = f"{size:,.{digits}f}"
    number = number.rstrip("0").rstrip(".") if "." in number else number
    sign = "" if number == "0" else "−" if value < 0 else "+" if signed else ""
    return sign + _in_language(number, language)


def percent(fraction: float, language: str, *, signed: bool = False) -> str:
    """Format with one decimal, two below 1 %, three near 100 %: 99.95 % must not read as 100 %, nor 0.04 % as 0."""
    if fraction > _MOST:
        return "more than +1,000 %" if language != "tr" else "+%1.000 üzeri"
    percent = round(abs(fraction) * 100, 6)  # 100 minus a rounding error is 100
    digits = 2 if percent < 1 else 3 if 99.5 <= percent < 100 else 1
    number = f"{percent:,.{digits}f}".removesuffix(".00").removesuffix(".0")
    sign = "" if not signed or number == "0" else "−" if fraction < 0 else "+"
    number = _in_language(number, language)
    return f"{sign}%{number}" if language == "tr" else f"{sign}{number} %"


def _in_language(number: str, language: str) -> str:
    return number.translate(str.maketrans(",.", ".,")) if language == "tr" else number
