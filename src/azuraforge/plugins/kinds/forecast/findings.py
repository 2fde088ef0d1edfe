"""Remarks on an evaluation's numbers, in English and Turkish: missed coverage of intervals, and totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from azuraforge.plugins.contract.evaluation import (
    RANGE_LEVEL,
    EvaluationFinding,
    Hierarchical,
    IntervalCoverage,
    LevelScores,
)
from azuraforge.plugins.forecasting.intervals import SHOWN_SHARE
from azuraforge.plugins.kinds.forecast.coverage import missed
from azuraforge.wording import percent_for_readers as percent

#: Totals worse than plain sums by less than this share count as equally good.
_AS_GOOD = 1e-3

_LANGUAGES = ("en", "tr")
_TEXTS: Mapping[str, tuple[str, str]] = {
    "too_narrow": (
        "{name}: the {share} interval holds {held} of the actual values ({level} range {low} to {high}); it is too"
        " narrow.",
        "{name}: {share} aralığı gerçekleşen değerlerin {held} kadarını içeriyor ({level} güvenle {low} ile {high}"
        " arası); aralık fazla dar.",
    ),
    "too_wide": (
        "{name}: the {share} interval holds {held} of the actual values ({level} range {low} to {high}); it is wider"
        " than it needs to be.",
        "{name}: {share} aralığı gerçekleşen değerlerin {held} kadarını içeriyor ({level} güvenle {low} ile {high}"
        " arası); aralık gereğinden geniş.",
    ),
    "too_narrow.also": (" Also too narrow: {others}.", " Dar olan ötekiler: {others}."),
    "too_wide.also": (" Also wider than needed: {others}.", " Geniş olan ötekiler: {others}."),
    "also": ("{share} (holds {held})", "{share} (içerdiği: {held})"),
    "totals_worse_than_sums": (
        "{name}: reconciled totals err more than the sums of its forecasts of the series: {levels}. With"
        " reconcile=bottom_up totals are these sums.",
        "{name}: uzlaştırılmış toplamların hatası, serilere ait tahminlerinin toplamınınkinden büyük: {levels}."
        " reconcile=bottom_up ile toplamlar bu toplamlardan oluşur.",
    ),
    "level": ("{level} (RMSE {change})", "{level} (RMSE {change})"),
}


class _Judged(Protocol):
    """A contender with its intervals."""

    @property
    def name(self) -> str: ...
    @property
    def intervals(self) -> Sequence[IntervalCoverage]: ...


def evaluation_findings(
    contenders: Iterable[_Judged], candidate: str, champion: str, hierarchy: Hierarchical | None, column: str | None
) -> tuple[EvaluationFinding, ...]:
    """Return the remarks on the intervals of the candidate and the champion, and on the candidate's totals."""
    intervals = {each.name: each.intervals for each in contenders}
    named = [each for name in dict.fromkeys((candidate, champion)) for each in coverage_findings(name, intervals[name])]
    return (*named, *total_findings(candidate, hierarchy, column))


def coverage_findings(name: str, intervals: Sequence[IntervalCoverage]) -> list[EvaluationFinding]:
    """Return a remark for each interval whose range of coverage excludes the nominal one.

    The sentence is about the interval that answers show, where that one misses, else about the widest; it names the
    others that miss in the same direction.

    Args:
        name: of the contender.
        intervals: of it, the narrowest first.
    """
    found = []
    for code in ("too_narrow", "too_wide"):
        missing = [each for each in intervals if missed(each.share, each.low, each.high) == code]
        if not missing:
            continue
        first = next((each for each in missing if each.share == SHOWN_SHARE), missing[-1])
        others = [each for each in missing if each is not first]
        text = {language: _said(code, language, name, first, others) for language in _LANGUAGES}
        found.append(EvaluationFinding(code=code, contender=name, text=text))
    return found


def total_findings(name: str, hierarchy: Hierarchical | None, column: str | None) -> list[EvaluationFinding]:
    """Return a remark if reconciled totals of the candidate ``name`` have larger errors than plain sums of its series.

    Args:
        name: of the candidate.
        hierarchy: its errors by level; None without groups.
        column: of the series, whose own level is no total.
    """
    levels = () if hierarchy is None else hierarchy.levels
    worse = {each.level: change for each in levels if each.level != column and (change := _worse(each))}
    if not worse:
        return []
    code, text = "totals_worse_than_sums", {}
    for language in _LANGUAGES:
        each = [_text("level", language, level=level, change=_more(by, language)) for level, by in worse.items()]
        text[language] = _text(code, language, name=name, levels=", ".join(each))
    return [EvaluationFinding(code=code, contender=name, text=text)]


def _worse(level: LevelScores) -> float | None:
    """Return the share by which the level's RMSE exceeds that of plain sums; None if it is as good."""
    if level.rmse is None or not level.bottom_up_rmse:
        return None
    change = level.rmse / level.bottom_up_rmse - 1
    return change if change > _AS_GOOD else None


def _said(code: str, language: str, name: str, first: IntervalCoverage, others: Sequence[IntervalCoverage]) -> str:
    sentence = _text(
        code,
        language,
        name=name,
        share=percent(first.share, language, 0),
        held=percent(first.coverage, language),
        level=percent(RANGE_LEVEL, language, 0),
        low=percent(first.low, language),
        high=percent(first.high, language),
    )
    if not others:
        return sentence
    named = [
        _text("also", language, share=percent(each.share, language, 0), held=percent(each.coverage, language))
        for each in others
    ]
    return sentence + _text(f"{code}.also", language, others=", ".join(named))


def _more(change: float, language: str) -> str:
    return f"+{percent(change, language)}"


def _text(key: str, language: str, **values: str) -> str:
    return _TEXTS[key][_LANGUAGES.index(language)].format(**values)
