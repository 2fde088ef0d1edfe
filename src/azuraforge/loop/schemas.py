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
MissingKind = Literal["refresh", "append", "forecast", "train", "promotion", "champion", "version"]
GateDecision = Literal["promoted", "approved", "baseline", "refused", "not_comparable"]
#: The deciding reason of a verdict; ``other`` if only the verdict's text states it.
GateWhy = Literal["within_noise", "worse", "too_few", "slice_worse", "limits", "withheld", "other"]


class LoopTrigger(BaseModel):
    """Something that starts a step: an automation, a schedule, regular rows or requests, or the previous step."""

    kind: TriggerKind = Field(
        description="arrivals: rows are sent regularly; requests: forecasts are asked for regularly; platform: it"
        " follows from the step before"
    )
    name: str | None = Field(default=None, description="of the automation or schedule")
    id: str | None = None


class MissingAutomation(BaseModel):
    """The automation that would start an open step, and the command that creates it."""

    what: MissingKind = Field(
        description="champion: no version serves, which comes before any automation; a person promotes one. version:"
        " there is none yet"
    )
    command: str


class GateSummary(BaseModel):
    """Summary of the newest verdict; the run has the full verdict."""

    decision: GateDecision
    why: GateWhy | None = Field(description="null: promoted, or approved")
    text: Sentences | None = Field(description="the deciding reason")


class LoopStep(BaseModel):
    """One step of the loop: its last time, its result and its triggers."""

    name: StepName
    state: StepState
    at: datetime | None = Field(
        default=None, description="when it was last taken; of a champion: since when; of one that failed: when"
    )
    count: int | None = Field(
        default=None,
        description="observed: rows that the newest version added; predicted: forecasts in the ledger; judged: points;"
        " learned: versions",
    )
    counted_all: bool = Field(default=True, description="false: there are more than `count`, which is not counted")
    open: bool = Field(description="nothing takes this step without a person")
    triggers: list[LoopTrigger]
    missing: MissingAutomation | None = Field(default=None, description="of an open step, or of a missing champion")
    run_id: str | None = None
    version: int | None = Field(default=None, description="of the model; of the dataset where it is `observed`")
    dataset: str | None = None
    prediction_id: str | None = None
    error: str | None = Field(default=None, description="why it failed")
    gate: GateSummary | None = None


class LoopOut(BaseModel):
    """The loop of one model, with its steps in order."""

    model: str
    at: datetime = Field(description="the moment of this state, by the database's clock")
    closed: bool = Field(description="no step is open")
    steps: list[LoopStep]


class LoopPage(Page[LoopOut]):
    """A page of loops, sorted by model name."""
