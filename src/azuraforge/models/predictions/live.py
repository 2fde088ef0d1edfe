"""Reads of the ledger: pages, single entries with their outcomes, and live scores over time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from azuraforge.bounds import Moment
from azuraforge.database import Database, Session
from azuraforge.errors import NotFound
from azuraforge.models import promotion_store, shapes, store, trash_store
from azuraforge.models.drift import store as drift_store
from azuraforge.models.drift.store import ChampionDrift
from azuraforge.models.predictions import revising, score_store
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.judging import score
from azuraforge.models.predictions.schemas import (
    FormerOutcome,
    LiveScore,
    LiveScores,
    PointOutcome,
    PredictionDetail,
    PredictionPage,
)
from azuraforge.models.schemas import ModelLive
from azuraforge.models.tables import Model
from azuraforge.paging import PAGE, Order

_ORDER: Order[tuple[datetime, str]] = Order("predictions", tuple[Moment, str])
_HOUR = 3600
#: Widths of time buckets in seconds, and the maximum number of buckets.
_STRETCHES = (_HOUR, 6 * _HOUR, 24 * _HOUR, 7 * 24 * _HOUR, 28 * 24 * _HOUR, 364 * 24 * _HOUR)
_MOST_STRETCHES = 120


class LiveReads:
    """Reader of the ledger; each method takes the project's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        project_id: str,
        *,
        model: str | None,
        version: int | None,
        judged: bool | None,
        unserved: bool = False,
        limit: int = PAGE,
        after: str | None = None,
    ) -> PredictionPage:
        """Return a page of entries, newest first.

        Args:
            model: name of the model; None for all.
            version: number of the version; None for all.
            judged: True for fully judged entries only, False for the other entries only, None for all.
            unserved: whether to include predictions that no caller received.

        Raises NotFound for an unknown model, and InvalidInput if ``after`` is not a cursor of this list.
        """
        key = _ORDER.read(after)
        with self._database.read(project_id) as session:
            owner = _known(session, model) if model is not None else None
            found = ledger_store.page(
                session,
                model_id=owner.id if owner else None,
                version=version,
                judged=judged,
                unserved=unserved,
                before=key,
                limit=limit + 1,
            )
        page, cursor = _ORDER.cut(found, limit, lambda each: (each[0].created_at, each[0].id))
        return PredictionPage(items=[shapes.prediction_out(name, line) for line, name in page], next=cursor)

    def show(self, project_id: str, prediction_id: str) -> PredictionDetail:
        """Return one entry with the outcomes of its points. Raises NotFound if the entry does not exist."""
        with self._database.read(project_id) as session:
            found = ledger_store.line(session, prediction_id)
            if found is None:
                raise NotFound(
                    "prediction {id!r} does not exist",
                    next_step="run azuraforge predictions list",
                    id=prediction_id,
                )
            line, name = found
            outcomes = ledger_store.outcomes(session, prediction_id)
            earlier = _earlier(session, prediction_id) if any(each.revisions for each in outcomes) else {}
        judged = [
            PointOutcome(
                step=each.step,
                at=each.target_at,
                actual=each.actual,
                label=each.label,
                loss=each.loss,
                naive_loss=each.naive_loss,
                hit=each.hit,
                late=each.late,
                source=each.source,
                judged_at=each.judged_at,
                incumbent_loss=each.incumbent_loss,
                earlier=earlier.get(each.step, []),
            )
            for each in outcomes
        ]
        outline = shapes.prediction_out(name, line).model_dump()
        return PredictionDetail(**outline, outcomes=judged, features=line.features)

    def scores(self, project_id: str, model: str, days: int | None) -> LiveScores:
        """Return live scores of the last ``days`` days before the newest judged target; None covers all time.

        Raises NotFound for an unknown model.
        """
        with self._database.read(project_id) as session:
            owner = _known(session, model)
            lines, waiting = score_store.counts(session, owner.id)
            last = ledger_store.newest(session, owner.id)
            span = score_store.span(session, owner.id)
            again = score_store.judged_again(session, owner.id)
            total: list[LiveScore] = []
            over_time: list[LiveScore] = []
            width = _HOUR
            if span is not None:
                first, end, _ = span
                since = None if days is None else end - timedelta(days=days)
                width = _stretch(max(first, since) if since else first, end)
                for late in (False, True):
                    sums = score_store.scores(session, owner.id, width, since, late=late)
                    over_time += [_score(row[0], row[1], row[2:], late) for row in sums]
                    total += _totals(sums, late)
        return LiveScores(
            model=model,
            target=last.target if last else "",
            unit=last.unit if last else "",
            classes=bool(last and last.points and last.points[0].label is not None),
            interval=last.interval if last else None,
            predictions=lines,
            waiting=waiting,
            points=span[2] if span else 0,
            judged_again=again,
            bucket_seconds=width,
            total=total,
            over_time=over_time,
        )

    def of_models(self, project_id: str, ids: Collection[str]) -> dict[str, ModelLive]:
        """Return the live state of models by id. The number of SQL statements does not depend on their number."""
        with self._database.read(project_id) as session:
            runs = store.champion_runs(session, ids)
            waiting = promotion_store.waiting_versions(session, ids)
            drift = {each.model_id: each for each in drift_store.of_champions(session, ids)}
            sums = {row[0]: row[1:] for row in score_store.of_champions(session, ids)}
        found = {}
        for id_ in ids:
            labels, *rest = sums.get(id_, (0,))
            scored = score(rest[:10]) if rest else None
            found[id_] = ModelLive(
                run_id=runs.get(id_) or None,
                classes=bool(labels),
                points=scored.count if scored is not None else 0,
                loss=scored.loss if scored is not None else None,
                naive_loss=scored.naive_loss if scored is not None else None,
                drift=_drift(drift.get(id_)),
                waiting=waiting.get(id_, []),
            )
        return found


def _drift(found: ChampionDrift | None) -> Literal["alarm", "steady", "too_few"] | None:
    if found is None:
        return None
    if found.alarm:
        return "alarm"
    return "steady" if found.report.enough else "too_few"


def _earlier(session: Session, prediction_id: str) -> dict[int, list[FormerOutcome]]:
    found: dict[int, list[FormerOutcome]] = {}
    for row in revising.earlier_outcomes(session, prediction_id):
        fields = {name: getattr(row, name) for name in FormerOutcome.model_fields}
        found.setdefault(row.step, []).append(FormerOutcome(**fields))
    return found


def _known(session: Session, name: str) -> Model:
    found = store.model(session, name) or trash_store.find(session, name)
    if found is None:
        raise NotFound("model {name!r} does not exist", next_step="run azuraforge models list", name=name)
    return found


def _stretch(first: datetime, end: datetime) -> int:
    """Return the shortest bucket width, in seconds, with at most ``_MOST_STRETCHES`` buckets."""
    seconds = (end - first).total_seconds()
    return next((width for width in _STRETCHES if seconds / width <= _MOST_STRETCHES), _STRETCHES[-1])


def _score(version: int, start: int | None, sums: Any, late: bool) -> LiveScore:
    found = score(sums[:10])
    assert found is not None  # a group has at least one row
    at = None if start is None else datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(start))
    return LiveScore(version=version, start=at, late=late, answers=int(sums[10]), **vars(found))


def _totals(rows: Any, late: bool) -> list[LiveScore]:
    sums: dict[int, list[float]] = {}
    for row in rows:
        mine = sums.setdefault(row[0], [0.0] * 11)
        for index, value in enumerate(row[2:]):
            mine[index] += float(value or 0)
    return [_score(version, None, mine, late) for version, mine in sorted(sums.items())]
