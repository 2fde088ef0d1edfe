"""Execution of the step *notify*: one message in the outbox for each target."""

from __future__ import annotations

from pydantic import JsonValue

from azuraforge.automations.notifications import outbox
from azuraforge.automations.notifications.wording import DoneStep, of_firing
from azuraforge.automations.triggers import store
from azuraforge.automations.triggers.definition import NotifyStep
from azuraforge.automations.triggers.tables import AutomationFiring
from azuraforge.database import Session
from azuraforge.models import reads as models


def notify(session: Session, step: NotifyStep, firing: AutomationFiring, position: int) -> None:
    """Put a message for each target into the outbox, in the step's transaction.

    Raises NotFound if a target does not exist.
    """
    owner = store.find(session, firing.automation_id)
    name = owner.name if owner is not None else ""
    wording = of_firing(name, firing.data, step.text, firing.causes, _done(session, firing, position))
    data: dict[str, JsonValue] = {"automation": name, "firing": firing.id, "cause": dict(firing.data)}
    for target in step.to:
        outbox.put(session, target, firing.automation_id, f"{firing.id}:{position}:{target}"[:120], wording, data)


def _done(session: Session, firing: AutomationFiring, position: int) -> list[DoneStep]:
    """Return the steps before the message that did not succeed or whose run has a verdict of the gate."""
    found = []
    for each in store.steps(session, [firing.id]):
        if each.position < position and not isinstance(each.definition, NotifyStep):
            verdicts = models.verdicts(session, [each.run_id]) if each.run_id is not None else {}
            error = each.error.sentences() if each.error is not None else None
            decision = next((verdict.decision for verdict, _ in verdicts.values()), None)
            if decision is not None or each.state != "succeeded":
                found.append(DoneStep(each.definition.do, each.state, error, decision))
    return found
