"""Outcomes of predictions, reported by a client or found in a new version of a dataset.

Each point of a prediction is judged once, by the first actual value that arrives, and stays open until then. If
the dataset accepts a revision, the points judged by an earlier version of it are judged again (``revising``).

The transaction that adds a version marks it as due (``progress``). No version is missed if the platform stops in
between, and any process may judge by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session, UnitOfWork, now
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import NotFound
from azuraforge.events.service import EventLog
from azuraforge.models.answers import Actual, KnownPoints
from azuraforge.models.events import PredictionsJudged, PredictionsJudgedAgain
from azuraforge.models.predictions import progress, revising
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.addressing import lines_of, meant
from azuraforge.models.predictions.judging import Truth, judge, usual_of
from azuraforge.models.predictions.schemas import OutcomeRequest, OutcomesOut
from azuraforge.models.predictions.truths import Subject, Truths
from azuraforge.models.tables import Prediction
from azuraforge.telemetry import logger

#: Callback with the project id and the ids of the models whose predictions were judged.
AfterJudging = Callable[[str, set[str]], None]
#: Number of entries whose actual values one child process reads, and number judged in one transaction.
_LINES_AT_ONCE = 2000
_LINES_WRITTEN = 500

log = logger("models")


class Outcomes:
    """Service that judges predictions; each method takes the project's id.

    Args:
        after_judging: callbacks with the project id and the ids of the models whose predictions were judged.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        datasets: DatasetService,
        truths: Truths,
        after_judging: Sequence[AfterJudging] = (),
    ) -> None:
        self._database = database
        self._events = events
        self._datasets = datasets
        self._truths = truths
        self._after_judging = after_judging

    def post(
        self, project_id: str, requests: Sequence[OutcomeRequest], by: str, *, unit: UnitOfWork | None = None
    ) -> OutcomesOut:
        """Judge predictions by reported outcomes, all in one transaction.

        Raises NotFound for an unknown prediction id, request id or model, and InvalidInput if a request does not
        identify a point of the prediction, or a series of the model.
        """

        models: set[str] = set()

        def work(session: Session) -> OutcomesOut:
            lines = lines_of(session, requests)
            models.update(line.model_id for mine in lines for line in mine)
            truths: dict[str, dict[datetime, Truth]] = {}
            found: dict[str, Prediction] = {}
            for index, (request, mine) in enumerate(zip(requests, lines, strict=True)):
                for line, at in meant(mine, request, index):
                    found[line.id] = line
                    truths.setdefault(line.id, {})[at] = request.truth
            given = sum(map(len, truths.values()))
            judged = self._judge(session, list(found.values()), truths, f"sent by {by}"[:200], None)
            return OutcomesOut(judged=judged, known=given - judged)

        answer = self._database.write(project_id, work, unit=unit)
        self._tell_of(project_id, models)
        return answer

    def join(self, project_id: str, dataset_id: str) -> int:
        """Judge predictions by a dataset's newest version; return the number of points judged, both first and again.

        If a newer version is added meanwhile, the dataset stays due and the remaining points are left to that version.
        """
        with self._database.read(project_id) as session:
            at = progress.found(session, dataset_id)
        dataset = self._newest(project_id, dataset_id)
        judged = 0
        try:
            if dataset is not None and dataset.end_at is not None and dataset.schema.time is not None:
                judged += self._judge_open(project_id, dataset, at)
                judged += self._judge_again(project_id, dataset, at)
            self._database.write(project_id, lambda session: progress.finish(session, dataset_id, at))
        except progress.Overtaken:
            log.info("outcomes_overtaken", project_id=project_id, dataset_id=dataset_id)
        return judged

    def tend(self, project_id: str) -> int:
        """Run ``join`` for every dataset with pending predictions; return the number of judged points.

        The failure of one dataset is logged and does not stop the others.
        """
        with self._database.read(project_id) as session:
            waiting = ledger_store.datasets_with_open_lines(session)
        judged = 0
        for dataset_id in waiting:
            try:
                judged += self.join(project_id, dataset_id)
            except Exception as error:  # the failure of one dataset does not delay the others
                log.warning("outcomes_wait", project_id=project_id, dataset_id=dataset_id, reason=str(error))
        return judged

    def _newest(self, project_id: str, dataset_id: str) -> DatasetVersion | None:
        try:
            return self._datasets.get(project_id, dataset_id, None)
        except NotFound:  # in the trash, or purged
            return None

    def _judge_open(self, project_id: str, dataset: DatasetVersion, at: progress.At) -> int:
        """Judge the open points whose target times the dataset has reached; return the number of points judged."""
        judged = 0
        for lines, done in self._open_lines(project_id, dataset):
            subjects = {line.id: self._truths.subject(project_id, line) for line in lines}
            wanted: dict[Subject, set[datetime]] = {}
            for line in lines:
                known = done.get(line.id, set())
                due = {point.at for step, point in enumerate(line.points, 1) if step not in known}
                wanted.setdefault(subjects[line.id], set()).update(_until(due, dataset.end_at))
            found = self._truths.read(dataset, wanted)
            for first in range(0, len(lines), _LINES_WRITTEN):
                some = {
                    line.id: truth
                    for line in lines[first : first + _LINES_WRITTEN]
                    if (truth := found.get(subjects[line.id]))
                }
                if some:
                    judged += self._write(project_id, dataset, at, some)
        return judged

    def _open_lines(
        self, project_id: str, dataset: DatasetVersion
    ) -> Iterator[tuple[Sequence[Prediction], dict[str, set[int]]]]:
        """Yield batches of entries that continue a dataset and are not fully judged, with their judged steps."""
        assert dataset.end_at is not None
        after = ""
        while True:
            with self._database.read(project_id) as session:
                lines = ledger_store.open_lines(session, dataset.id, dataset.end_at, after, _LINES_AT_ONCE)
                begun = [line.id for line in lines if line.outcome is not None]
                done = ledger_store.known_steps(session, begun) if begun else {}
            if not lines:
                return
            after = lines[-1].id
            same = [line for line in lines if _same(line, dataset)]
            if same:
                yield same, done

    def _write(
        self,
        project_id: str,
        dataset: DatasetVersion,
        at: progress.At,
        truths: Mapping[str, Mapping[datetime, Truth]],
    ) -> int:
        source = f"dataset {dataset.name} v{dataset.version}"[:200]
        models: set[str] = set()

        def work(session: Session) -> int:
            progress.check(session, dataset.id, at)
            locked = ledger_store.lock_lines(session, list(truths))
            models.update(line.model_id for line in locked)
            judged = self._judge(session, locked, truths, source, dataset.version)
            _crash()
            return judged

        judged = self._database.write(project_id, work)
        if judged:
            self._tell_of(project_id, models)
        return judged

    def _judge_again(self, project_id: str, dataset: DatasetVersion, at: progress.At) -> int:
        """Judge again the points whose values were revised after version ``at.judged``; return the number of points."""
        span = self._datasets.revised_times(project_id, dataset, at.judged)
        if span is None:
            return 0
        models: set[str] = set()
        judged = 0
        for points, subjects in self._judged_points(project_id, dataset, span):
            wanted: dict[Subject, set[datetime]] = {}
            for point in points:
                wanted.setdefault(subjects[point.line.id], set()).add(point.at)
            found = self._truths.read(dataset, wanted)
            changed = {
                (point.line.id, point.step): value
                for point in points
                if (value := found.get(subjects[point.line.id], {}).get(point.at)) is not None
                and value.value != point.actual
            }
            if changed:
                models |= {point.line.model_id for point in points if (point.line.id, point.step) in changed}
                judged += self._replace(project_id, dataset, at, changed)
        if judged:
            self._tell_of(project_id, models)
        return judged

    def _judged_points(
        self, project_id: str, dataset: DatasetVersion, span: tuple[datetime, datetime]
    ) -> Iterator[tuple[list[revising.JudgedPoint], dict[str, Subject]]]:
        after = ("", 0)
        while True:
            with self._database.read(project_id) as session:
                points = revising.judged_points(session, dataset.id, span, after, _LINES_AT_ONCE)
            if not points:
                return
            after = (points[-1].line.id, points[-1].step)
            same = [point for point in points if _same(point.line, dataset)]
            if same:
                yield same, {point.line.id: self._truths.subject(project_id, point.line) for point in same}

    def _replace(
        self, project_id: str, dataset: DatasetVersion, at: progress.At, changed: Mapping[tuple[str, int], Actual]
    ) -> int:
        def work(session: Session) -> int:
            progress.check(session, dataset.id, at)
            replaced = revising.replace(session, dataset, changed)
            _crash()
            if replaced.points:
                body = PredictionsJudgedAgain(
                    dataset_id=dataset.id,
                    dataset=dataset.name,
                    version=dataset.version,
                    points=replaced.points,
                    predictions=replaced.predictions,
                    models=replaced.models,
                )
                self._events.append(session, "project", body)
            return replaced.points

        return self._database.write(project_id, work)

    def _tell_of(self, project_id: str, models: set[str]) -> None:
        for after in self._after_judging:
            after(project_id, models)

    def _judge(
        self,
        session: Session,
        lines: Sequence[Prediction],
        truths: Mapping[str, Mapping[datetime, Truth]],
        source: str,
        dataset_version: int | None,
    ) -> int:
        """Write the outcomes of locked entries; return the number of newly judged points.

        Points that were judged before keep their outcome.
        """
        done = ledger_store.known_steps(session, [line.id for line in lines])
        counts: dict[str, Counter[str]] = {}
        rows: list[dict[str, Any]] = []
        for line in lines:
            seen = self._seen(session, line, counts)
            new = [
                each
                for each in judge(line, truths[line.id], usual_of(seen) if seen is not None else None)
                if each.step not in done.get(line.id, ())
            ]
            if seen is not None:
                seen.update(each.label for each in new if each.label is not None)
            rows += [
                {
                    "project_id": session.project_id,
                    "prediction_id": line.id,
                    "model_id": line.model_id,
                    "version": line.version,
                    "source": source,
                    "question": line.question,
                    "dataset_version": dataset_version,
                    "revisions": 0,
                    **vars(each),
                }
                for each in new
            ]
            known = len(done.get(line.id, ())) + len(new)
            if new:
                line.outcome = KnownPoints(known=known, of=len(line.points))
                line.judged_at = now() if known == len(line.points) else None
        ledger_store.add_outcomes(session, rows)
        session.flush()
        if rows:
            predictions = len({row["prediction_id"] for row in rows})
            body = PredictionsJudged(points=len(rows), predictions=predictions, source=source)
            self._events.append(session, "project", body)
        return len(rows)

    def _seen(self, session: Session, line: Prediction, counts: dict[str, Counter[str]]) -> Counter[str] | None:
        """Return how often each class has been the outcome so far; None for a numeric prediction."""
        if not any(point.label is not None for point in line.points):
            return None
        if line.model_id not in counts:
            counts[line.model_id] = Counter(ledger_store.label_counts(session, line.model_id))
        return counts[line.model_id]


def _until(times: set[datetime], end: datetime | None) -> set[datetime]:
    return {at for at in times if end is not None and at <= end}


def _same(line: Prediction, dataset: DatasetVersion) -> bool:
    """Return whether a dataset version can judge a prediction: target, unit and the presence of series must agree."""
    same = line.target == dataset.schema.target and line.unit == dataset.schema.unit
    return same and (dataset.schema.series is None) == (line.inputs.series is None)


def _crash() -> None:
    crashpoint("outcomes_before_commit")
