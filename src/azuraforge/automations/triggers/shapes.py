"""Conversion of the rows of automations into API shapes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from azuraforge.automations.triggers import store
from azuraforge.automations.triggers.schemas import AutomationOut, FiringOut, StepOut
from azuraforge.automations.triggers.tables import Automation, AutomationFiring, AutomationStep
from azuraforge.database import Session


def automation_out(session: Session, row: Automation, firings: int) -> AutomationOut:
    fields = {name: getattr(row, name) for name in AutomationOut.model_fields if hasattr(row, name)}
    newest = firings_out(session, store.newest_firings(session, row.id, firings))
    return AutomationOut(**fields, pending=row.pending_count, newest_firings=newest)


def firings_out(session: Session, firings: Sequence[AutomationFiring]) -> list[FiringOut]:
    steps: dict[str, list[StepOut]] = defaultdict(list)
    for each in store.steps(session, [firing.id for firing in firings]):
        steps[each.firing_id].append(_step_out(each))
    return [FiringOut.model_validate({**_named(firing, FiringOut), "steps": steps[firing.id]}) for firing in firings]


def _step_out(row: AutomationStep) -> StepOut:
    error = row.error.translated() if row.error is not None else None
    return StepOut.model_validate({**_named(row, StepOut), "do": row.definition.do, "error": error})


def _named(row: object, shape: type[FiringOut] | type[StepOut]) -> dict[str, object]:
    return {name: getattr(row, name) for name in shape.model_fields if name != "steps" and hasattr(row, name)}
