"""Live events: nothing lost, doubled or out of order through cuts and kills; the delay; what idle readers cost."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import random
import resource
import sys
import time
from multiprocessing.synchronize import Event

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.readers import Reader, faults_in
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, pss_megabytes, stage

EVENTS_PER_SECOND = 150
_SETTLE_SECONDS = 2.0


def write(on: Stage, run_id: str, seconds: float, told: multiprocessing.Queue[int], begin: Event) -> None:
    """Send points at a fixed rate, each until the platform has it; runs in a process of its own."""
    begin.wait()
    due, until = time.perf_counter(), time.perf_counter() + 3 * seconds
    step = 0
    while step < seconds * EVENTS_PER_SECOND and time.perf_counter() < until:
        step += 1
        while not _sent(on, run_id, {"points": {"loss": [[step, float(step)]]}}):
            time.sleep(0.02)
            with contextlib.suppress(OSError):
                on.read_token()
        # After an outage the rate goes on from now; the gap is not made up for.
        due = max(due + 1 / EVENTS_PER_SECOND, time.perf_counter() - 1)
        time.sleep(max(0.0, due - time.perf_counter()))
    told.put(step)


def _sent(on: Stage, run_id: str, body: dict[str, object]) -> bool:
    try:
        return on.ask("POST", f"/runs/{run_id}/metrics", body)[0] == 200
    except (ConnectionError, ValueError):
        return False


async def listen(on: Stage, seconds: float, cuts: int, kills: int, seed: int) -> tuple[list[Reader], int, float]:
    """Run eight readers next to a writer; ``cuts`` and ``kills`` at random times.

    Returns the readers, how many steps were written, and how many a second.
    """
    run_id = on.call("POST", "/runs", {"kind": "external", "name": "live"})["id"]
    processes = multiprocessing.get_context("spawn")
    told, begin = processes.Queue(), processes.Event()
    writer = processes.Process(target=write, args=(on, run_id, seconds, told, begin), daemon=True)
    writer.start()
    readers = [Reader(on, f"run/{run_id}", kind) for kind in ("WebSocket", "SSE") for _ in range(4)]
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    while any(reader.heard.connections == 0 for reader in readers):
        await asyncio.sleep(0.05)
    begin.set()
    began = time.perf_counter()
    await disturb(on, readers, seconds, cuts, kills, random.Random(seed))
    while writer.is_alive():
        await asyncio.sleep(0.05)
    rate = (steps := told.get()) / (time.perf_counter() - began)
    until = time.monotonic() + 15
    while any(not reader.heard.steps or reader.heard.steps[-1] < steps for reader in readers):
        if time.monotonic() > until:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.2)  # what would come twice has the time to come
    for reader in readers:
        reader.stop()
    await asyncio.gather(*tasks, return_exceptions=True)
    on.call("POST", f"/runs/{run_id}/finish", {"state": "succeeded"})
    return readers, steps, rate


async def disturb(
    on: Stage, readers: list[Reader], seconds: float, cuts: int, kills: int, chance: random.Random
) -> None:
    moments = [(chance.uniform(0.05, 0.95) * seconds, "cut") for _ in range(cuts)]
    moments += [((number + 0.5) / max(kills, 1) * seconds, "kill") for number in range(kills)]
    began = time.perf_counter()
    for moment, what in sorted(moments):
        await asyncio.sleep(max(0.0, began + moment - time.perf_counter()))
        if what == "cut":
            chance.choice(readers).cut()
        else:
            on.kill()
            await asyncio.to_thread(on.start)


async def idle(on: Stage, clients: int, seconds: float) -> dict[str, float]:
    """Open many readers of a silent stream; what they cost in memory and processor time, and what they add to the
    delay of eight readers who do get events."""
    await asyncio.sleep(_SETTLE_SECONDS)
    memory, processor = pss_megabytes(on.tree()), on.processor_seconds()
    await asyncio.sleep(seconds)
    alone = (on.processor_seconds() - processor) / seconds
    run_id = on.call("POST", "/runs", {"kind": "external", "name": "silent"})["id"]
    opened: list[ClientConnection] = []
    address = f"ws://127.0.0.1:{on.port}/api/v1/events/live?stream=run/{run_id}&after=latest"
    headers = {"Authorization": f"Bearer {on.token}"}
    began = time.perf_counter()
    for first in range(0, clients, 50):
        made = [
            connect(address, additional_headers=headers, compression=None, ping_interval=None, open_timeout=60)
            for _ in range(min(50, clients - first))
        ]
        opened += await asyncio.gather(*made)
    connected = time.perf_counter() - began
    await asyncio.sleep(_SETTLE_SECONDS)
    with_clients, processor = pss_megabytes(on.tree()), on.processor_seconds()
    await asyncio.sleep(seconds)
    busy = (on.processor_seconds() - processor) / seconds
    readers, _, _ = await listen(on, seconds, 0, 0, 0)
    for each in opened:
        each.transport.abort()
    return {
        "connected": connected,
        "memory": with_clients - memory,
        "alone": alone * 100,
        "busy": busy * 100,
        "p99": percentile([delay for reader in readers for delay in reader.heard.delays], 0.99) * 1e3,
    }


def add_faults(report: Report, readers: list[Reader], steps: int, kills: int) -> None:
    for kind in ("WebSocket", "SSE"):
        chosen = [reader.heard for reader in readers if reader.kind == kind]
        found = [faults_in(heard, steps) for heard in chosen]
        told = "/".join(str(sum(column)) for column in zip(*found, strict=True))
        reconnects = sum(heard.connections - 1 for heard in chosen)
        name = f"{kind}: lost/doubled/out of order, {reconnects} reconnects, {kills} kills -9"
        report.add(name, told, f"of {steps * len(chosen)}", goal="0/0/0", met=told == "0/0/0")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each phase")
    parser.add_argument("--cuts", type=int, default=60)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=4)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    report = Report("live", seed=asked.seed)
    with stage() as on:
        readers, steps, reached = asyncio.run(listen(on, asked.seconds, 0, 0, asked.seed))
        for kind in ("WebSocket", "SSE"):
            delays = [delay * 1e3 for each in readers if each.kind == kind for delay in each.heard.delays]
            p99 = percentile(delays, 0.99)
            rate = f"{reached:.0f} events/s, 8 readers"
            report.add(f"{kind}: commit to client, p50 ({rate})", percentile(delays, 0.5), "ms")
            report.add(f"{kind}: commit to client, p99 ({rate})", p99, "ms", goal="≤ 50", met=p99 <= 50)
        print("delays done", file=sys.stderr)
        readers, steps, _ = asyncio.run(listen(on, asked.seconds, asked.cuts, asked.kills, asked.seed))
        add_faults(report, readers, steps, asked.kills)
        print("faults done", file=sys.stderr)
        cost = asyncio.run(idle(on, asked.clients, min(asked.seconds, 30.0)))
        report.add(f"{asked.clients} idle readers: time to open them all", cost["connected"], "s")
        report.add(f"{asked.clients} idle readers: memory of the tree (PSS) more by", cost["memory"], "MB")
        report.add(
            f"{asked.clients} idle readers: processor time of the platform", cost["busy"], "%", peer=cost["alone"]
        )
        report.add(f"{asked.clients} idle readers: p99 delay of 8 busy ones alongside them", cost["p99"], "ms")
    report.notes.append(
        "Delay: from the database's clock in the event's own insert (its transaction's commit comes after) to the "
        "event parsed in the client. Peer of the processor time: the same platform without readers. A writer's point "
        "is sent again until the platform says that it has it."
    )
    report.finish()


if __name__ == "__main__":
    main()
