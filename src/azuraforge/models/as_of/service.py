"""State of a model at a past time, read from the history of its aliases and the ledger, never estimated."""

from __future__ import annotations

from datetime import datetime

from azuraforge.database import Database, Session
from azuraforge.datasets import reads as datasets
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models import schemas, shapes, trash_store
from azuraforge.models import store as models
from azuraforge.models.as_of import store
from azuraforge.models.as_of.schemas import AliasState, AsOfOut, DataThen, ForecastThen, PointThen
from azuraforge.models.predictions import store as ledger
from azuraforge.models.registry.names import BY_GATE
from azuraforge.models.tables import AliasChange, Model, ModelVersion, Prediction


class AsOf:
    """Reader of past states; each method takes the project's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def show(
        self, project_id: str, name: str, at: datetime | None, alias: str = "champion", series: str | None = None
    ) -> AsOfOut:
        """Return the version, forecast and data behind an alias at a past time, with the actual values known today.

        Args:
            at: time with a time zone, not later than now by the database's clock; None for now.
            alias: name of the alias.
            series: name of one of several series; None for the series of the newest forecast at that time.

        Raises NotFound if the model does not exist, and InvalidInput if the time is in the future.
        """
        now = self._database.clock()
        at = at or now
        if at > now:
            raise InvalidInput(
                "the time {at} is in the future",
                where="at",
                next_step="send a time that is not later than {now}",
                code="in_the_future",
                at=at.isoformat(timespec="seconds"),
                now=now.isoformat(timespec="seconds"),
            )
        with self._database.read(project_id) as session:
            owner = models.model(session, name) or trash_store.find(session, name)
            if owner is None:
                raise NotFound("model {name!r} does not exist", next_step="run azuraforge models list", name=name)
            return _at(session, owner, at, alias, series)


def _at(session: Session, owner: Model, at: datetime, alias: str, series: str | None) -> AsOfOut:
    moves = models.history(session, owner.id, alias, at, None, 1)
    line, until = moves[0] if moves else (None, None)
    state: AliasState = "held"
    if at < owner.created_at:
        state = "before_model"
    elif line is None:
        state = "before_first"
    elif line.action == "remove":
        state = "removed"
    holder = store.version(session, owner.id, line.version) if line is not None and state == "held" else None
    dataset_id = holder.dataset_id if holder is not None else store.newest_dataset(session, owner.id)
    standing = store.standing(session, owner.id, alias, at, dataset_id, series) if state == "held" else None
    data, named = _data(session, dataset_id, at)
    return AsOfOut(
        model=owner.name,
        at=at,
        alias=alias,
        state=state,
        model_created_at=owner.created_at,
        timezone=(holder.schema.timezone if holder is not None else None) or "UTC",
        holder=_holder(session, line, until) if line is not None and state == "held" else None,
        plugin=holder.plugin if holder is not None else None,
        learned_from=_learned_from(holder, named) if holder is not None else None,
        data=data,
        forecast=_forecast(session, owner, standing) if standing is not None else None,
        ledger_since=store.ledger_since(session, owner.id),
    )


def _data(session: Session, dataset_id: str | None, at: datetime) -> tuple[DataThen | None, str | None]:
    """Return the newest version of a dataset at a time, and the dataset's name; each is None if it does not exist."""
    if dataset_id is None:
        return None, None
    newest, named = datasets.version_at(session, dataset_id, at), datasets.name_of(session, dataset_id)
    if newest is None:
        return None, named
    data = DataThen(
        dataset_id=dataset_id,
        name=named,
        version=newest.version,
        fingerprint=newest.fingerprint,
        rows=newest.rows,
        end_at=newest.end_at,
        added_at=newest.created_at,
    )
    return data, named


def _holder(session: Session, line: AliasChange, until: datetime | None) -> schemas.AliasChange:
    by_gate = line.by == BY_GATE and line.run_id is not None
    verdict = models.verdicts(session, [line.run_id]).get(line.run_id or "") if by_gate else None
    return shapes.change_out(line, until, verdict)


def _learned_from(holder: ModelVersion, named: str | None) -> DataThen | None:
    if holder.dataset_id is None:
        return None
    return DataThen(
        dataset_id=holder.dataset_id,
        name=named,
        version=holder.dataset_version,
        fingerprint=holder.dataset_fingerprint,
    )


def _forecast(session: Session, owner: Model, line: Prediction) -> ForecastThen:
    outcomes = {each.step: each for each in ledger.outcomes(session, line.id)}
    made_by = store.version(session, owner.id, line.version)
    points = []
    for step, point in enumerate(line.points, 1):
        found = outcomes.get(step)
        points.append(
            PointThen(
                step=step,
                at=point.at,
                value=point.value,
                low=point.low,
                high=point.high,
                predicted_label=point.label,
                actual=found.actual if found is not None else None,
                label=found.label if found is not None else None,
                loss=found.loss if found is not None else None,
                hit=found.hit if found is not None else None,
                late=found.late if found is not None else line.created_at >= point.at,
                judged_at=found.judged_at if found is not None else None,
            )
        )
    return ForecastThen(
        prediction_id=line.id,
        made_at=line.created_at,
        version=line.version,
        plugin=made_by.plugin if made_by is not None else None,
        series=line.inputs.series,
        target=line.target,
        unit=line.unit,
        interval=line.interval,
        origin=line.origin_at,
        data=_made_from(session, line),
        points=points,
        known=len(outcomes),
    )


def _made_from(session: Session, line: Prediction) -> DataThen | None:
    inputs = line.inputs
    if inputs.dataset_id is None:
        return None
    return DataThen(
        dataset_id=inputs.dataset_id,
        name=datasets.name_of(session, inputs.dataset_id),
        version=inputs.dataset_version,
        fingerprint=inputs.dataset_fingerprint,
    )
