"""Client for predictions: batch and forecast runs, the ledger, outcomes, live scores and drift."""

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
from azuraforge.client.http.ids import whole_id
from azuraforge.client.http.pages import listed
from azuraforge.client.model import ClassProbability, PredictionPoint
from azuraforge.client.run import Run
from azuraforge.client.shapes import Shape, json_object
from azuraforge.client.starting import START_SECONDS
from azuraforge.client.uploads.files import writing

#: Timeout of a drift check; the first one of a version reads its training data.
_LOOK_SECONDS = 180.0
_FILE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class FormerOutcome(Shape):
    """An earlier outcome of a point, which a revision of the dataset replaced at ``replaced_at``."""

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
    """The outcome of one point of a prediction: its actual value or label, and the losses."""

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
    """The number of judged points of a prediction (``known``), and of all its points (``of``)."""

    known: int
    of: int


@dataclass(frozen=True, kw_only=True)
class PredictionInputs(Shape):
    """The rows or the image that a prediction was made from; fields that do not apply are None."""

    rows: int | None = None
    series: str | None = None
    new_series: bool = False
    missing_series: list[str] = field(default_factory=list)
    dataset_id: str | None = None
    dataset_version: int | None = None
    dataset_fingerprint: str | None = None
    image: str | None = None
    classes: list[ClassProbability] = field(default_factory=list)
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class LedgerLine(Shape):
    """A prediction in the ledger. ``outcomes`` contains the judged points, and is empty in lists."""

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
    """Mean losses over the judged points of one version in the period from ``start`` (None: the whole period)."""

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
    """Live scores of a model's judged predictions, compared with the naive baseline on the same targets.

    ``total`` contains one score per version, and ``over_time`` one per version and period of ``bucket_seconds``
    seconds. Predictions made after their target times have separate scores (``late``).
    """

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
    """Drift of one column from the version's training data; ``drifted`` is None if there are too few values."""

    name: str
    rows: int = 0
    effective: float = 0.0
    psi: float | None = None
    ks: float | None = None
    p_value: float | None = None
    drifted: bool | None = None


@dataclass(frozen=True, kw_only=True)
class DriftThresholds(Shape):
    """Thresholds of a drift alarm: PSI ≥ ``psi`` and p-value < ``level``.

    ``level`` is ``alpha`` divided by the number of columns; ``least`` is the minimum effective number of independent
    values for a result.
    """

    psi: float
    alpha: float
    level: float
    least: int


@dataclass(frozen=True, kw_only=True)
class DriftErrors(Shape):
    """Live errors compared with those on the test set; drift is reported if ``evidence`` reaches ``run_length``."""

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
    """Comparison of the newest predictions with training data; ``enough`` is False if there are too few values."""

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
    """The drift state of a version; ``report`` is None before the first check."""

    model: str
    version: int
    alarm: bool
    checked_at: datetime | None = None
    report: DriftReport | None = None


LedgerLines: TypeAlias = list[LedgerLine]
Judged: TypeAlias = dict[str, int]


class Predictions:
    """Methods of ``client.predictions``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

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
        """Queue a run that predicts a whole dataset, and return it immediately; ``client.runs.wait`` waits for its end.

        The run stores the artifacts ``predictions.parquet`` and ``predictions.csv``; a cancelled run stores the
        completed predictions as ``predictions-partial.…``.

        Args:
            dataset: name or id; None: the dataset that the version was trained on.
            config: ``version`` or ``alias``, ``start``, ``end``, ``every``.
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
        """Queue a run that forecasts after the newest row of a dataset and records the forecasts in the ledger.

        Args:
            dataset: name or id; None: the dataset that the version was trained on.
            alias: alias of the version that forecasts; None: the champion.
            version: number of the version, instead of ``alias``.
            horizon: number of rows to predict; None: the version's whole horizon.
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
        """Return predictions in the ledger, newest first.

        Args:
            model, version: only predictions of this model or version.
            judged: True: only fully judged predictions; False: only predictions with unjudged points; None: all.
            unserved: also predictions that were not returned to a caller but only compared for a shadow or canary.
            limit: maximum number of predictions; None: all.
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
        """Return one prediction with the outcomes of its points."""
        return LedgerLine.from_json(self._connection.get(f"/predictions/{segment(prediction_id)}"))

    def download(self, prediction_ids: Iterable[str], path: str | os.PathLike[str], *, language: str = "en") -> Path:
        """Write forecasts of one model with their intervals and unit to a file, and return its path.

        Args:
            prediction_ids: at most 500 complete ids, as returned by ``predict`` and ``list``.
            path: path of the file, which ends in ``.csv`` or ``.xlsx``.
            language: language of the headings, ``en`` or ``tr``.

        Raises FileUnusable if the path ends otherwise or the file cannot be written.
        """
        target = Path(path)
        form = target.suffix.lower().removeprefix(".")
        if form not in ("csv", "xlsx"):
            raise FileUnusable(
                "{path!r} is neither a .csv nor an .xlsx file",
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
        """Send outcomes, and return the number of judged points (``judged``) and of points judged before (``known``).

        Args:
            outcomes: mappings with one of ``prediction_id``, ``request_id`` and ``model``; with ``value`` or ``label``;
                and, if there are several points, with ``at``, the time of the target.

        Example::

            client.predictions.judge([{"model": "load", "at": "2026-01-31T12:00:00Z", "value": 12.5}])
        """
        known = cache(lambda short: self.get(short).prediction_id)  # many outcomes may belong to few predictions
        body = {"outcomes": [_said(_with_whole_id(each, known)) for each in outcomes]}
        found = json_object(self._connection.post("/predictions/outcomes", body))
        return {name: count for name, count in found.items() if isinstance(count, int)}

    def scores(self, model: str, days: int | None = None) -> LiveScores:
        """Return the live scores of a model, over the last ``days`` before the newest outcome (None: all time)."""
        return LiveScores.from_json(self._connection.get(f"/models/{segment(model)}/live-scores", days=days))

    def drift(self, model: str, version: int | None = None, *, look: bool = False) -> Drift:
        """Return the newest drift report of a version (None: the champion). ``look`` requests a new check first."""
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
