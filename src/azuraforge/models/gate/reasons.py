"""Reasons of the gate, and their sentences from the message catalogue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azuraforge.messages import Code, keyed
from azuraforge.messages.catalogue import has
from azuraforge.messages.formats import separated
from azuraforge.models.gate.record import ReasonRecord, Sentences, Value


@dataclass(frozen=True)
class Reason:
    """Reason for a decision of the gate: a stable code and its values, from which the sentences are built.

    Raises ValueError if the code is unknown.
    """

    code: str
    params: Mapping[str, Value]

    def __post_init__(self) -> None:
        if not has(f"gate.{self.code}"):
            raise ValueError(f"unknown reason {self.code!r}")

    def text(self, language: Code) -> str:
        """Return the reason as a sentence.

        Example:
            >>> Reason("champion_kept", {"champion": "forecasting.ridge"}).text("tr")
            'forecasting.ridge şampiyon kalıyor.'
        """
        shown: dict[str, Any] = {**self.params, "measure": _measure(self.params, language)}
        figures = shown_figures(self.params, language)
        shown |= {"change": figures["change"], "low_end": figures["low"], "high_end": figures["high"]}
        shown |= self._counts(language)
        # Values may contain a sentence in each language, such as evidence_en and evidence_tr.
        shown |= {
            name.removesuffix(f"_{language}"): text
            for name, text in self.params.items()
            if name.endswith(f"_{language}") and not name.startswith("measure_")
        }
        margin = self.params.get("margin")
        if isinstance(margin, float):
            # A guarded slice's margin has the unit of its interval; a policy's own margin is shown as a share.
            shown["allowed"] = _end(self.params, margin, language, signed=False)
        for name, value in self.params.items():
            if isinstance(value, float):
                shown[f"{name}_share"] = percent(value, language, signed=False)
            elif value in (None, "") and has(f"gate.unstated.{self.code}"):
                shown[name] = keyed(f"gate.unstated.{self.code}", language)
            elif self.code == "other_kind" and has(f"gate.data.{value}"):
                shown[name] = keyed(f"gate.data.{value}", language)
        return keyed(f"gate.{self.code}", language, **shown)

    def _counts(self, language: Code) -> dict[str, str]:
        """Return the counts among the values with their noun: origins along a series, else examples."""
        noun = "origins" if _in_time(self.params) else "examples"
        counts = {"origins": noun, "origins_at": f"{noun}_at", "more": f"more_{noun}"}
        return {
            name: keyed(f"gate.count.{key}", language, count=self.params[param])
            for name, key in counts.items()
            if (param := name.removesuffix("_at")) in self.params
        }

    def record(self) -> ReasonRecord:
        """Return the reason in its stored form."""
        text = Sentences(en=self.text("en"), tr=self.text("tr"))
        return ReasonRecord(code=self.code, params=dict(self.params), text=text)


#: Relative difference (1000 %) above which the other side makes almost no errors, so that the scores are shown instead.
_MOST = 10.0


def shown_figures(params: Mapping[str, Any], language: Code) -> dict[str, str]:
    """Return a comparison's formatted numbers: ``measure``, ``change``, and ``low`` and ``high`` of its interval.

    Along a series the numbers are relative. For independent losses of 0 or 1 they are percentage points, with both
    sides' errors per 1,000; for other independent losses they have the unit of the losses. A ratio has no meaning if
    one side makes almost no errors.

    Args:
        params: values of ``evidence.Comparison.params``.
        language: ``en`` or ``tr``.

    Example:
        >>> few = {"measure_en": "error rate", "rows": "examples", "binary": True}
        >>> few |= {"difference": -0.09, "score_a": 0.01, "score_b": 0.1}
        >>> seen = shown_figures({**few, "low": -0.12, "high": -0.06}, "en")
        >>> seen["measure"], seen["change"], seen["low"], seen["high"]
        ('error rate', '−9 points (10 errors per 1,000 against 100)', '−12', '−6 points')
    """
    low, high = params.get("low"), params.get("high")
    ends = {"low": _end(params, low, language, unit=False), "high": _end(params, high, language)}
    ends["measure"] = _measure(params, language)
    if _is_relative(params):
        relative = params.get("relative_difference")
        if "score_b" in params and (relative is None or relative > _MOST):
            change = _against(params, language, "gate.against")
        else:
            change = _end(params, relative, language)
        return {"change": change, **ends}
    both_sides = (
        _against(params, language, "gate.errors_against", 1000)
        if params.get("binary")
        else _against(params, language, "gate.against")
    )
    return {"change": f"{_end(params, params['difference'], language)} ({both_sides})", **ends}


def _measure(params: Mapping[str, Any], language: Code) -> str:
    """Return the metric's title, which ``evidence.measured`` adds to the values; "" for a reason without a metric."""
    return str(params.get(f"measure_{language}") or params.get("measure_en") or "")


def _in_time(params: Mapping[str, Any]) -> bool:
    return bool(params.get("rows", "origins") == "origins")


def _is_relative(params: Mapping[str, Any]) -> bool:
    """Return whether differences are relative: along a series, or if the values contain no absolute difference."""
    return _in_time(params) or "difference" not in params


def _against(params: Mapping[str, Any], language: Code, key: str, scale: float = 1) -> str:
    """Return both scores as text, such as "3 against 4"."""
    ours, theirs = (_plain(params[side] * scale, language) for side in ("score_a", "score_b"))
    return keyed(key, language, ours=ours, theirs=theirs)


def _end(
    params: Mapping[str, Any], value: float | None, language: Code, *, signed: bool = True, unit: bool = True
) -> str:
    """Return one number of a comparison as text in its own unit; "–" for None."""
    if value is None:
        return "–"
    if _is_relative(params):
        return percent(value, language, signed=signed)
    if params.get("binary"):
        points = _plain(value * 100, language, signed=signed)
        key = "gate.point" if points.strip("−+") == "1" else "gate.points"
        return keyed(key, language, amount=points) if unit else points
    return _plain(value, language, signed=signed)


def _plain(value: float, language: Code, *, signed: bool = False) -> str:
    """Return a number as text with three significant digits, and without decimals from one thousand upwards."""
    size = abs(value)
    digits = 0 if size >= 1000 or size < 5e-7 else max(0, 2 - math.floor(math.log10(size)))
    number = f"{size:,.{digits}f}"
    number = number.rstrip("0").rstrip(".") if "." in number else number
    sign = "" if number == "0" else "−" if value < 0 else "+" if signed else ""
    return sign + separated(number, language)


def percent(fraction: float, language: Code, *, signed: bool = False) -> str:
    """Return the share ``fraction`` as a percentage with one decimal, two below 1 %, and three near 100 %.

    99.95 % must not appear as 100 %, nor 0.04 % as 0. A share above 1000 % is described in words instead. Without
    ``signed``, the sign is left out.
    """
    if fraction > _MOST:
        return keyed("gate.more_than_tenfold", language)
    percent = round(abs(fraction) * 100, 6)  # rounding: 100 minus a rounding error counts as 100
    digits = 2 if percent < 1 else 3 if 99.5 <= percent < 100 else 1
    number = f"{percent:,.{digits}f}".removesuffix(".00").removesuffix(".0")
    sign = "" if not signed or number == "0" else "−" if fraction < 0 else "+"
    number = separated(number, language)
    return f"{sign}%{number}" if language == "tr" else f"{sign}{number} %"
