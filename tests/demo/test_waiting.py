"""The demo waits while its own work is queued or running, and gives up only when nothing more can happen."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from azuraforge.client.automations import Automation, Firing
from azuraforge.client.run import Run, RunError
from azuraforge.demo import driving
from azuraforge.demo.driving import DemoCancelled, DemoError, Loop

OTHERS = [Run(id=f"other{number}", kind="train", name="", state="running", model="sales") for number in range(4)]


class Platform:
    """A client whose clock passes only in the pauses of the demo; ``then`` changes it at times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.all_runs: list[Run] = []
        self.arrival = Automation(id="a", name="loop: arrival", fires=1)
        self.then: dict[float, Any] = {}
        self.stop = threading.Event()
        monkeypatch.setattr(driving, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(self.stop, "wait", self._pass)
        self.models = SimpleNamespace(get=lambda _: SimpleNamespace(champion=1))
        drift = SimpleNamespace(alarm=False, version=1, report=None)
        self.predictions = SimpleNamespace(
            drift=lambda _, look=False: drift,
            scores=lambda _: SimpleNamespace(total=[]),
            list=lambda *_, **__: [None] * 2 if self.all_runs and self.all_runs[0].state == "queued" else [],
        )
        self.automations = SimpleNamespace(get=self._automation)
        self.runs = SimpleNamespace(
            list=self._list, get=lambda id_: next(run for run in self.all_runs if run.id == id_)
        )

    def _automation(self, name: str) -> Automation:
        return self.arrival if name == self.arrival.name else Automation(id="b", name=name)

    def _list(self, state: str | None = None, kind: str | None = None, limit: int | None = None) -> list[Run]:
        return [run for run in self.all_runs if state in (None, run.state) and kind in (None, run.kind)]

    def _pass(self, _: float) -> bool:
        self.now += 1.0
        for at in [at for at in self.then if at <= self.now]:
            self.then.pop(at)()
        return self.now > 5_000


def own(state: str, **more: Any) -> Run:
    return Run(id="mine", kind="forecast", name="", state=state, model="loop", **more)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    return Platform(monkeypatch)


def loop_on(platform: Platform, waited: list[int] | None = None) -> Loop:
    on_waiting = waited.append if waited is not None else None
    found = Loop(platform, "loop", None, stop=platform.stop, on_waiting=on_waiting)  # type: ignore[arg-type]
    found._made = ["arrival", "drift", "daily"]
    return found


def test_it_waits_while_its_run_is_queued_behind_others_and_says_so(platform: Platform) -> None:
    platform.all_runs = [own("queued"), *OTHERS]
    platform.then[1_000.0] = lambda: platform.all_runs.__setitem__(0, own("succeeded"))
    waited: list[int] = []
    assert loop_on(platform, waited)._settle(200).row == 200
    assert platform.now >= 1_000
    assert set(waited) == {4}
    assert len(waited) <= 1_000 / 120 + 1


def test_it_waits_while_a_firing_is_running(platform: Platform) -> None:
    platform.arrival = Automation(
        id="a", name="loop: arrival", fires=1, newest_firings=[Firing(id="f", cause="c", state="running")]
    )

    def end() -> None:
        platform.arrival = Automation(id="a", name="loop: arrival", fires=1)

    platform.then[500.0] = end
    assert loop_on(platform)._settle(200).row == 200
    assert platform.now >= 500


def test_it_gives_up_once_its_work_has_ended_and_names_the_cause(platform: Platform) -> None:
    platform.arrival = Automation(id="a", name="loop: arrival", fires=0)
    platform.all_runs = [own("running"), *OTHERS]
    failed = own("failed", error=RunError(code="x", message="the disk is full"))
    platform.then[300.0] = lambda: platform.all_runs.__setitem__(0, failed)
    with pytest.raises(DemoError) as refused:
        loop_on(platform)._settle(200)
    assert refused.value.message == "nothing more happens after row 200: its run mine ended as failed: the disk is full"
    assert 300 + 100 < platform.now < 300 + 140


def test_runs_of_others_do_not_keep_it_waiting(platform: Platform) -> None:
    platform.arrival = Automation(id="a", name="loop: arrival", fires=0, paused=True)
    of_its_dataset = Run(id="x", kind="train", name="", state="running", model="another", dataset_name="loop")
    platform.all_runs = [*OTHERS, of_its_dataset]
    with pytest.raises(DemoError, match="after row 200: the automation 'loop: arrival' is paused"):
        loop_on(platform)._settle(200)
    assert platform.now < 140


def test_a_queued_refresh_is_waited_for_and_can_be_left(platform: Platform) -> None:
    platform.all_runs = [own("queued"), *OTHERS]
    waited: list[int] = []
    with pytest.raises(DemoCancelled):
        loop_on(platform, waited)._end_of("mine")
    assert waited
    assert platform.now > 5_000
