"""Service for the loop of each model, derived entirely from the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from azuraforge.automations.reads import automations, schedules
from azuraforge.database import Database, Session, now
from azuraforge.datasets.reads import observed
from azuraforge.loop.schemas import LoopOut, LoopPage
from azuraforge.loop.steps import Facts, steps
from azuraforge.loop.triggers import Triggers
from azuraforge.models import reads
from azuraforge.models.gate.policy import PolicyTerms
from azuraforge.models.registry.finding import find_model
from azuraforge.paging import PAGE, Order
from azuraforge.runs.reads import runs

_ORDER: Order[tuple[str, str]] = Order("loops", tuple[str, str])
#: Kinds of runs that execute a step.
_KINDS = ("refresh", "forecast", "train")


class LoopService:
    """Service that returns the loops of a project's models."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> LoopPage:
        """Return a page of loops, sorted by model name. The number of SQL statements does not depend on the page.

        Raises InvalidInput if ``after`` is not a cursor of this list.
        """
        key = _ORDER.read(after)
        with self._database.read(project_id) as session:
            found = reads.models(session, None, key, limit + 1)
            page, cursor = _ORDER.cut(found, limit, lambda row: (row.name, row.id))
            return LoopPage(items=_loops(session, page), next=cursor)

    def show(self, project_id: str, name: str) -> LoopOut:
        """Return the loop of one model. Raises NotFound if the model does not exist."""
        with self._database.read(project_id) as session:
            find_model(session, name)
            return _loops(session, reads.models(session, name, None, 1))[0]


def _loops(session: Session, models: Sequence[reads.ModelRow]) -> list[LoopOut]:
    at: datetime = session.execute(select(now())).scalar_one()
    if not models:
        return []
    facts = _facts(session, models, at)
    names = {name for each in facts for name in (each.subject.model, *each.subject.dataset)}
    triggers = Triggers(automations(session, names), schedules(session))
    found = {run.id: run for run in runs(session, triggers.run_ids(), _KINDS)}
    loops = []
    for each in facts:
        each.runs = found
        made = steps(each, triggers)
        loops.append(LoopOut(model=each.model.name, at=at, closed=not any(step.open for step in made), steps=made))
    return loops


def _facts(session: Session, models: Sequence[reads.ModelRow], at: datetime) -> list[Facts]:
    ids = [model.id for model in models]
    versions: dict[str, dict[int, reads.VersionRow]] = {}
    for row in reads.versions(session, ids):
        versions.setdefault(row.model_id, {})[row.version] = row
    learned = {id_: _newest_learned(rows) for id_, rows in versions.items()}
    dataset_of = {model.id: _dataset_of(model, versions.get(model.id, {})) for model in models}
    datasets = observed(session, {id_ for id_ in dataset_of.values() if id_ is not None})
    forecasts, judged = reads.forecasts(session, ids), reads.judged(session, ids)
    run_ids = {row.run_id for row in learned.values() if row is not None}
    verdicts, promotions = reads.verdicts(session, run_ids), reads.promotions(session, run_ids)
    policies = reads.policies(session, ids)
    found = []
    for model in models:
        newest = learned.get(model.id)
        facts = Facts(
            model,
            at,
            newest,
            datasets.get(dataset_of[model.id] or ""),
            forecasts.get(model.id),
            judged.get(model.id),
            verdicts.get(newest.run_id) if newest is not None else None,
            policies.get(model.id, PolicyTerms()),
            promotions.get(newest.run_id) if newest is not None else None,
        )
        found.append(facts)
    return found


def _newest_learned(rows: dict[int, reads.VersionRow]) -> reads.VersionRow | None:
    """Return the newest version trained on this platform, not imported; None if there is none."""
    return next((rows[number] for number in sorted(rows, reverse=True) if not rows[number].imported), None)


def _dataset_of(model: reads.ModelRow, rows: dict[int, reads.VersionRow]) -> str | None:
    """Return the dataset id of the champion, else of the newest version that has one; None if no version has one."""
    champion = rows.get(model.champion) if model.champion is not None else None
    if champion is not None and champion.dataset_id is not None:
        return champion.dataset_id
    return next((rows[number].dataset_id for number in sorted(rows, reverse=True) if rows[number].dataset_id), None)
