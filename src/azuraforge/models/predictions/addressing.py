"""Resolution of reported outcomes to ledger entries and their points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from azuraforge.database import Session
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.messages import Message
from azuraforge.models import store
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.schemas import OutcomeRequest
from azuraforge.models.tables import Prediction


def lines_of(session: Session, requests: Sequence[OutcomeRequest]) -> list[list[Prediction]]:
    """Return the ledger entries that each request refers to; a request by model may match none.

    Raises NotFound for an unknown prediction id, request id or model, and InvalidInput for a request by model if the
    model predicts several series.
    """
    ids = [each.prediction_id for each in requests if each.prediction_id is not None]
    names = [each.request_id for each in requests if each.request_id is not None]
    lines = ledger_store.named(session, ids, names) if ids or names else []
    by_id: dict[str, list[Prediction]] = {}
    by_name: dict[str, list[Prediction]] = {}
    for line in lines:
        by_id.setdefault(line.id, []).append(line)
        if line.pair_id is not None:  # both predictions of a pair have the same outcome
            by_id.setdefault(line.pair_id, []).append(line)
        by_name.setdefault(line.request_id or "", []).append(line)
    found = []
    for index, each in enumerate(requests):
        where = Message("outcomes[{index}]", {"index": index})
        if each.prediction_id is not None:
            found.append(
                by_id.get(each.prediction_id)
                or _missing(Message("prediction {name!r} does not exist", {"name": each.prediction_id}), where)
            )
        elif each.request_id is not None:
            found.append(
                by_name.get(each.request_id)
                or _missing(Message("the ledger has no request {name!r}", {"name": each.request_id}), where)
            )
        else:
            found.append(_of_model(session, str(each.model), each.at, where))
    return found


def _of_model(session: Session, name: str, at: datetime | None, where: Message) -> list[Prediction]:
    """Return the entries for a model's own series that have a point at this time; the list may be empty.

    A prediction from rows in a request may concern any series, so its outcome must be reported by prediction or request
    id. Raises NotFound for an unknown model, and InvalidInput if the model predicts several series.
    """
    owner = store.model(session, name)
    if owner is None or at is None:
        return _missing(Message("model {name!r} does not exist", {"name": name}), where)
    lines = ledger_store.at_time(session, owner.id, at)
    if any(line.inputs.series is not None for line in lines):
        raise InvalidInput(
            "model {name!r} predicts several series; the time alone does not identify the series",
            where="{place}",
            next_step="send prediction_id or request_id, or add a new version of the dataset",
            name=name,
            place=where,
        )
    return [line for line in lines if any(point.at == at for point in line.points)]


def meant(lines: Sequence[Prediction], request: OutcomeRequest, index: int) -> list[tuple[Prediction, datetime]]:
    """Return each entry with the time of the point that the outcome request refers to.

    The stored prediction of a pair may cover other times than the returned one; an entry without the requested time is
    omitted. If both were made for the same input and have one point each, such as the class of an image, they share the
    outcome although their times differ.

    Raises InvalidInput if a returned prediction has no such point; the error names ``index``, the position of the
    request.
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
    """Return ``request.at``, or the time of the only point. Raises InvalidInput if the prediction has no such point."""
    times = _times(line)
    if request.at is None and len(times) == 1:
        return times[0]
    at = request.at.astimezone(UTC) if request.at is not None else None
    if at not in times:
        raise InvalidInput(
            "prediction {prediction} has no value for {at}"
            if at
            else "prediction {prediction} has {count} points, but the outcome has no time",
            where="outcomes[{index}]",
            next_step="set `at` to one of the prediction's times, from {first} to {last}",
            prediction=line.id,
            at=at.isoformat() if at else "",
            count=len(times),
            index=index,
            first=times[0].isoformat(),
            last=times[-1].isoformat(),
        )
    return at


def _missing(problem: Message, where: Message) -> list[Prediction]:
    raise NotFound(
        "{problem}", where="{place}", next_step="run azuraforge predictions list", problem=problem, place=where
    )
