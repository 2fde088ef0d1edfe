"""Comparisons of runs: metrics beside one another, what differs in their configs, and two models on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models.comparison.schemas import ComparedRun, ComparisonOut, ConfigRow, MetricRow, PairOut, Said
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.plugins.contract.metric import FIT_SECONDS, MetricFacts
from azuraforge.runs.schemas import RunDetail, RunOut
from azuraforge.runs.service import RunService

ENTRY = "azuraforge.models.comparison.child:compare"
TIMEOUT_SECONDS = 60.0
MOST_RUNS = 50

#: ``Launcher.call``.
Call = Callable[[str, dict[str, Any], float], dict[str, Any]]

#: code → (English, Turkish)
_WHY_NOT: Mapping[str, tuple[str, str]] = {
    "not_judged": (
        "{a} was never judged: it has no evaluation.",
        "{a} hiç değerlendirilmedi: değerlendirmesi yok.",
    ),
    "other_dataset": (
        "{a} and {b} were judged on other data ({mine} and {theirs}).",
        "{a} ile {b} başka veriler üzerinde değerlendirildi ({mine} ve {theirs}).",
    ),
    "other_task": ("{a} and {b} do other kinds of work.", "{a} ile {b} başka türden işler yapıyor."),
    "other_target": (
        "{a} and {b} predict other targets ({mine} and {theirs}).",
        "{a} ile {b} başka hedefleri tahmin ediyor ({mine} ve {theirs}).",
    ),
    "other_horizon": (
        "{a} and {b} look ahead by another horizon ({mine} and {theirs}).",
        "{a} ile {b} başka ufuklara bakıyor ({mine} ve {theirs}).",
    ),
    "other_rows": (
        "{a} and {b} held out other rows ({mine} and {theirs}).",
        "{a} ile {b} başka satırları ayırmış ({mine} ve {theirs}).",
    ),
    "unknown_rows": (
        "{a} and {b} do not say which rows they held out.",
        "{a} ile {b} hangi satırları ayırdığını söylemiyor.",
    ),
}


@dataclass(frozen=True)
class _Judged:
    """A run with its evaluation, where it has one."""

    run: RunDetail
    evaluation: Mapping[str, Any] | None
    verdict: VerdictRecord | None

    @property
    def candidate(self) -> Mapping[str, Any] | None:
        contenders = (self.evaluation or {}).get("contenders", ())
        return next((each for each in contenders if each["role"] == "candidate"), None)

    @property
    def beside(self) -> Mapping[str, Any] | None:
        best = (self.evaluation or {}).get("best_baseline")
        return next((each for each in (self.evaluation or {}).get("contenders", ()) if each["name"] == best), None)

    @property
    def rows(self) -> dict[str, Any]:
        """What identifies the held-out rows, in the order in which differences are told."""
        said = self.evaluation or {}
        test = dict((said.get("parts") or {}).get("test") or {})
        return {
            "dataset": self.run.dataset_fingerprint,
            "task": said.get("kind"),
            "target": (said.get("target"), said.get("unit")),
            "horizon": said.get("horizon"),
            "rows": {name: test.get(name) for name in ("start", "end", "rows", "origins", "rows_sha256")},
        }


class Comparisons:
    """Runs of one project beside one another; each method names the project it acts in."""

    def __init__(self, runs: RunService, call: Call, plugins_folder: str) -> None:
        self._runs = runs
        self._call = call
        self._plugins_folder = plugins_folder

    def compare(self, project_id: str, run_ids: Sequence[str]) -> ComparisonOut:
        """Any runs, in the order asked for. Raises NotFound for one that is not the project's."""
        wanted = list(dict.fromkeys(run_ids))
        if not 2 <= len(wanted) <= MOST_RUNS:
            raise InvalidInput(
                f"{len(wanted)} different runs are named; a comparison is between 2 and {MOST_RUNS}",
                where="run",
                next_step="name each run once: ?run=…&run=…",
            )
        compared = [self._judged(project_id, run_id) for run_id in wanted]
        judged = [each for each in compared if each.candidate is not None]
        why_not = [said for other in judged[1:] for said in _why_not(judged[0], other)]
        same = len(judged) > 1 and not why_not
        return ComparisonOut(
            runs=[_outline(each) for each in compared],
            same_rows=same,
            why_not=why_not,
            metrics=_metrics(compared, same),
            config=_differences(compared),
        )

    def pair(self, project_id: str, a: str, b: str) -> PairOut:
        """Two runs' models on the same held-out rows; what cannot be compared is told, with the reason."""
        if a == b:
            raise InvalidInput("a run is not compared with itself", where="b", next_step="name another run")
        one, other = self._judged(project_id, a), self._judged(project_id, b)
        why_not = [_said("not_judged", a=each.run.name) for each in (one, other) if each.candidate is None]
        why_not = why_not or _why_not(one, other)
        if why_not:
            return PairOut(a=a, b=b, comparable=False, why_not=why_not)
        assert one.evaluation is not None
        assert one.candidate is not None
        assert other.candidate is not None
        payload = {
            "task": one.evaluation["kind"],
            "plugins_folder": self._plugins_folder,
            "horizon": one.evaluation.get("horizon") or 1,
            "season": one.evaluation.get("season") or 1,
            "seed": one.run.seed,
            "a": {"errors": self._errors(project_id, a), "name": one.candidate["name"]},
            "b": {"errors": self._errors(project_id, b), "name": other.candidate["name"]},
        }
        return PairOut(a=a, b=b, comparable=True, why_not=[], **self._call(ENTRY, payload, TIMEOUT_SECONDS))

    def _judged(self, project_id: str, run_id: str) -> _Judged:
        run = self._runs.get(project_id, run_id)
        try:
            path = self._runs.artifact(project_id, run_id, "evaluation.json")[1]
        except NotFound:
            return _Judged(run, None, None)
        document = orjson.loads(path.read_bytes())
        return _Judged(run, document["evaluation"], VerdictRecord.model_validate(document["verdict"]))

    def _errors(self, project_id: str, run_id: str) -> str:
        return str(self._runs.artifact(project_id, run_id, "errors.npz")[1])


def _outline(each: _Judged) -> ComparedRun:
    fields = {name: getattr(each.run, name) for name in RunOut.model_fields}
    return ComparedRun(
        run=RunOut(**fields),
        contender=each.candidate["name"] if each.candidate else None,
        best_baseline=(each.evaluation or {}).get("best_baseline"),
        decision=each.verdict.decision if each.verdict is not None else None,
        unit=((each.evaluation or {}).get("unit") or "") if each.candidate else None,
        metric_series=[name for name in each.run.metric_series if not name.startswith("system/")],
    )


def _metrics(compared: Sequence[_Judged], same: bool) -> list[MetricRow]:
    """The metrics that any of them has, in the order in which the first has them; marks only on the same rows."""
    facts = _facts(compared)
    values: dict[str, list[float | None]] = {}
    beside: dict[str, list[float | None]] = {}
    for place, each in enumerate(compared):
        for found, into in ((each.candidate, values), (each.beside, beside)):
            told = {**(found or {}).get("metrics", {}), FIT_SECONDS.name: (found or {}).get("seconds")}
            for name, value in told.items():
                if value is not None and name in facts and facts[name].detail != "hidden":
                    into.setdefault(name, [None] * len(compared))[place] = float(value)
    units = {(each.evaluation or {}).get("unit") or "" for each in compared if each.candidate}
    unit = units.pop() if len(units) == 1 else None if units else ""
    # A skill against another baseline is another number: a baseline that is itself the candidate has an easier rival.
    rivals = {each.beside["name"] for each in compared if each.beside}
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
                beside=beside.get(name, [None] * len(compared)),
                best=[place for place, value in enumerate(column) if marked and value == best],
                worst=[place for place, value in enumerate(column) if marked and value == worst],
            )
        )
    return rows


def _facts(compared: Sequence[_Judged]) -> dict[str, MetricFacts]:
    """What the evaluations say of their metrics; every contender has a time."""
    said = [MetricFacts.model_validate(each) for one in compared for each in (one.evaluation or {}).get("metrics", ())]
    return {each.name: each for each in (FIT_SECONDS, *said)}


def _differences(compared: Sequence[_Judged]) -> list[ConfigRow]:
    """Settings that are not the same everywhere; what a run does not have is null."""
    told = [
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
    for name in dict.fromkeys(name for settings in told for name in settings):
        column = [settings.get(name) for settings in told]
        if any(orjson.dumps(value) != orjson.dumps(column[0]) for value in column[1:]):
            rows.append(ConfigRow(name=name, values=column))
    return rows


def _why_not(one: _Judged, other: _Judged) -> list[Said]:
    """Why two judged runs' errors do not belong to the same rows; empty where they do."""
    mine, theirs = one.rows, other.rows
    names = {"a": one.run.name, "b": other.run.name}
    for what, value in mine.items():
        if value != theirs[what]:
            told = {"mine": _told(one, what, value), "theirs": _told(other, what, theirs[what])}
            return [_said(f"other_{what}", **names, **told)]
    untimed = mine["rows"]["start"] is None and mine["rows"]["rows_sha256"] is None
    return [_said("unknown_rows", **names)] if untimed else []


def _told(each: _Judged, what: str, value: Any) -> str:
    if what == "dataset":
        return f"{each.run.dataset_name} v{each.run.dataset_version}"
    if what == "target":
        return f"{value[0]} ({value[1]})" if value[1] else str(value[0])
    if what == "rows":
        ends = f"{str(value['start'])[:10]} – {str(value['end'])[:10]}, " if value["start"] else ""
        return f"{ends}{value['origins'] or value['rows']}"
    return str(value)


def _said(code: str, **values: str) -> Said:
    english, turkish = (text.format(**values) for text in _WHY_NOT[code])
    return Said(code=code, text={"en": english, "tr": turkish})
