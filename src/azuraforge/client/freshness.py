"""Shapes of the automations that keep a model fresh: refresh, forecast, judge and retrain."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class BaselineStanding(Shape):
    """Live comparison of a champion with one baseline; ``evidence`` ≥ 1 shows that the champion is worse."""

    baseline: str
    forecasts: int = 0
    loss: float = 0.0
    baseline_loss: float = 0.0
    evidence: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Standing(Shape):
    """Live comparison of a champion with baselines, by its judged predictions.

    ``worse_than`` names a baseline that is better beyond noise; None if there is none.
    """

    version: int
    worse_than: str | None = None
    baselines: list[BaselineStanding] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class KeptAutomation(Shape):
    """One of the automations that keep a model fresh; ``role`` is its task, such as ``refresh``."""

    role: str
    id: str
    name: str
    paused: bool = False
    fires: int = 0
    last_fired_at: datetime | None = None
    last_state: str | None = None
    next_at: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Freshness(Shape):
    """The automations that keep a model fresh, or the settings they would have if ``kept`` is false."""

    model: str
    kept: bool
    dataset: str | None = None
    arrives: str = "by_refresh"
    forecasts: bool = True
    plugin: str = ""
    refresh: str = "daily"
    retrain: str = "weekly"
    notify: list[str] = field(default_factory=list)
    promotes: bool = True
    approvals: int = 0
    outdated: bool = False
    automations: list[KeptAutomation] = field(default_factory=list)
    standing: Standing | None = None
