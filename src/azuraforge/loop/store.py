"""The only SQL of the loop: a fixed number of statements for any number of models."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import ColumnElement, String, Text, and_, cast, func, literal_column, or_, select, true
from sqlalchemy.orm import aliased

from azuraforge.automations.tables import Schedule, ScheduleFire
from azuraforge.automations.triggers.definition import Step, When
from azuraforge.automations.triggers.tables import Automation, AutomationFiring, AutomationStep
from azuraforge.database import Session, now
from azuraforge.database.keyset import behind
from azuraforge.datasets.segments import Growth
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.models.gate.policy import PolicyTerms
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.tables import (
    AliasChange,
    Evaluation,
    Model,
    ModelAlias,
    ModelPolicy,
    ModelVersion,
    Prediction,
    PredictionOutcome,
)
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.runs.schemas import RunError, RunRequest
from azuraforge.runs.tables import Run

#: Forecasts and judged points are counted up to these; counting all of a long ledger would cost every page.
MOST_FORECASTS, MOST_POINTS = 1_000, 10_000
#: Forecasts among which different origins are counted, and as many arrivals as are regular.
_NEWEST_FORECASTS = 200
REGULAR = 3
#: More names than this are not searched for in the text of automations.
_MOST_SEARCHED = 20


class ModelRow(NamedTuple):
    """A model with its champion; nulls where there is none."""

    id: str
    name: str
    champion: int | None
    since: datetime | None
    champion_run: str | None


class VersionRow(NamedTuple):
    """A version: the newest that was learned here, or a champion."""

    model_id: str
    version: int
    run_id: str
    dataset_id: str | None
    created_at: datetime
    imported: bool


class ObservedRow(NamedTuple):
    """The newest version of a dataset; ``third_at``: when the one two before it was added."""

    dataset_id: str
    name: str
    version: int
    created_at: datetime
    rows: int
    growth: Growth | None
    source: str
    columns: DatasetSchema
    third_at: datetime | None


class ForecastRow(NamedTuple):
    """The newest forecast that a caller received. ``origins``: different ones among the newest forecasts."""

    model_id: str
    id: str
    version: int
    created_at: datetime
    forecasts: int
    origins: int


class JudgedRow(NamedTuple):
    """The newest target that was judged."""

    model_id: str
    prediction_id: str
    judged_at: datetime
    points: int


class LastStep(NamedTuple):
    """A step of an automation's newest firing."""

    do: str
    state: str
    run_id: str | None
    error: RunError | None
    ended_at: datetime | None


@dataclass(frozen=True)
class AutomationFacts:
    """An automation that is not paused; ``last`` are the steps of its newest firing, by position."""

    id: str
    name: str
    when: When
    steps: Sequence[Step]
    last: Mapping[int, LastStep]


class ScheduleRow(NamedTuple):
    """A schedule that is not paused, with its newest fire."""

    id: str
    name: str
    request: RunRequest
    run_id: str | None
    error: RunError | None
    fired_at: datetime | None


class RunRow(NamedTuple):
    id: str
    kind: str
    state: str
    model: str | None
    dataset_id: str | None
    started_at: datetime | None
    finished_at: datetime | None
    error: Mapping[str, JsonValue] | None


def clock(session: Session) -> datetime:
    """The database's time."""
    found: datetime = session.execute(select(now())).scalar_one()
    return found


def models(session: Session, name: str | None, after: tuple[str, str] | None, limit: int) -> list[ModelRow]:
    """Models that are not in the trash, by name behind ``after``; with ``name`` only this one."""
    champion = and_(ModelAlias.model_id == Model.id, ModelAlias.alias == "champion")
    line = and_(AliasChange.model_id == Model.id, AliasChange.seq == ModelAlias.change)
    found = (
        select(Model.id, Model.name, ModelAlias.version, AliasChange.at, AliasChange.run_id)
        .outerjoin(ModelAlias, champion)
        .outerjoin(AliasChange, line)
        .where(Model.deleted_at.is_(None))
    )
    if name is not None:
        found = found.where(Model.name == name)
    if after is not None:
        found = found.where(behind((Model.name, Model.id), after))
    return [ModelRow(*row) for row in session.execute(found.order_by(Model.name, Model.id).limit(limit))]


def versions(session: Session, ids: Collection[str]) -> list[VersionRow]:
    """The newest version of each model that was learned here, its newest of all, and its champion."""
    learned = aliased(ModelVersion)
    newest = (
        select(func.max(learned.version))
        .where(learned.model_id == ModelVersion.model_id, learned.imported.is_(None))
        .correlate(ModelVersion)
        .scalar_subquery()
    )
    held = and_(ModelAlias.model_id == ModelVersion.model_id, ModelAlias.alias == "champion")
    one = ModelVersion
    found = (
        select(one.model_id, one.version, one.run_id, one.dataset_id, one.created_at, one.imported.is_not(None))
        .join(Model, Model.id == one.model_id)
        .outerjoin(ModelAlias, held)
        .where(one.model_id.in_(ids))
        .where(or_(one.version == newest, one.version == Model.last_version, one.version == ModelAlias.version))
        .order_by(one.model_id, one.version)
    )
    return [VersionRow(*row) for row in session.execute(found)]


def observed(session: Session, dataset_ids: Collection[str]) -> dict[str, ObservedRow]:
    """The newest version of each dataset that is not in the trash."""
    other = aliased(DatasetVersionRow)
    of_same = other.dataset_id == Dataset.id
    newest = select(func.max(other.version)).where(of_same).correlate(Dataset).scalar_subquery()
    third = (
        select(other.created_at)
        .where(of_same)
        .order_by(other.version.desc())
        .limit(1)
        .offset(REGULAR - 1)
        .correlate(Dataset)
        .scalar_subquery()
    )
    row = DatasetVersionRow
    found = (
        select(Dataset.id, Dataset.name, row.version, row.created_at, row.rows, row.growth, row.source, row.columns)
        .add_columns(third)
        .join(row, and_(row.dataset_id == Dataset.id, row.version == newest))
        .where(Dataset.id.in_(dataset_ids), Dataset.deleted_at.is_(None))
    )
    return {each[0]: ObservedRow(*each) for each in session.execute(found)}


def forecasts(session: Session, ids: Collection[str]) -> dict[str, ForecastRow]:
    """The newest forecast of each model in the ledger, without those that were only compared."""
    line, counted, recent = aliased(Prediction), aliased(Prediction), aliased(Prediction)
    newest = (
        select(line.id)
        .where(line.model_id == Model.id, line.pair_id.is_(None))
        .order_by(line.created_at.desc(), line.id.desc())
        .limit(1)
        .correlate(Model)
        .scalar_subquery()
    )
    given = select(counted.id).where(counted.model_id == Model.id, counted.pair_id.is_(None))
    many = given.limit(MOST_FORECASTS + 1).correlate(Model).subquery()
    latest = (
        select(recent.origin_at.label("origin_at"))
        .where(recent.model_id == Model.id, recent.pair_id.is_(None))
        .order_by(recent.created_at.desc())
        .limit(_NEWEST_FORECASTS)
        .correlate(Model)
        .subquery()
    )
    found = (
        select(
            Model.id,
            Prediction.id,
            Prediction.version,
            Prediction.created_at,
            select(func.count()).select_from(many).scalar_subquery(),
            select(func.count(latest.c.origin_at.distinct())).scalar_subquery(),
        )
        .join(Prediction, Prediction.id == newest)
        .where(Model.id.in_(ids))
    )
    return {each[0]: ForecastRow(*each) for each in session.execute(found)}


def judged(session: Session, ids: Collection[str]) -> dict[str, JudgedRow]:
    """The newest judged target of each model, and how many points were judged."""
    newest, same, counted = aliased(PredictionOutcome), aliased(PredictionOutcome), aliased(PredictionOutcome)
    last = newest.target_at.desc(), newest.prediction_id.desc()
    line = select(newest.prediction_id).where(newest.model_id == Model.id).order_by(*last).limit(1).correlate(Model)
    when = (
        select(same.judged_at)
        .where(same.model_id == Model.id)
        .order_by(same.target_at.desc(), same.prediction_id.desc())
        .limit(1)
        .correlate(Model)
    )
    points = select(counted.step).where(counted.model_id == Model.id).limit(MOST_POINTS + 1).correlate(Model)
    count = select(func.count()).select_from(points.subquery()).scalar_subquery()
    found = select(Model.id, line.scalar_subquery(), when.scalar_subquery(), count).where(Model.id.in_(ids))
    return {each[0]: JudgedRow(*each) for each in session.execute(found) if each[1] is not None}


def verdicts(session: Session, run_ids: Collection[str]) -> dict[str, tuple[VerdictRecord, datetime]]:
    """The verdicts of runs, with the moments they were given."""
    found = select(Evaluation.run_id, Evaluation.verdict, Evaluation.created_at)
    return {each[0]: (each[1], each[2]) for each in session.execute(found.where(Evaluation.run_id.in_(run_ids)))}


def policies(session: Session, ids: Collection[str]) -> dict[str, PolicyTerms]:
    """The policies in force; a model without one has the platform's own."""
    other = aliased(ModelPolicy)
    newest = (
        select(func.max(other.number))
        .where(other.model_id == ModelPolicy.model_id)
        .correlate(ModelPolicy)
        .scalar_subquery()
    )
    found = select(ModelPolicy.model_id, ModelPolicy.policy)
    found = found.where(ModelPolicy.model_id.in_(ids), ModelPolicy.number == newest)
    return {each[0]: each[1] for each in session.execute(found)}


def automations(session: Session, names: Collection[str]) -> list[AutomationFacts]:
    """The automations that are not paused and may mean one of these models or datasets, by name, with the steps of
    their newest firings: two statements."""
    one = Automation
    meant = and_(one.paused.is_(False), _mentions(names))
    found = session.execute(select(one.id, one.name, one.when, one.steps).where(meant).order_by(one.name)).all()
    if not found:
        return []
    step, firing = AutomationStep, AutomationFiring
    newest = and_(firing.automation_id == one.id, firing.fired_at == one.last_fired_at)
    steps = session.execute(
        select(one.id, step.position, step.definition, step.state, step.run_id, step.error, step.ended_at)
        .join(firing, newest)
        .join(step, step.firing_id == firing.id)
        .where(meant)
    )
    last: dict[str, dict[int, LastStep]] = {}
    for id_, position, definition, state, run_id, error, ended_at in steps:
        step_was = LastStep(definition.do, state, run_id, error, ended_at)
        last.setdefault(id_, {})[position] = step_was
    return [AutomationFacts(*row, last.get(row[0], {})) for row in found]


def schedules(session: Session) -> list[ScheduleRow]:
    """The schedules that are not paused, by name, with their newest fires."""
    other = aliased(ScheduleFire)
    newest = (
        select(func.max(other.fire_time)).where(other.schedule_id == Schedule.id).correlate(Schedule).scalar_subquery()
    )
    fire = and_(ScheduleFire.schedule_id == Schedule.id, ScheduleFire.fire_time == newest)
    found = (
        select(Schedule.id, Schedule.name, Schedule.run_request)
        .add_columns(ScheduleFire.run_id, ScheduleFire.error, ScheduleFire.fired_at)
        .outerjoin(ScheduleFire, fire)
        .where(Schedule.paused.is_(False))
        .order_by(Schedule.name)
    )
    return [ScheduleRow(*row) for row in session.execute(found)]


def _mentions(names: Collection[str]) -> ColumnElement[bool]:
    """Whether the text of an automation's steps may name one of these; true where that is not worth a search."""
    if len(names) > _MOST_SEARCHED or not all(name.isascii() and name.isprintable() for name in names):
        return true()
    plain = [name for name in names if not set(name) & set('"\\')]
    text = cast(Automation.steps, Text)
    found = [text.contains(f'"{name}"', autoescape=True) for name in plain]
    return true() if len(plain) < len(names) else or_(text.contains('"{cause.', autoescape=True), *found)


def runs(session: Session, ids: Collection[str], kinds: Collection[str]) -> list[RunRow]:
    """These runs, and those of these kinds that are running."""
    columns = (Run.id, Run.kind, Run.state, Run.model, Run.dataset_id, Run.started_at, Run.finished_at, Run.error)
    # A literal, so that the index of running runs fits.
    running = and_(Run.state == literal_column("'running'", String()), Run.kind.in_(kinds))
    return [RunRow(*row) for row in session.execute(select(*columns).where(or_(Run.id.in_(ids), running)))]
