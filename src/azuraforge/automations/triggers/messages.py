"""The step *notify*: one message in the outbox of each target."""

from __future__ import annotations

from pydantic import JsonValue

from azuraforge.automations.notifications import outbox
from azuraforge.automations.notifications.wording import of_firing
from azuraforge.automations.triggers import store
from azuraforge.automations.triggers.schemas import NotifyStep
from azuraforge.automations.triggers.tables import AutomationFiring
from azuraforge.database import Session


def notify(session: Session, step: NotifyStep, firing: AutomationFiring, position: int) -> None:
    """Put the message into the outbox, in the transaction of the step. Raises NotFound for a target that is gone."""
    owner = store.find(session, firing.automation_id)
    name = owner.name if owner is not None else ""
    wording = of_firing(name, firing.data, step.text, firing.causes)
    data: dict[str, JsonValue] = {"automation": name, "firing": firing.id, "cause": dict(firing.data)}
    for target in step.to:
        outbox.put(session, target, firing.automation_id, f"{firing.id}:{position}:{target}"[:120], wording, data)
