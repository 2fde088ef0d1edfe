"""Predictions: batch runs over a dataset, the ledger, outcomes, live scores, drift."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from azuraforge.client.connection import Connection, segment
from azuraforge.client.ids import whole_id
from azuraforge.client.models import PredictionPoint
from azuraforge.client.pages import listed
from azuraforge.client.run import Run
from azuraforge.client.runs import START_SECONDS
from azuraforge.client.shapes import Shape

#: The first look for drift of a version reads the rows that it learned from.
_LOOK_SECONDS = 180.0


@dataclass(frozen=True, kw_only=True)
class PointOutcome(Shape):
    """What became of one point of a prediction."""

    step: int
    at: datetime
    loss: float
    actual: float | None = None
    label: str | None = None
    naive_loss: float | None = None
    hit: bool | None = None
    late: bool = False
    source: str = ""


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
    alias: str | None = None
    by: str = ""
    request_id: str | None = None
    interval: float | None = None
    naive: float | None = None
    latency_seconds: float | None = None
    outcome: dict[str, int] | None = None
    judged_at: datetime | None = None
    outcomes: list[PointOutcome] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LiveScore(Shape):
    """Means over judged points of one version; ``start`` is None for all of the time."""

    version: int
    count: int
    answers: int
    loss: float
    late: bool = False
    start: datetime | None = None
    naive_loss: float | None = None
    skill: float | None = None
    hits: float | None = None


@dataclass(frozen=True, kw_only=True)
class LiveScores(Shape):
    """How good a model's predictions turned out to be, beside the naive ones of the same targets."""

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


@dataclass(frozen=True, kw_only=True)
class Drift(Shape):
    """Whether a version's inputs and answers still look like where it learned; ``report`` is None before a look."""

    model: str
    version: int
    alarm: bool
    checked_at: datetime | None = None
    report: dict[str, Any] | None = None


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
        config: Mapping[str, Any] | None = None,
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
        body: dict[str, Any] = {"kind": "predict", "model": model, "config": dict(config or {})}
        given = {
            "dataset": dataset,
            "dataset_version": dataset_version,
            "name": name,
            "idempotency_key": idempotency_key,
        }
        body.update({key: value for key, value in given.items() if value is not None})
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
        """A line with what became of its points."""
        return LedgerLine.from_json(self._connection.get(f"/predictions/{segment(prediction_id)}"))

    def judge(self, outcomes: Iterable[Mapping[str, Any]]) -> Judged:
        """Say what happened. Each point is judged once; ``known`` counts those that had been judged before.

        Args:
            outcomes: each with one of ``prediction_id``, ``request_id``, ``model``; with ``value`` or ``label``; and
                with ``at``, the target's time, where there are several points.

        Example::

            client.predictions.judge([{"model": "load", "at": "2026-01-31T12:00:00Z", "value": 12.5}])
        """
        known = cache(lambda short: self.get(short).prediction_id)  # many outcomes of few predictions
        body = {"outcomes": [_said(_with_whole_id(each, known)) for each in outcomes]}
        told: Judged = self._connection.post("/predictions/outcomes", body)
        return told

    def scores(self, model: str, days: int | None = None) -> LiveScores:
        """How good a model's predictions turned out to be."""
        return LiveScores.from_json(self._connection.get(f"/models/{segment(model)}/live-scores", days=days))

    def drift(self, model: str, version: int | None = None, *, look: bool = False) -> Drift:
        """What the last look for drift found; with ``look``, look now. ``version`` None: the champion."""
        path = f"/models/{segment(model)}/drift"
        if not look:
            return Drift.from_json(self._connection.get(path, version=version))
        found = self._connection.request("POST", path, query={"version": version}, timeout_seconds=_LOOK_SECONDS)
        return Drift.from_json(found)


def _with_whole_id(outcome: Mapping[str, Any], find: Callable[[str], str]) -> Mapping[str, Any]:
    given = outcome.get("prediction_id")
    return outcome if not given else {**outcome, "prediction_id": whole_id(str(given), find)}


def _said(outcome: Mapping[str, Any]) -> dict[str, Any]:
    at = outcome.get("at")
    return {**outcome, "at": at.isoformat()} if isinstance(at, datetime) else dict(outcome)
