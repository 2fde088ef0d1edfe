"""Comparisons of runs: their metrics, the settings in which they differ, and two models on the same rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from azuraforge.errors import InvalidInput, NotFound
from azuraforge.messages import LANGUAGES, keyed
from azuraforge.models.comparison.messages import JudgedErrors, PairInput
from azuraforge.models.comparison.schemas import (
    ComparedRun,
    ComparisonOut,
    ConfigRow,
    JudgedRows,
    LoggedRow,
    MetricRow,
    PairNumbers,
    PairOut,
    Said,
)
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.plugins.contract.evaluation import ContenderScores, Evaluation, PartSummary
from azuraforge.plugins.contract.metric import FIT_SECONDS, MetricFacts
from azuraforge.plugins.discovery.calling import Call
from azuraforge.runs.metrics.store import SeriesStatistics
from azuraforge.runs.schemas import RunDetail, RunOut
from azuraforge.runs.service import RunService

ENTRY = "azuraforge.models.comparison.child:compare"
TIMEOUT_SECONDS = 60.0
MOST_RUNS = 50
#: Maximum number of logged metrics in a comparison.
MOST_LOGGED = 500


#: Function of project, run ids and maximum number of series; returns statistics and the number of series left out.
ReadStatistics = Callable[[str, Sequence[str], int], tuple[list[SeriesStatistics], int]]


class _Fact(NamedTuple):
    """Property of held-out rows: the value that must be equal in both runs, and its text."""

    name: str
    value: object
    text: str


@dataclass(frozen=True)
class _Judged:
    """Run with its evaluation and verdict; both are None if it has none."""

    run: RunDetail
    evaluation: Evaluation | None
    verdict: VerdictRecord | None

    @property
    def candidate(self) -> ContenderScores | None:
        return self.evaluation.candidate if self.evaluation is not None else None

    @property
    def best_baseline(self) -> ContenderScores | None:
        said = self.evaluation
        return next((each for each in said.contenders if each.name == said.best_baseline), None) if said else None

    @property
    def test(self) -> PartSummary | None:
        return self.evaluation.parts.get("test") if self.evaluation is not None else None

    @property
    def rows(self) -> list[_Fact]:
        """Properties that identify the held-out rows, in the order in which differences are reported."""
        said, test = self.evaluation, self.test
        if said is None:
            return []
        ends = f"{str(test.start)[:10]} – {str(test.end)[:10]}, " if test is not None and test.start else ""
        count = (test.origins or test.rows) if test is not None else "–"
        return [
            _Fact("dataset", self.run.dataset_fingerprint, f"{self.run.dataset_name} v{self.run.dataset_version}"),
            _Fact("task", said.kind, said.kind),
            _Fact("target", (said.target, said.unit), f"{said.target} ({said.unit})" if said.unit else said.target),
            _Fact("horizon", said.horizon, str(said.horizon)),
            _Fact("rows", test, f"{ends}{count}"),
        ]

    @property
    def says_rows(self) -> bool:
        """Return whether the evaluation identifies its rows, by time or by hash."""
        return self.test is not None and (self.test.start is not None or self.test.rows_sha256 is not None)


class Comparisons:
    """Service that compares runs; each method takes the project's id.

    Args:
        statistics: function that reads the statistics of the runs' curves (``runs.reads.series_statistics``).
    """

    def __init__(self, runs: RunService, statistics: ReadStatistics, call: Call, plugins_folder: str) -> None:
        self._runs = runs
        self._statistics = statistics
        self._call = call
        self._plugins_folder = plugins_folder

    def compare(self, project_id: str, run_ids: Sequence[str]) -> ComparisonOut:
        """Compare runs in the requested order; a repeated run counts once.

        Raises NotFound if a run is not in the project, and InvalidInput for fewer than 2 or more than ``MOST_RUNS``
        different runs.
        """
        wanted = list(dict.fromkeys(run_ids))
        if not 2 <= len(wanted) <= MOST_RUNS:
            raise InvalidInput(
                "a comparison requires 2 to {most} different runs, but the request contains {count}",
                where="run",
                next_step="list each run once, as in ?run=…&run=…",
                count=len(wanted),
                most=MOST_RUNS,
            )
        compared = [self._judged(project_id, run_id) for run_id in wanted]
        judged = [each for each in compared if each.candidate is not None]
        why_not = [said for other in judged[1:] for said in _why_not(judged[0], other)]
        same = len(judged) > 1 and not why_not
        groups, rows = _rows(compared)
        statistics, left_out = self._statistics(project_id, wanted, MOST_LOGGED)
        logged = _logged(wanted, statistics)
        listed = {row.series for row in logged}
        return ComparisonOut(
            runs=[_outline(each, group, listed) for each, group in zip(compared, groups, strict=True)],
            same_rows=same,
            why_not=why_not,
            rows=rows,
            metrics=_metrics(compared, same),
            logged=logged,
            logged_left_out=left_out,
            config=_differences(compared),
        )

    def pair(self, project_id: str, a: str, b: str) -> PairOut:
        """Compare two runs' models on the same held-out rows; if that is impossible, return the reasons instead.

        Raises InvalidInput if ``a`` and ``b`` are the same run, and NotFound if either is not in the project.
        """
        if a == b:
            raise InvalidInput("a run cannot be compared with itself", where="b", next_step="specify another run")
        one, other = self._judged(project_id, a), self._judged(project_id, b)
        why_not = [_said("not_judged", a=each.run.name) for each in (one, other) if each.candidate is None]
        why_not = why_not or _why_not(one, other)
        if why_not:
            return PairOut(a=a, b=b, comparable=False, why_not=why_not)
        assert one.evaluation is not None
        assert one.candidate is not None
        assert other.candidate is not None
        wanted = PairInput(
            task=one.evaluation.kind,
            plugins_folder=self._plugins_folder,
            horizon=one.evaluation.horizon or 1,
            season=one.evaluation.season or 1,
            seed=one.run.seed,
            a=JudgedErrors(errors=self._errors(project_id, a), name=one.candidate.name),
            b=JudgedErrors(errors=self._errors(project_id, b), name=other.candidate.name),
        )
        found = self._call(ENTRY, wanted.model_dump(mode="json"), PairNumbers, TIMEOUT_SECONDS)
        return PairOut(a=a, b=b, comparable=True, why_not=[], **found.model_dump())

    def _judged(self, project_id: str, run_id: str) -> _Judged:
        run = self._runs.get(project_id, run_id)
        try:
            path = self._runs.artifact(project_id, run_id, "evaluation.json")[1]
        except NotFound:
            return _Judged(run, None, None)
        document = orjson.loads(path.read_bytes())
        evaluation = Evaluation.model_validate(document["evaluation"])
        return _Judged(run, evaluation, VerdictRecord.model_validate(document["verdict"]))

    def _errors(self, project_id: str, run_id: str) -> str:
        return str(self._runs.artifact(project_id, run_id, "errors.npz")[1])


def _rows(compared: Sequence[_Judged]) -> tuple[list[int | None], list[JudgedRows]]:
    """Return, for each run, the number of its held-out rows (None without an evaluation), and these rows.

    Rows that an evaluation does not identify equal no others.
    """
    known: list[_Judged] = []
    places: list[int | None] = []
    for each in compared:
        if each.evaluation is None:
            places.append(None)
            continue
        same = (place for place, other in enumerate(known) if not _why_not(other, each))
        place = next(same, len(known))
        if place == len(known):
            known.append(each)
        places.append(place)
    return places, [_judged_rows(each) for each in known]


def _judged_rows(each: _Judged) -> JudgedRows:
    texts = {fact.name: fact.text for fact in each.rows}
    horizon = each.evaluation.horizon if each.evaluation is not None else None
    return JudgedRows(dataset=texts["dataset"], target=texts["target"], horizon=horizon, part=texts["rows"])


def _logged(run_ids: Sequence[str], statistics: Sequence[SeriesStatistics]) -> list[LoggedRow]:
    places = {run_id: place for place, run_id in enumerate(run_ids)}
    rows: dict[str, LoggedRow] = {}
    for each in statistics:
        row = rows.get(each.series)
        if row is None:
            empty: list[list[float | None]] = [[None] * len(run_ids) for _ in range(3)]
            row = LoggedRow(series=each.series, last=empty[0], lowest=empty[1], highest=empty[2])
            rows[each.series] = row
        place = places[each.run_id]
        row.last[place], row.lowest[place], row.highest[place] = map(_finite, (each.last, each.lowest, each.highest))
    return list(rows.values())


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _outline(each: _Judged, rows: int | None, listed: Collection[str]) -> ComparedRun:
    fields = {name: getattr(each.run, name) for name in RunOut.model_fields}
    return ComparedRun(
        run=RunOut(**fields),
        contender=each.candidate.name if each.candidate is not None else None,
        best_baseline=each.evaluation.best_baseline if each.evaluation is not None else None,
        decision=each.verdict.decision if each.verdict is not None else None,
        unit=each.evaluation.unit if each.evaluation is not None else None,
        rows=rows,
        metric_series=[name for name in each.run.metric_series if name in listed],
    )


def _metrics(compared: Sequence[_Judged], same: bool) -> list[MetricRow]:
    """Return the metrics of all runs in their order of occurrence.

    The best and the worst values are marked only if all evaluated runs used the same rows.
    """
    facts = _facts(compared)
    values: dict[str, list[float | None]] = {}
    baselines: dict[str, list[float | None]] = {}
    for place, each in enumerate(compared):
        for found, into in ((each.candidate, values), (each.best_baseline, baselines)):
            if found is None:
                continue
            for name, value in {**found.metrics, FIT_SECONDS.name: found.seconds}.items():
                if value is not None and name in facts and facts[name].detail != "hidden":
                    into.setdefault(name, [None] * len(compared))[place] = float(value)
    units = {each.evaluation.unit for each in compared if each.evaluation is not None}
    unit = units.pop() if len(units) == 1 else None if units else ""
    # Skills against different baselines are not comparable: if the candidate is a baseline, its rival is an easier one.
    rivals = {each.evaluation.best_baseline for each in compared if each.evaluation is not None}
    rows = []
    for name, column in values.items():
        about = facts[name]
        lower = about.lower_is_better if name != "skill" or len(rivals) == 1 else None
        known = [value for value in column if value is not None]
        marked = same and lower is not None and len(known) > 1 and min(known) != max(known)
        low, high = (min(known), max(known)) if marked else (None, None)
        best, worst = (low, high) if lower else (high, low)
        rows.append(
            MetricRow(
                metric=name,
                unit=None
                if unit is None and facts[name].unit.startswith("target")
                else facts[name].unit_of(unit or ""),
                title=facts[name].title,
                format=facts[name].format,
                digits=facts[name].digits,
                lower_is_better=lower,
                values=column,
                alongside=baselines.get(name, [None] * len(compared)),
                best=[place for place, value in enumerate(column) if marked and value == best],
                worst=[place for place, value in enumerate(column) if marked and value == worst],
            )
        )
    return rows


def _facts(compared: Sequence[_Judged]) -> dict[str, MetricFacts]:
    """Return the facts about the metrics of all evaluations, and about the fit time, which every contender has."""
    said = [each for one in compared if one.evaluation is not None for each in one.evaluation.metrics]
    return {each.name: each for each in (FIT_SECONDS, *said)}


def _differences(compared: Sequence[_Judged]) -> list[ConfigRow]:
    """Return the settings that differ between runs; the value of a run without a setting is None."""
    known_settings = [
        {
            **each.run.config,
            "plugin": each.run.plugin,
            "dataset": f"{each.run.dataset_name} v{each.run.dataset_version}" if each.run.dataset_name else None,
            "seed": each.run.seed,
            "threads": each.run.threads,
            "code_version": each.run.code_version,
        }
        for each in compared
    ]
    rows = []
    for name in dict.fromkeys(name for settings in known_settings for name in settings):
        column = [settings.get(name) for settings in known_settings]
        if any(orjson.dumps(value) != orjson.dumps(column[0]) for value in column[1:]):
            rows.append(ConfigRow(name=name, values=column))
    return rows


def _why_not(one: _Judged, other: _Judged) -> list[Said]:
    """Return why the errors of two evaluated runs do not belong to the same rows; empty if they do."""
    names = {"a": one.run.name, "b": other.run.name}
    for mine, theirs in zip(one.rows, other.rows, strict=True):
        if mine.value != theirs.value:
            return [_said(f"other_{mine.name}", **names, mine=mine.text, theirs=theirs.text)]
    return [] if one.says_rows else [_said("unknown_rows", **names)]


def _said(code: str, **values: str) -> Said:
    return Said(code=code, text={language: keyed(f"comparison.{code}", language, **values) for language in LANGUAGES})
