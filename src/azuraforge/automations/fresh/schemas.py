"""API shapes for keeping a model fresh."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from azuraforge.automations.triggers.definition import Name, Strict
from azuraforge.automations.triggers.tables import FiringState
from azuraforge.models.predictions.schemas import Standing

#: Interval as a word, or as a number with s, m, h or d.
Cadence = Annotated[str, Field(max_length=10, pattern=r"^(hourly|daily|weekly|monthly|never|[1-9][0-9]{0,3}[smhd])$")]
#: Role of one automation in keeping a model fresh.
Role = Literal["refresh", "forecast", "retrain_regularly", "retrain_on_drift", "retrain_when_worse", "report"]


class KeepFreshRequest(Strict):
    """Settings for keeping a model fresh. A repeated request changes only the automations that differ."""

    refresh: Cadence = Field(
        default="daily",
        description="interval between refreshes of the dataset from its source: hourly, daily, weekly, monthly,"
        " never, or a duration such as 6h",
    )
    retrain: Cadence = Field(
        default="weekly",
        description="interval between regular retraining runs, as for refresh; the model is also retrained on drift"
        " and when it is worse than a baseline",
    )
    notify: list[Name] = Field(default_factory=list, max_length=10, description="names of notification targets")
    promote: bool | None = Field(
        default=None,
        description="true: the gate promotes a version that passes it; false: a person promotes it; null: the"
        " model's policy is not changed",
    )


class KeptAutomation(BaseModel):
    """One of the automations that keep a model fresh."""

    role: Role
    id: str
    name: str
    paused: bool
    fires: int = Field(description="number of firings")
    last_fired_at: datetime | None
    last_state: FiringState | None = Field(description="state of the newest firing; null if there is none")
    next_at: datetime | None
    problem: str | None = Field(description="reason why the automation cannot fire; null if there is none")


class KeepFreshOut(BaseModel):
    """The automations that keep a model fresh, and the model's current state."""

    model: str
    kept: bool = Field(
        description="whether automations keep the model fresh; if false, the other fields describe the automations"
        " that would be created"
    )
    dataset: str | None = Field(
        description="name of the champion's training dataset; null if it was deleted or never stored"
    )
    arrives: Literal["by_refresh", "by_append"] = Field(
        description="by_refresh: rows are read from the dataset's source; by_append: the dataset has no source, so"
        " a client must append rows"
    )
    forecasts: bool = Field(description="whether forecasts can be made and judged; false if the rows have no times")
    plugin: str = Field(description="name of the pipeline that is retrained")
    refresh: str = Field(description="interval between refreshes")
    retrain: str = Field(description="interval between regular retraining runs")
    notify: list[str] = Field(description="names of notification targets")
    promotes: bool = Field(description="true: the gate promotes a version that passes it; false: a person promotes it")
    approvals: int = Field(description="number of other members who must approve each promotion before it takes effect")
    outdated: bool = Field(
        description="whether the automations retrain a pipeline or config that differs from the champion's"
    )
    automations: list[KeptAutomation]
    standing: Standing | None = Field(
        description="comparison of the champion with baselines; null if no prediction has been judged"
    )
