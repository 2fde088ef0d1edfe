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

    refresh: Cadence = Field(default="daily", description="how often the dataset's source is asked for new rows")
    retrain: Cadence = Field(
        default="weekly",
        description="how often the model is retrained, besides on drift and when it is worse than a baseline",
    )
    notify: list[Name] = Field(default_factory=list, max_length=10, description="names of notification targets")
    promote: bool | None = Field(
        default=None,
        description="whether the gate promotes a version that passes it; false: a person does; null: as the model's"
        " policy says",
    )


class KeptAutomation(BaseModel):
    """One of the automations that keep a model fresh."""

    role: Role
    id: str
    name: str
    paused: bool
    fires: int
    last_fired_at: datetime | None
    last_state: FiringState | None = Field(description="of its newest firing")
    next_at: datetime | None
    problem: str | None


class KeepFreshOut(BaseModel):
    """The automations that keep a model fresh, and the model's current state."""

    model: str
    kept: bool = Field(description="false: no automation keeps it fresh; the other fields say what would be set up")
    dataset: str | None = Field(description="that the champion learned from; null: it is gone or was never stored")
    arrives: Literal["by_refresh", "by_append"] = Field(
        description="by_refresh: the dataset's source is asked; by_append: it has none, and somebody has to add rows"
    )
    forecasts: bool = Field(description="false: the rows have no times, so nothing can be forecast and judged")
    plugin: str = Field(description="the pipeline that is retrained")
    refresh: str
    retrain: str
    notify: list[str]
    promotes: bool = Field(description="whether the gate promotes a version that passes it; false: a person does")
    outdated: bool = Field(description="the automations retrain another pipeline or config than the champion's")
    automations: list[KeptAutomation]
    standing: Standing | None = Field(description="the champion compared with baselines; null: nothing is judged yet")
