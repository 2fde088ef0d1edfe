"""Predictions: batch runs over a dataset, the ledger, outcomes, live scores, drift."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TypeAlias

from azuraforge.client.errors import FileUnusable
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.ids import whole_id
from azuraforge.client.model import ClassProbability, PredictionPoint
from azuraforge.client.run import Run
from azuraforge.client.runs import START_SECONDS
from azuraforge.client.shapes import Shape, json_object
from azuraforge.client.uploads.files import writing

#: Seconds for the first drift check of a version, which reads the rows that it learned from.
_LOOK_SECONDS = 180.0
_FILE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class FormerOutcome(Shape):
    """A judgement of a point that a revision of the dataset replaced."""

    actual: float | None
    loss: float
    naive_loss: float | None
    incumbent_loss: float | None
    hit: bool | None
    source: str
    judged_at: datetime
    replaced_at: datetime


@dataclass(frozen=True, kw_only=True)
class PointOutcome(Shape):
    """The outcome of one point of a prediction."""

    step: int
    at: datetime
    loss: float
    actual: float | None = None
    label: str | None = None
    naive_loss: float | None = None
    hit: bool | None = None
    late: bool = False
    judged_at: datetime | None = None
    source: str = ""
    incumbent_loss: float | None = None
    earlier: list[FormerOutcome] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class KnownPoints(Shape):
    """The number of a prediction's judged points."""

    known: int
    of: int


@dataclass(frozen=True, kw_only=True)
class PredictionInputs(Shape):
    """The rows or the picture that a prediction was made from; what does not apply is None."""

    rows: int | None = None
    series: str | None = None
    new_series: bool = False
    dataset_id: str | None = None
    dataset_version: int | None = None
    dataset_fingerprint: str | None = None
    picture: str | None = None
    classes: list[ClassProbability] = field(default_factory=list)
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class LedgerLine(Shape):
    """A line of the ledger; lists leave ``outcomes`` empty. Points without an outcome are not yet known."""

    prediction_id: str
    model: str
    version: int
    target: str
    unit: str
    origin: datetime
    matures_at: datetime
    created_at: datetime
    predictions: list[PredictionPoint]
    inputs: PredictionInputs = field(default_factory=PredictionInputs)
    alias: str | None = None
    by: str = ""
    request_id: str | None = None
    interval: float | None = None
    naive: float | None = None
    latency_seconds: float | None = None
    outcome: KnownPoints | None = None
    judged_at: datetime | None = None
    continues: str | None = None
    features: object = None
    outcomes: list[PointOutcome] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LiveScore(Shape):
    """Means over judged points of one version; ``start`` is None for the whole time."""

    version: int
    count: int
    answers: int
    loss: float
    late: bool = False
    start: datetime | None = None
    naive_loss: float | None = None
    skill: float | None = None
    hits: float | None = None
    incumbent_count: int = 0
    incumbent_loss: float | None = None
    incumbent_skill: float | None = None


@dataclass(frozen=True, kw_only=True)
class LiveScores(Shape):
    """Scores of a model's judged predictions, next to naive ones of the same targets."""

    model: str
    target: str
    unit: str
    predictions: int
    waiting: int
    points: int
    total: list[LiveScore]
    over_time: list[LiveScore]
    classes: bool = False
    interval: float | None = None
    bucket_seconds: int = 0
    judged_again: int = 0


@dataclass(frozen=True, kw_only=True)
class DriftColumn(Shape):
    """A column compared with the rows that the version learned from; ``drifted`` None: too few values."""

    name: str
    rows: int = 0
    effective: float = 0.0
    psi: float | None = None
    ks: float | None = None
    p_value: float | None = None
    drifted: bool | None = None


@dataclass(frozen=True, kw_only=True)
class DriftThresholds(Shape):
    """The bounds of an alarm: ``psi`` reached and a p-value below ``level``, from ``least`` values on."""

    psi: float
    alpha: float
    level: float
    least: int


@dataclass(frozen=True, kw_only=True)
class DriftErrors(Shape):
    """Live errors compared with the test set's; an alarm starts when ``evidence`` reaches ``run_length``."""

    forecasts: int
    reference: int
    evidence: float
    run_length: int
    drifted: bool
    reference_mean: float | None = None
    mean: float | None = None
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class DriftReport(Shape):
    """A comparison of the newest lines of the ledger; ``enough`` is False if there were too few values."""

    columns: list[DriftColumn]
    thresholds: DriftThresholds
    alarm: bool
    enough: bool
    lines: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    notes: list[dict[str, str]] = field(default_factory=list)
    errors: DriftErrors | None = None


@dataclass(frozen=True, kw_only=True)
class Drift(Shape):
    """The drift of a version's inputs and answers from its training data; ``report`` is None before a check."""

    model: str
    version: int
    alarm: bool
    checked_at: datetime | None = None
    report: DriftReport | None = None


LedgerLines: TypeAlias = list[LedgerLine]
Judged: TypeAlias = dict[str, int]


class Predictions:
    """``client.predictions``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        model: str,
        dataset: str | None = None,
        *,
        dataset_version: int | None = None,
        config: Mapping[str, object] | None = None,
        name: str | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Queue a batch prediction over a dataset, and return at once; see ``client.runs`` for how to wait for it.

        Args:
            dataset: name or id; None: the one that the version learned from.
            config: ``version`` or ``alias``, ``start``, ``end``, ``every``.

        Its files are the run's artifacts ``predictions.parquet`` and ``predictions.csv``; where it was cancelled,
        ``predictions-partial.…`` hold what had been done.
        """
        body: dict[str, object] = {"kind": "predict", "model": model, "config": dict(config or {})}
        given = {
            "dataset": dataset,
            "dataset_version": dataset_version,
            "name": name,
            "idempotency_key": idempotency_key,
        }
        body.update({key: value for key, value in given.items() if value is not None})
        return Run.from_json(self._connection.post("/runs", body, timeout_seconds=START_SECONDS))

    def forecast(
        self,
        model: str,
        *,
        dataset: str | None = None,
        alias: str | None = None,
        version: int | None = None,
        horizon: int | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Queue a run that forecasts from the newest row of a dataset and enters the ledger; returns at once.

        Args:
            dataset: name or id; None: the one that the version learned from.
            alias: who forecasts; None: the champion. ``version`` names a version instead.
            horizon: rows ahead; None: as far as the version can.
        """
        given = {"alias": alias, "version": version, "horizon": horizon}
        config = {key: value for key, value in given.items() if value is not None}
        body = {
            "kind": "forecast",
            "model": model,
            "dataset": dataset,
            "config": config,
            "idempotency_key": idempotency_key,
        }
        return Run.from_json(self._connection.post("/runs", body, timeout_seconds=START_SECONDS))

    def list(
        self,
        model: str | None = None,
        *,
        version: int | None = None,
        judged: bool | None = None,
        unserved: bool = False,
        limit: int | None = 100,
    ) -> LedgerLines:
        """Return the newest lines of the ledger.

        Args:
            model, version: only these.
            judged: only wholly judged lines, or only the others.
            unserved: also answers that only a shadow or canary was compared by.
            limit: so many; None: all, page by page.
        """
        return listed(
            self._connection,
            "/predictions",
            LedgerLine,
            limit,
            model=model,
            version=version,
            judged=None if judged is None else str(judged).lower(),
            unserved="true" if unserved else None,
        )

    def get(self, prediction_id: str) -> LedgerLine:
        """Return a line with the outcomes of its points."""
        return LedgerLine.from_json(self._connection.get(f"/predictions/{segment(prediction_id)}"))

    def download(self, prediction_ids: Iterable[str], path: str | os.PathLike[str], *, language: str = "en") -> Path:
        """Write forecasts of one model into a file: times in the zone of the series, intervals, unit.

        Args:
            prediction_ids: at most 500; whole ids, as ``predict`` and ``list`` return them.
            path: ends in ``.csv`` or ``.xlsx``.
            language: ``en`` or ``tr``: of the headings of a workbook.

        Raises FileUnusable for another ending, or if the file cannot be written.
        """
        target = Path(path)
        form = target.suffix.lower().removeprefix(".")
        if form not in ("csv", "xlsx"):
            raise FileUnusable(
                "{path!r} is neither .csv nor .xlsx",
                next_step="choose a name that ends in .csv or .xlsx",
                path=str(target),
            )
        query = {"prediction_id": [*prediction_ids], "format": form, "language": language}
        with self._connection.stream("/predictions/file", {}, _FILE_SECONDS, **query) as answer:
            content = answer.read()
        with writing(target) as file:
            file.write(content)
        return target

    def judge(self, outcomes: Iterable[Mapping[str, object]]) -> Judged:
        """Send outcomes. Each point is judged once; ``known`` counts those that had been judged before.

        Args:
            outcomes: each with one of ``prediction_id``, ``request_id``, ``model``; with ``value`` or ``label``; and
                with ``at``, the target's time, where there are several points.

        Example::

            client.predictions.judge([{"model": "load", "at": "2026-01-31T12:00:00Z", "value": 12.5}])
        """
        known = cache(lambda short: self.get(short).prediction_id)  # many outcomes of few predictions
        body = {"outcomes": [_said(_with_whole_id(each, known)) for each in outcomes]}
        found = json_object(self._connection.post("/predictions/outcomes", body))
        return {name: count for name, count in found.items() if isinstance(count, int)}

    def scores(self, model: str, days: int | None = None) -> LiveScores:
        """Return the scores of a model's judged predictions."""
        return LiveScores.from_json(self._connection.get(f"/models/{segment(model)}/live-scores", days=days))

    def drift(self, model: str, version: int | None = None, *, look: bool = False) -> Drift:
        """Return the last drift report; with ``look``, check now. ``version`` None: the champion."""
        path = f"/models/{segment(model)}/drift"
        if not look:
            return Drift.from_json(self._connection.get(path, version=version))
        found = self._connection.request("POST", path, query={"version": version}, timeout_seconds=_LOOK_SECONDS)
        return Drift.from_json(found)


def _with_whole_id(outcome: Mapping[str, object], find: Callable[[str], str]) -> Mapping[str, object]:
    given = outcome.get("prediction_id")
    return outcome if not given else {**outcome, "prediction_id": whole_id(str(given), find)}


def _said(outcome: Mapping[str, object]) -> dict[str, object]:
    at = outcome.get("at")
    return {**outcome, "at": at.isoformat()} if isinstance(at, datetime) else dict(outcome)
