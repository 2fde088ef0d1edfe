"""Driver of the demo: rows arrive one by one, and automations do the rest.

The source ``simulated`` provides the dataset, whose season changes midway. Three automations close the loop:

    arrival   on each new row: forecast with the champion, and with the first version for comparison
    drift     when drift is reported: train, and notify
    daily     on each 40th row: train

After each row, the driver waits until all work that the row caused has ended, so that the same rows give the same
forecasts on every machine.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from azuraforge.demo.waiting import cause_of_halt, own_work

if TYPE_CHECKING:
    from azuraforge.client import Automation, Client, Run

PLUGIN = "forecasting.ridge"
SEED = 7
#: A small validation set: the gate needs a long test set, and training needs enough rows of the new season.
CONFIG = {"horizon": 1, "validation_share": 0.06, "test_share": 0.2}
FIRST = 1
#: Maximum time without any run of the demo queued or running.
_PATIENCE_SECONDS = 120.0
#: Intervals at which the demo checks its runs while nothing changes, and reports that they wait behind others.
_WORK_SECONDS = 5.0
_REPORT_SECONDS = 120.0
_POLL_SECONDS = 0.05
#: The demo requests a drift check after this time: a platform killed after judging a row would only check at the
#: next row.
_LOOK_AFTER_SECONDS = 5.0


class DemoError(Exception):
    """Error that ends the demo, with a one-sentence message, the place and the next step."""

    def __init__(self, message: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.next_step = next_step


class DemoCancelled(Exception):
    """Raised when the demo is cancelled."""


@dataclass(frozen=True)
class Plan:
    """Number of rows of the demo's series, the row of its change, and the retraining interval."""

    rows_at_first: int = 200
    changes_after: int = 212
    rows: int = 350
    rows_per_arrival: int = 1
    arrivals_per_training: int = 40

    @property
    def options(self) -> dict[str, object]:
        """Options of the source ``simulated``."""
        return {
            "rows_at_first": self.rows_at_first,
            "changes_after": self.changes_after,
            "rows": self.rows,
            "rows_per_refresh": self.rows_per_arrival,
            "later_season": 7,
        }

    def arrivals(self, row: int) -> int:
        """Return the number of arrivals after the first rows, up to row number ``row``."""
        return (row - self.rows_at_first) // self.rows_per_arrival


@dataclass(frozen=True)
class Seen:
    """State of the loop after rows have arrived."""

    row: int
    champion: int
    alarm: bool
    trained: tuple[Run, ...] = ()


class Receiver(Protocol):
    """Protocol of the webhook that receives the drift notification."""

    @property
    def url(self) -> str: ...
    @property
    def secret(self) -> str: ...


class Loop:
    """Driver of the demo on a running platform.

    Args:
        name: name for the dataset and the model; neither may exist yet.
        hook: webhook that receives the drift notification; if None, no notification is sent.
        stop: event that ends the demo with DemoCancelled between two steps.
        on_waiting: called with the number of other runs ahead of the demo's queued ones.
    """

    def __init__(
        self,
        client: Client,
        name: str,
        hook: Receiver | None,
        plan: Plan | None = None,
        stop: threading.Event | None = None,
        on_waiting: Callable[[int], None] | None = None,
    ) -> None:
        self._client = client
        self.plan = plan or Plan()
        self.name = name
        self._hook = hook
        self._stop = stop or threading.Event()
        self.on_waiting = on_waiting or (lambda _: None)
        self._reported_at: float | None = None
        self._made: list[str] = []
        self._alarms: set[int] = set()
        self._reported: set[str] = set()

    def automation(self, what: str) -> str:
        """Return the full name of the demo's automation ``what``, such as "drift"."""
        return f"{self.name}: {what}"

    def begin(self) -> Run:
        """Add the series and train the first version. Raises DemoError if the gate does not promote it."""
        self._client.datasets.add_from_source("simulated", self.plan.options, name=self.name)
        run = self._client.runs.start(
            PLUGIN,
            dataset=self.name,
            config=CONFIG,
            kind="train",
            seed=SEED,
            idempotency_key=f"{self.name} first",
        )
        run = self._end_of(run.id)
        if run.state != "succeeded" or self._client.models.get(self.name).champion != FIRST:
            raise DemoError(f"the first version of {self.name} did not become champion")
        self._reported.add(run.id)
        return run

    def connect(self) -> None:
        """Create the automations and the notification target, and forecast the first row.

        Raises DemoError if the forecast does not end.
        """
        client, name = self._client, self.name
        of_dataset = {"field": "dataset", "equals": name}
        forecast: dict[str, object] = {"do": "forecast", "run": {"model": name}}
        unchanged: dict[str, object] = {"do": "forecast", "run": {"model": name, "config": {"version": FIRST}}}
        train: dict[str, object] = {
            "do": "train",
            "run": {"plugin": PLUGIN, "dataset": name, "model": name, "config": CONFIG, "seed": SEED},
        }
        notify: list[dict[str, object]] = []
        if self._hook is not None:
            options = {"url": self._hook.url, "secret": self._hook.secret}
            client.notifications.create_target(name, "webhook", options, group_seconds=0)
            notify = [{"do": "notify", "to": [name]}]
        added = {"on": "event", "type": "dataset.version_added"}
        # Versions are numbered from 1, and each arrival adds one.
        every = self.plan.arrivals_per_training
        daily = [1 + arrival for arrival in range(every, self.plan.arrivals(self.plan.rows) + 1, every)]
        made: list[tuple[str, dict[str, object], list[dict[str, object]]]] = [
            ("arrival", {**added, "where": [of_dataset]}, [forecast, unchanged]),
            (
                "drift",
                {"on": "event", "type": "model.drift", "where": [{"field": "model", "equals": name}]},
                [train, *notify],
            ),
            ("daily", {**added, "where": [of_dataset, {"field": "version", "one_of": daily}]}, [train]),
        ]
        for what, when, steps in made:
            client.automations.create(self.automation(what), when, steps, cool_down_seconds=0, most_per_day=10_000)
            self._made.append(what)
        client.automations.fire(self.automation("arrival"))
        self._settle(self.plan.rows_at_first)

    def rows(self) -> Iterator[Seen]:
        """Refresh the dataset until all rows have arrived; yield the state after each arrival.

        Raises DemoError if a row does not arrive or the work that it causes does not end.
        """
        row = self.plan.rows_at_first
        while row < self.plan.rows:
            asked = self._client.datasets.refresh(self.name, idempotency_key=f"{self.name} after row {row}")
            run = self._end_of(asked.id)
            if run.state != "succeeded":
                why = run.error.message if run.error is not None else run.state
                raise DemoError(f"row {row + 1} did not arrive: {why}", where=f"run {run.id}")
            row = self._client.datasets.get(self.name).rows
            yield self._settle(row)

    def end(self) -> None:
        """Pause the automations at the end of the demo."""
        for what in self._made:
            self._client.automations.pause(self.automation(what))

    def _end_of(self, run_id: str) -> Run:
        """Wait until a run has ended in any state, however long it is queued; return it."""
        worked = time.monotonic()
        while not (run := self._client.runs.get(run_id)).has_ended:
            if time.monotonic() - worked > _WORK_SECONDS:
                worked = time.monotonic()
                self._has_work()
            self._pause()
        return run

    def _settle(self, row: int) -> Seen:
        """Wait until all work that a row causes has ended, and return the resulting state.

        Raises DemoError if the work stays incomplete although no run is queued or running.
        """
        idle_since = looked = worked = time.monotonic()
        while True:
            champion = self._client.models.get(self.name).champion or 0
            drift = self._client.predictions.drift(self.name)
            if drift.alarm:
                self._alarms.add(drift.version)
            judged = self._judged(champion)
            errors = drift.report.errors if drift.report is not None else None
            followed = drift.version == champion and judged == (errors.forecasts if errors is not None else 0)
            known = len(self._client.predictions.list(self.name, version=champion, judged=False, limit=3)) <= 1
            if known and followed and self._are_quiet(row):
                return Seen(row, champion, drift.alarm, tuple(self._newly_trained()))
            now = time.monotonic()
            if known and not followed and now - looked > _LOOK_AFTER_SECONDS:
                looked = now
                self._client.predictions.drift(self.name, look=True)
            if now - worked > _WORK_SECONDS:
                worked = now
                if self._has_work():
                    idle_since = now
            if now - idle_since > _PATIENCE_SECONDS:
                raise self._halted(row)
            self._pause()

    def _has_work(self) -> bool:
        """Return whether a run or a firing of the demo is unfinished; report if its runs wait behind others."""
        work = own_work(self._client, self.name)
        now = time.monotonic()
        if work.behind and (self._reported_at is None or now - self._reported_at > _REPORT_SECONDS):
            self._reported_at = now
            self.on_waiting(work.behind)
        return work.active or any(_is_firing(self._client.automations.get(name)) for name in self._automations())

    def _halted(self, row: int) -> DemoError:
        cause = cause_of_halt(self._client, self.name, self._automations())
        return DemoError(
            f"nothing more happens after row {row}" + (f": {cause}" if cause is not None else ""),
            next_step=f"azuraforge automations show '{self.automation('arrival')}'",
        )

    def _automations(self) -> list[str]:
        return [self.automation(what) for what in self._made]

    def _pause(self) -> None:
        if self._stop.wait(_POLL_SECONDS):
            raise DemoCancelled

    def _judged(self, version: int) -> int:
        scores = self._client.predictions.scores(self.name).total
        return sum(each.count for each in scores if each.version == version and not each.late)

    def _are_quiet(self, row: int) -> bool:
        arrived = self.plan.arrivals(row)
        wanted: dict[str, Callable[[Automation], bool]] = {
            "arrival": lambda each: each.fires + each.grouped >= arrived + 1,
            "drift": lambda each: each.fires >= len(self._alarms),
            "daily": lambda each: each.fires >= arrived // self.plan.arrivals_per_training,
        }
        for what, has_fired in wanted.items():
            found = self._client.automations.get(self.automation(what))
            if not has_fired(found) or found.pending or _is_firing(found):
                return False
        return True

    def _newly_trained(self) -> Iterator[Run]:
        for run in reversed(self._client.runs.list(kind="train", limit=10)):
            if run.id not in self._reported and run.model == self.name:
                self._reported.add(run.id)
                yield run


def _is_firing(automation: Automation) -> bool:
    return bool(automation.newest_firings) and automation.newest_firings[0].state == "running"
