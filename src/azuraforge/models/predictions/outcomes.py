"""Outcomes: the truth reaches the ledger, posted by somebody or found in a dataset's new version.

Each point of a prediction is judged once, whoever brings the truth first; what is not yet known stays unknown. A
dataset's version is looked through when it is added, and again by housekeeping, so that a platform that died in
between loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from azuraforge.database import Database, Session, UnitOfWork, now
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.events.service import EventLog
from azuraforge.models import store
from azuraforge.models.answers import Actuals, ActualsInput, KnownPoints
from azuraforge.models.events import PredictionsJudged
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.judging import Truth, judge, usual_of
from azuraforge.models.predictions.schemas import OutcomeRequest, OutcomesOut
from azuraforge.models.tables import Prediction
from azuraforge.plugins.discovery.calling import Call
from azuraforge.telemetry import logger

#: Called with the project and the ids of the models whose predictions were judged.
AfterJudging = Callable[[str, set[str]], None]
ENTRY = "azuraforge.models.predictions.outcome_child:actuals"
READ_SECONDS = 120.0
_LINES_AT_ONCE = 500

log = logger("models")


class Outcomes:
    """Judges predictions; each method names the project it acts in.

    Args:
        after_judging: called with a project and the ids of the models whose predictions were judged.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        datasets: DatasetService,
        call: Call,
        after_judging: Sequence[AfterJudging] = (),
    ) -> None:
        self._database = database
        self._events = events
        self._datasets = datasets
        self._call = call
        self._after_judging = [*after_judging]

    def subscribe(self, after: AfterJudging) -> None:
        """Call ``after`` too, with a project and the ids of the models whose predictions were judged."""
        self._after_judging.append(after)

    def post(
        self, project_id: str, requests: Sequence[OutcomeRequest], by: str, *, unit: UnitOfWork | None = None
    ) -> OutcomesOut:
        """Judge by what somebody says has happened, all of it in one transaction.

        Raises NotFound for a prediction, a request's name or a model that is not there, InvalidInput where it is not
        clear which of several points is meant.
        """

        models: set[str] = set()

        def work(session: Session) -> OutcomesOut:
            lines = self._lines_of(session, requests)
            models.update(line.model_id for mine in lines for line in mine)
            truths: dict[str, dict[datetime, Truth]] = {}
            found: dict[str, Prediction] = {}
            for index, (request, mine) in enumerate(zip(requests, lines, strict=True)):
                for line, at in _meant(mine, request, index):
                    found[line.id] = line
                    truths.setdefault(line.id, {})[at] = request.truth
            given = sum(map(len, truths.values()))
            judged = self._judge(session, list(found.values()), truths, f"sent by {by}"[:200])
            return OutcomesOut(judged=judged, known=given - judged)

        answer = self._database.write(project_id, work, unit=unit)
        self._tell_of(project_id, models)
        return answer

    def join(self, project_id: str, dataset_id: str) -> int:
        """Judge what a dataset's newest version tells about predictions that continue it; how many points that were."""
        dataset = self._newest(project_id, dataset_id)
        if dataset is None or dataset.end_at is None or dataset.schema.time is None:
            return 0
        judged, after = 0, ""
        while True:
            with self._database.read(project_id) as session:
                lines = ledger_store.open_lines(session, dataset_id, dataset.end_at, after, _LINES_AT_ONCE)
            if not lines:
                return judged
            after = lines[-1].id
            for series, mine in _by_series(line for line in lines if _same(line, dataset)).items():
                judged += self._judge_by(project_id, dataset, mine, series)

    def tend(self, project_id: str) -> int:
        """``join`` for every dataset that waiting predictions look to; how many points were judged."""
        with self._database.read(project_id) as session:
            waiting = ledger_store.datasets_with_open_lines(session)
        judged = 0
        for dataset_id in waiting:
            try:
                judged += self.join(project_id, dataset_id)
            except Exception as error:  # the trouble of one dataset does not hold up the others
                log.warning("outcomes_wait", project_id=project_id, dataset_id=dataset_id, reason=str(error))
        return judged

    def _newest(self, project_id: str, dataset_id: str) -> DatasetVersion | None:
        try:
            return self._datasets.get(project_id, dataset_id, None)
        except NotFound:  # in the trash, or purged
            return None

    def _judge_by(
        self, project_id: str, dataset: DatasetVersion, lines: Sequence[Prediction], series: str | None
    ) -> int:
        assert dataset.end_at is not None
        due = (point.at for line in lines for point in line.points)
        wanted = {at for at in due if at <= dataset.end_at}
        if not wanted:
            return 0
        times = sorted(wanted)
        wanted_at = ActualsInput(
            paths=dataset.paths,
            meaning=dataset.schema,
            options=dataset.options,
            fingerprint=dataset.fingerprint,
            times=tuple(times),
            series=series,
        )
        values = self._call(ENTRY, wanted_at.model_dump(mode="json"), Actuals, READ_SECONDS).values
        known: dict[datetime, Truth] = {at: value for at, value in zip(times, values, strict=True) if value is not None}
        if not known:
            return 0
        source = f"dataset {dataset.name} v{dataset.version}"[:200]

        def work(session: Session) -> int:
            locked = ledger_store.lock_lines(session, [line.id for line in lines])
            return self._judge(session, locked, {line.id: known for line in locked}, source)

        judged = self._database.write(project_id, work)
        self._tell_of(project_id, {line.model_id for line in lines})
        return judged

    def _tell_of(self, project_id: str, models: set[str]) -> None:
        for after in self._after_judging:
            after(project_id, models)

    def _judge(
        self,
        session: Session,
        lines: Sequence[Prediction],
        truths: Mapping[str, Mapping[datetime, Truth]],
        source: str,
    ) -> int:
        """Write what became of locked lines; points that were judged before stay. Returns how many were new."""
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
        """How often each class was the truth until now; None for a line of numbers."""
        if not any(point.label is not None for point in line.points):
            return None
        if line.model_id not in counts:
            counts[line.model_id] = Counter(ledger_store.label_counts(session, line.model_id))
        return counts[line.model_id]

    def _lines_of(self, session: Session, requests: Sequence[OutcomeRequest]) -> list[list[Prediction]]:
        """The lines that each request speaks of; raises NotFound where it speaks of none."""
        ids = [each.prediction_id for each in requests if each.prediction_id is not None]
        names = [each.request_id for each in requests if each.request_id is not None]
        lines = ledger_store.named(session, ids, names) if ids or names else []
        by_id: dict[str, list[Prediction]] = {}
        by_name: dict[str, list[Prediction]] = {}
        for line in lines:
            by_id.setdefault(line.id, []).append(line)
            if line.pair_id is not None:  # what is true of the answer that was given is true of the kept one
                by_id.setdefault(line.pair_id, []).append(line)
            by_name.setdefault(line.request_id or "", []).append(line)
        found = []
        for index, each in enumerate(requests):
            where = f"outcomes[{index}]"
            if each.prediction_id is not None:
                found.append(by_id.get(each.prediction_id) or _missing("prediction", each.prediction_id, where))
            elif each.request_id is not None:
                found.append(by_name.get(each.request_id) or _missing("request", each.request_id, where))
            else:
                found.append(self._of_model(session, str(each.model), each.at, where))
        return found

    def _of_model(self, session: Session, name: str, at: datetime | None, where: str) -> list[Prediction]:
        """Lines of a model's own series with a point at this time; there may be none, and then nothing is judged.

        What was made from rows that somebody sent may be about any series: its truth is sent by its id or name."""
        owner = store.model(session, name)
        if owner is None or at is None:
            return _missing("model", name, where)
        lines = ledger_store.at_time(session, owner.id, at)
        if any(line.inputs.series is not None for line in lines):
            raise InvalidInput(
                f"model {name!r} predicts several series; a time alone does not say of which this is the truth",
                where=where,
                next_step="name the prediction or its request, or add a new version of the dataset",
            )
        return [line for line in lines if any(point.at == at for point in line.points)]


def _meant(lines: Sequence[Prediction], request: OutcomeRequest, index: int) -> list[tuple[Prediction, datetime]]:
    """The point of each line that is meant.

    The kept half of a pair may speak of other times than the answer that was given; then nothing of it is meant. The
    same picture is the same, whenever it was looked at.
    """
    by_id = {line.id: line for line in lines}
    found = []
    for line in lines:
        given = by_id.get(line.pair_id or "")
        at = _target(given or line, request, index)
        times = _times(line)
        if given is not None and line.question == given.question and len(times) == len(given.points) == 1:
            at = times[0]
        if at in times:
            found.append((line, at))
    return found


def _times(line: Prediction) -> list[datetime]:
    return [point.at for point in line.points]


def _target(line: Prediction, request: OutcomeRequest, index: int) -> datetime:
    """The point that is meant: the only one, or the one of this time."""
    times = _times(line)
    if request.at is None and len(times) == 1:
        return times[0]
    at = request.at.astimezone(UTC) if request.at is not None else None
    if at not in times:
        raise InvalidInput(
            f"prediction {line.id} says nothing about {at.isoformat()}" if at else f"it has {len(times)} points",
            where=f"outcomes[{index}]",
            next_step=f"name one of its times with `at`: {times[0].isoformat()} … {times[-1].isoformat()}",
        )
    return at


def _same(line: Prediction, dataset: DatasetVersion) -> bool:
    """A later version of a dataset may have another target or unit, or hold one series instead of several; that is no
    truth about this prediction."""
    same = line.target == dataset.schema.target and line.unit == dataset.schema.unit
    return same and (dataset.schema.series is None) == (line.inputs.series is None)


def _by_series(lines: Iterable[Prediction]) -> dict[str | None, list[Prediction]]:
    found: dict[str | None, list[Prediction]] = {}
    for line in lines:
        found.setdefault(line.inputs.series, []).append(line)
    return found


def _missing(noun: str, name: str, where: str) -> list[Prediction]:
    raise NotFound(f"{noun} {name!r} is not in the ledger", where=where, next_step="azuraforge predictions list")
