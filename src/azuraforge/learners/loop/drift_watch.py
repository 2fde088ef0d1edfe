"""Both drift tests over the losses of one learner, of outcomes that share no rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from azuraforge.learners.loop.drift import Adwin, PageHinkley, Scale
from azuraforge.learners.loop.plan import DriftPlan


@dataclass(frozen=True)
class Alarm:
    """An alarm of a drift test: its name, and the mean loss in its window after the change, if it has one."""

    test: str
    mean: float | None


@dataclass
class DriftWatch:
    """ADWIN and Page–Hinkley on the same losses.

    Attributes:
        unit: whether losses are between 0 and 1; others are divided by twice their running mean.
    """

    plan: DriftPlan
    unit: bool
    adwin: Adwin = field(init=False)
    page_hinkley: PageHinkley = field(init=False)
    scale: Scale = field(default_factory=Scale)

    def __post_init__(self) -> None:
        self.adwin = Adwin(self.plan.adwin_delta)
        self.page_hinkley = PageHinkley(self.plan.page_hinkley_threshold, self.plan.page_hinkley_delta)

    def update(self, loss: float) -> tuple[Alarm, ...]:
        """Add a loss and return the alarms that it raises. A fall of the loss is a change, but no alarm."""
        value = loss if self.unit else self.scale.scaled(loss)
        changed = self.adwin.update(value) and self.adwin.rose
        risen = self.page_hinkley.update(value)
        if not changed and not risen:
            return ()
        alarms = [Alarm("adwin", self.adwin.mean)] if changed else []
        return (*alarms, Alarm("page_hinkley", None)) if risen else tuple(alarms)

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {
            "adwin": self.adwin.to_json(),
            "page_hinkley": self.page_hinkley.to_json(),
            "scale": asdict(self.scale),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore what ``to_json`` described."""
        self.adwin.restore(state["adwin"])
        self.page_hinkley.restore(state["page_hinkley"])
        self.scale = Scale(**state["scale"])
