"""Sign-in under attack: reads, memory and known browsers during 50 wrong passwords a second.

The attempts come from unknown browsers on 200 loopback addresses, each over a connection of its own. Two in ten name
the account that signs in meanwhile; the others name accounts that do not exist, each only a few times, so that the
counters stop few of them and the queue for hashing is always full. Reads are measured in turns without and with the
attempts.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import multiprocessing
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event

import numpy as np
import psutil

from benchmarks.load import Load, Request, generate
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, pss_megabytes, stage

WRONG_PER_SECOND, READS_PER_SECOND = 50.0, 200.0
_PASSWORD = "three purple anchors"
_ADDRESSES = [f"127.0.{1 + number // 100}.{1 + number % 100}" for number in range(200)]
#: Reads of pages and clients that need no data; the storm's cost does not depend on what is read.
_READS = [
    Request("read", 4, "GET", "/runs?limit=20"),
    Request("read", 2, "GET", "/models"),
    Request("read", 2, "GET", "/datasets"),
    Request("read", 2, "GET", "/sessions/current"),
]


async def _attempt(port: int, address: str, name: str, statuses: Counter[str]) -> None:
    """Send one wrong password over a new connection and count the status of the answer."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        body = json.dumps({"name": name, "password": "three purple ankles"}).encode()
        head = "POST /api/v1/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        line = await asyncio.wait_for(reader.readline(), 30)
        statuses[line[9:12].decode() or "lost"] += 1
        writer.close()
    except (OSError, TimeoutError):
        statuses["lost"] += 1


async def _attack(port: int, name: str, rate: float, seed: int, end: Event) -> Counter[str]:
    chance, statuses, pending = random.Random(seed), Counter[str](), set[asyncio.Task[None]]()
    due = time.perf_counter()
    while not end.is_set():
        due += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        named = name if chance.random() < 0.2 else f"person {chance.randrange(10_000)}"
        task = asyncio.create_task(_attempt(port, chance.choice(_ADDRESSES), named, statuses))
        pending.add(task)
        task.add_done_callback(pending.discard)
    await asyncio.gather(*pending)
    return statuses


def _attack_process(port: int, name: str, rate: float, seed: int, end: Event, told: multiprocessing.Queue) -> None:
    told.put(asyncio.run(_attack(port, name, rate, seed, end)))


class Storm:
    """Wrong passwords from a process of its own, from entering to leaving the block."""

    def __init__(self, port: int, name: str, rate: float, seed: int) -> None:
        processes = multiprocessing.get_context("spawn")
        self._end, self._told = processes.Event(), processes.Queue()
        arguments = (port, name, rate, seed, self._end, self._told)
        self._process = processes.Process(target=_attack_process, args=arguments, daemon=True)
        self.statuses = Counter[str]()
        self.seconds = 0.0

    def __enter__(self) -> Storm:
        self._process.start()
        time.sleep(2.0)  # the process has started, and the queue is full
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.seconds = time.monotonic() - self._began
        self.statuses = self._told.get(timeout=60)
        self._process.join()


class Browser:
    """A browser that keeps the cookies of its sign-ins."""

    def __init__(self, port: int, name: str) -> None:
        self._port, self._name = port, name
        self._cookie = ""

    def sign_in(self) -> tuple[int, float]:
        """Return the status and the seconds of a sign-in with the right password."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Content-Type": "application/json", **({"Cookie": self._cookie} if self._cookie else {})}
        connection.request("POST", "/api/v1/sessions", json.dumps({"name": self._name, "password": _PASSWORD}), headers)
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - began
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("azuraforge_browser="):
                self._cookie = value.partition(";")[0]
        connection.close()
        return answer.status, took


@dataclass
class Meanwhile:
    """What a thread does during a turn: samples of memory and, if a browser is given, its sign-ins."""

    on: Stage
    seconds: float
    browser: Browser | None = None
    sign_ins: int = 0
    megabytes: list[float] = field(default_factory=list)
    answers: list[tuple[int, float]] = field(default_factory=list)

    def __enter__(self) -> Meanwhile:
        self._threads = [threading.Thread(target=self._sample), threading.Thread(target=self._sign_in)]
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._threads:
            each.join()

    def _sample(self) -> None:
        until, process = time.monotonic() + self.seconds, psutil.Process(self.on.pid)
        while time.monotonic() < until:
            self.megabytes.append(pss_megabytes([process]))
            time.sleep(0.25)

    def _sign_in(self) -> None:
        for _ in range(self.sign_ins if self.browser else 0):
            assert self.browser is not None
            self.answers.append(self.browser.sign_in())
            time.sleep(self.seconds / self.sign_ins * 0.8)


def measure(on: Stage, turns: int, seconds: float, sign_ins: int, report: Report) -> None:
    """Alternate between turns without and with the storm, and report."""
    name = on.call("GET", "/people/me")["name"]
    generate(on.port, on.token, _READS, READS_PER_SECOND, 5.0)  # caches fill
    before = pss_megabytes([psutil.Process(on.pid)])
    on.call("PUT", "/people/me/password", {"password": _PASSWORD})
    browser = Browser(on.port, name)
    if browser.sign_in()[0] != 201:
        raise SystemExit("the browser could not sign in before the storm")
    loads: dict[bool, list[Load]] = {False: [], True: []}
    answers, megabytes, statuses, stormy = list[tuple[int, float]](), list[float](), Counter[str](), 0.0
    for turn in range(turns):
        for storm in (False, True) if turn % 2 else (True, False):
            if not storm:
                with Meanwhile(on, seconds) as meanwhile:
                    loads[storm].append(generate(on.port, on.token, _READS, READS_PER_SECOND, seconds, 10 + turn))
            else:
                with (
                    Storm(on.port, name, WRONG_PER_SECOND, 100 + turn) as attack,
                    Meanwhile(on, seconds, browser, sign_ins // turns) as meanwhile,
                ):
                    loads[storm].append(generate(on.port, on.token, _READS, READS_PER_SECOND, seconds, 10 + turn))
                statuses += attack.statuses
                stormy += attack.seconds
                answers += meanwhile.answers
            megabytes += meanwhile.megabytes
            time.sleep(1.0)
    _report(report, loads, answers, before, megabytes, statuses)
    report.notes.append(f"{sum(statuses.values())} wrong sign-ins in {stormy:.0f} s of storm, by status: {statuses}")


def _report(
    report: Report,
    loads: dict[bool, list[Load]],
    answers: list[tuple[int, float]],
    before: float,
    megabytes: list[float],
    statuses: Counter[str],
) -> None:
    pooled = {storm: [each for load in some for each in load.all] for storm, some in loads.items()}
    for share in (0.5, 0.99):
        calm, stormy = (percentile(pooled[storm], share) * 1e3 for storm in (False, True))
        goal = {"goal": "≤ 2", "met": stormy <= 2 * calm} if share == 0.99 else {}
        told = f"{READS_PER_SECOND:g} reads/s during {WRONG_PER_SECOND:g} wrong sign-ins/s, and undisturbed"
        report.add(f"{told}: p{share * 100:g}", stormy, "ms", peer=calm, ratio=stormy / calm, **goal)
    failed = sum(load.failed for some in loads.values() for load in some)
    report.add(
        "failed reads", failed, f"of {failed + len(pooled[False]) + len(pooled[True])}", goal="0", met=not failed
    )
    most = max(megabytes)
    report.add("memory of the API's process, most and before", most, "MB", peer=before)
    report.add("memory added", most - before, "MB", goal="≤ 64", met=most - before <= 64)
    quick = sum(status == 201 and took <= 2.0 for status, took in answers)
    told = f"of {len(answers)}"
    report.add("sign-ins of a known browser within 2 s", quick, told, goal="all", met=quick == len(answers) >= 50)
    report.add("the same, slowest", max(took for _, took in answers), "s")
    report.add("wrong sign-ins that signed in", statuses["201"], "", goal="0", met=statuses["201"] == 0)
    ratios = [stormy.p(0.99) / calm.p(0.99) for calm, stormy in zip(loads[False], loads[True], strict=True)]
    low, middle, high = np.percentile(ratios, [25, 50, 75])
    report.notes.append(f"p99 by turns: median ratio {middle:.2f}, half of the turns between {low:.2f} and {high:.2f}")
    each = {storm: ", ".join(f"{load.p(0.99):.1f}" for load in some) for storm, some in loads.items()}
    report.notes.append(f"p99 of each turn in ms, undisturbed: {each[False]}; during the storm: {each[True]}")


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--turns", type=int, default=5)
    options.add_argument("--seconds", type=float, default=12.0, help="length of one turn")
    options.add_argument("--sign-ins", type=int, default=50, help="of a known browser, in all turns together")
    given = options.parse_args()
    report = Report("sign_in", seed=100)
    with stage() as on:
        measure(on, given.turns, given.seconds, given.sign_ins, report)
    report.finish()


if __name__ == "__main__":
    main()
