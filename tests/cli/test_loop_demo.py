"""The loop closes: rows arrive, forecasts are judged, drift is reported, the champion changes, a webhook is called.

Through kill -9 of children, launcher and platform the ledger, the champion and the calls stay the same.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psutil
import pytest

from azuraforge.cli.language import Language
from azuraforge.cli.loop_demo import run_loop_demo
from azuraforge.cli.terminal import Terminal
from azuraforge.client import ApiError, Client, PlatformUnreachable
from azuraforge.datasets.sources.simulated import START, SimulatedOptions, values
from azuraforge.demo.driving import FIRST, Loop, Plan
from azuraforge.demo.hook import Hook
from azuraforge.demo.table import judged_rows, phases
from tests.platform.test_kill import launcher_of
from tests.process_checks import still_alive

pytestmark = pytest.mark.timeout(900)
#: Five rows at once; the first of them is forecast. The same rows, change and trainings as in the demo itself.
PLAN = Plan(rows_per_arrival=5, arrivals_per_training=8)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


class Patient:
    """A client that asks again while the platform is away."""

    def __init__(self, part: Callable[[], Any]) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part(), name)
        if not callable(found):
            return Patient(lambda: getattr(self._part(), name))

        def call(*arguments: Any, **named: Any) -> Any:
            until = time.monotonic() + 120
            while True:
                try:
                    return getattr(self._part(), name)(*arguments, **named)
                except (PlatformUnreachable, ApiError) as error:
                    if (isinstance(error, ApiError) and not error.may_pass) or time.monotonic() > until:
                        raise
                    time.sleep(0.2)

        return call


class Killer:
    """Kills children, the launcher or the platform with -9, at random moments, until it is told to stop."""

    def __init__(self, platform: Any, seed: int, most: int, pause_seconds: tuple[float, float]) -> None:
        self.platform, self.most, self.kills = platform, most, list[str]()
        self._chance, self._pause = random.Random(seed), pause_seconds
        self._over = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            self._kill()
        except BaseException as error:  # of a thread: pytest shows it where the loop ends
            self._failure = error

    def _kill(self) -> None:
        while not self._over.wait(0.2) and not self._has_begun():
            pass
        while len(self.kills) < self.most and not self._over.wait(self._chance.uniform(*self._pause)):
            what = ("platform", "child", "launcher")[len(self.kills) % 3]
            self.kills.append(what)
            with contextlib.suppress(psutil.NoSuchProcess, StopIteration):
                if what == "platform":
                    assert still_alive(self.platform.kill(), 5) == [], "orphans"
                    self.platform.start()
                elif what == "launcher":
                    launcher_of(self.platform).kill()
                else:
                    for child in launcher_of(self.platform).children():
                        child.kill()

    def _has_begun(self) -> bool:
        """Whether rows arrive: what is made before that is made once."""
        try:
            return int(self.platform.api("/datasets/loop")["version"]) > 2
        except (OSError, ValueError, KeyError):
            return False


def patient(platform: Any, made: dict[str, Client]) -> Any:
    """A client of whatever process the platform is at the moment; ``made`` keeps them for closing."""

    def client() -> Client:
        if platform.url not in made:
            made[platform.url] = Client(home=platform.home)  # which finds the platform again after its restart
        return made[platform.url]

    return Patient(client)


def ledger(client: Any, name: str) -> list[Any]:
    """Every line with its outcome."""
    return [client.predictions.get(each.prediction_id) for each in client.predictions.list(name, limit=None)]


@pytest.fixture
def start(make_platform: Any) -> Iterator[Callable[..., tuple[Any, Any]]]:
    """Start a platform that may send to a hook; returns it and a patient client."""
    made: dict[str, Client] = {}

    def begin(hook: Hook, name: str = "home") -> tuple[Any, Any]:
        platform = make_platform(
            name,
            AZURAFORGE_OUTGOING__ALLOW=hook.address,
            AZURAFORGE_RUNS__LEASE_SECONDS="2",
            AZURAFORGE_RUNS__BEAT_SECONDS="0.5",
        ).start()
        return platform, patient(platform, made)

    yield begin
    for each in made.values():
        each.close()


def test_the_loop_closes_through_kills_and_its_table_is_the_ledger_s(start: Any, hook: Hook, capsys: Any) -> None:
    platform, client = start(hook)
    with Killer(platform, 11, 3, (1.0, 5.0)) as killer:
        code = run_loop_demo(client, Terminal(Language("en")), hook, PLAN, pages=False)
    printed = capsys.readouterr()
    assert code == 0, printed.err
    assert killer.kills == ["platform", "child", "launcher"]
    assert client.models.get("loop").champion != FIRST
    assert len(hook.received) == client.automations.get("loop: drift").fires >= 1
    assert "drift" in printed.out
    assert "PROMOTED" in printed.out
    truth = values(SimulatedOptions.model_validate(PLAN.options))
    known = {START + timedelta(hours=row): value for row, value in enumerate(truth)}
    lines = ledger(client, "loop")
    judged = [line for line in lines if line.outcomes]
    assert len({line.origin for line in judged}) == PLAN.arrivals(PLAN.rows)
    assert len({(line.origin, line.version) for line in lines}) == len(lines), "a forecast was entered twice"
    for line in judged:  # recomputed from the series itself, without the platform
        (outcome,), (point,) = line.outcomes, line.predictions
        assert outcome.actual == known[point.at]
        assert outcome.loss == pytest.approx(abs(point.value - known[point.at]))
        assert line.created_at < point.at
    change_at = START + timedelta(hours=PLAN.changes_after)
    found = {each.name: each for each in phases(judged_rows(lines, FIRST), change_at, FIRST)}
    assert found["after"].error < found["after"].unchanged_error / 2
    assert found["until"].error > 2 * found["before"].error


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_twenty_kills_change_nothing(start: Any) -> None:
    found = []
    for most in (0, 20):
        hook = Hook()
        platform, client = start(hook, f"home{most}")
        loop = Loop(client, "loop", hook)
        loop.begin()
        loop.connect()
        with Killer(platform, 7, most, (1.0, 6.0)) as killer:
            champions = [seen.champion for seen in loop.rows()]
        assert len(killer.kills) == most
        hook.wait_for(1, 60)
        lines = sorted(
            (line.origin, line.version, line.predictions[0].value, *(each.actual for each in line.outcomes))
            for line in ledger(client, "loop")
        )
        found.append((lines, champions, len(hook.received), hook.refused))
        hook.close()
        platform.stop()
    assert found[0] == found[1]
