"""Findings on the scores of an evaluation: intervals that miss their nominal coverage, and weak totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from azuraforge.messages import LANGUAGES, Code, keyed
from azuraforge.messages.formats import percent_for_readers as percent
from azuraforge.plugins.contract.evaluation import (
    RANGE_LEVEL,
    EvaluationFinding,
    Hierarchical,
    IntervalCoverage,
    LevelScores,
)
from azuraforge.plugins.contract.shape import Texts
from azuraforge.plugins.forecasting.intervals import SHOWN_SHARE
from azuraforge.plugins.kinds.forecast.coverage import missed

#: Totals whose RMSE exceeds the RMSE of plain sums by less than this share count as equally good.
_AS_GOOD = 1e-3


class _Judged(Protocol):
    """Protocol of a contender with the coverage of its intervals."""

    @property
    def name(self) -> str: ...
    @property
    def intervals(self) -> Sequence[IntervalCoverage]: ...


def evaluation_findings(
    contenders: Iterable[_Judged], candidate: str, champion: str, hierarchy: Hierarchical | None, column: str | None
) -> tuple[EvaluationFinding, ...]:
    """Return the findings on the intervals of the candidate and the champion, and on the candidate's totals.

    Args:
        contenders: contenders with the coverage of their intervals.
        candidate, champion: names of two of the contenders.
        hierarchy: errors of the candidate by level; None without groups.
        column: name of the column of the series, which is also the name of their level; None for a single series.
    """
    intervals = {each.name: each.intervals for each in contenders}
    named = [each for name in dict.fromkeys((candidate, champion)) for each in coverage_findings(name, intervals[name])]
    return (*named, *total_findings(candidate, hierarchy, column))


def coverage_findings(name: str, intervals: Sequence[IntervalCoverage]) -> list[EvaluationFinding]:
    """Return at most two findings: on intervals that are too narrow, and on intervals that are too wide.

    A finding describes the interval that predictions show if it is affected, otherwise the widest affected interval,
    and names the other intervals that miss in the same direction.

    Args:
        name: name of the contender.
        intervals: coverage of its intervals, in ascending order of their level.
    """
    found = []
    for code in ("too_narrow", "too_wide"):
        missing = [each for each in intervals if missed(each.share, each.low, each.high) == code]
        if not missing:
            continue
        first = next((each for each in missing if each.share == SHOWN_SHARE), missing[-1])
        others = [each for each in missing if each is not first]
        text: Texts = {language: _said(code, language, name, first, others) for language in LANGUAGES}
        found.append(EvaluationFinding(code=code, contender=name, text=text))
    return found


def total_findings(name: str, hierarchy: Hierarchical | None, column: str | None) -> list[EvaluationFinding]:
    """Return a finding if reconciled totals of the candidate have larger errors than sums of its series' forecasts.

    Args:
        name: name of the candidate.
        hierarchy: errors of the candidate by level; None without groups.
        column: name of the level of single series, which is not checked; None for a single series.
    """
    levels = () if hierarchy is None else hierarchy.levels
    worse = {each.level: change for each in levels if each.level != column and (change := _worse(each))}
    if not worse:
        return []
    code = "totals_worse_than_sums"
    text: Texts = {}
    for language in LANGUAGES:
        each = [f"{level} (RMSE {_more(by, language)})" for level, by in worse.items()]
        text[language] = keyed(f"evaluation.{code}", language, name=name, levels=", ".join(each))
    return [EvaluationFinding(code=code, contender=name, text=text)]


def _worse(level: LevelScores) -> float | None:
    """Return the share by which a level's RMSE exceeds the RMSE of plain sums; None if not noticeably."""
    if level.rmse is None or not level.bottom_up_rmse:
        return None
    change = level.rmse / level.bottom_up_rmse - 1
    return change if change > _AS_GOOD else None


def _said(code: str, language: Code, name: str, first: IntervalCoverage, others: Sequence[IntervalCoverage]) -> str:
    sentence = keyed(
        f"evaluation.{code}",
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
        keyed(
            "evaluation.also", language, share=percent(each.share, language, 0), held=percent(each.coverage, language)
        )
        for each in others
    ]
    return f"{sentence} {keyed(f'evaluation.{code}.also', language, others=', '.join(named))}"


def _more(change: float, language: Code) -> str:
    return f"+{percent(change, language)}"
