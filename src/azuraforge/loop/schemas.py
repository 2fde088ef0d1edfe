"""API schemas of the loop."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from azuraforge.models.gate.record import Sentences
from azuraforge.paging import Page

StepName = Literal["observed", "predicted", "judged", "learned", "gate", "champion"]
#: The result of a step's latest execution; ``none`` if it was never executed.
StepState = Literal["none", "running", "done", "failed"]
TriggerKind = Literal["automation", "schedule", "arrivals", "requests", "platform"]
MissingKind = Literal["refresh", "append", "forecast", "train", "promotion", "approval", "champion", "version"]
GateDecision = Literal["promoted", "approved", "baseline", "refused", "not_comparable"]
#: The deciding reason of a verdict; ``other`` if only the verdict's text states it; ``not_approved`` if the promotion
#: that passed the gate was declined or replaced by a newer one.
GateWhy = Literal[
    "within_noise",
    "worse",
    "too_few",
    "slice_worse",
    "limits",
    "withheld",
    "awaits_approval",
    "not_approved",
    "other",
]


class LoopTrigger(BaseModel):
    """Trigger of a step: an automation, a schedule, regular rows or requests, or the previous step."""

    kind: TriggerKind = Field(
        description="automation or schedule: the one in `name`; arrivals: rows are sent regularly; requests:"
        " forecasts are requested regularly; platform: the platform starts the step after the previous one"
    )
    name: str | None = Field(default=None, description="name of the automation or schedule; null for other kinds")
    id: str | None = Field(default=None, description="id of the automation or schedule; null for other kinds")


class MissingAutomation(BaseModel):
    """The automation that would start an open step, and the command that creates it."""

    what: MissingKind = Field(
        description="kind of automation that is missing; or approval: the policy requires that another"
        " member approves each promotion; or champion: automations require a champion, so a person"
        " must promote a version first; or version: the model has no trained version yet"
    )
    command: str = Field(description="command that creates the automation, or promotes, approves or trains the version")


class GateSummary(BaseModel):
    """Summary of the newest verdict and, if it required approval, of the decision; the run has the full verdict."""

    decision: GateDecision
    why: GateWhy | None = Field(
        description="deciding reason of the verdict; null if the candidate was promoted, or approved without a reason"
    )
    text: Sentences | None = Field(
        description="deciding reason as a sentence; null if the candidate was promoted or no reason is stored"
    )


class LoopStep(BaseModel):
    """One step of the loop, with the time and the result of its latest execution, and its triggers."""

    name: StepName
    state: StepState
    at: datetime | None = Field(
        default=None,
        description="time of the latest execution; for the champion, the start of its service; for a failed step,"
        " the time of the failure; null if the step was never executed",
    )
    count: int | None = Field(
        default=None,
        description="observed: rows that the newest version added; predicted: forecasts in the ledger; judged:"
        " judged points; learned: number of the newest trained version",
    )
    counted_all: bool = Field(
        default=True, description="false: `count` is a lower bound, because counting stopped there"
    )
    open: bool = Field(description="whether the step needs a person, because no trigger starts it")
    triggers: list[LoopTrigger]
    missing: MissingAutomation | None = Field(
        default=None,
        description="missing automation of an open step, or the missing champion; null if nothing is missing",
    )
    run_id: str | None = None
    version: int | None = Field(
        default=None, description="version of the model; for the step `observed`, version of the dataset"
    )
    dataset: str | None = None
    prediction_id: str | None = None
    error: str | None = Field(default=None, description="error of a failed step; null if it did not fail")
    gate: GateSummary | None = None


class LoopOut(BaseModel):
    """The loop of one model, with its steps in order."""

    model: str
    at: datetime = Field(description="time of this state, from the database's clock")
    closed: bool = Field(description="whether no step is open")
    steps: list[LoopStep]


class LoopPage(Page[LoopOut]):
    """A page of loops, sorted by model name."""
