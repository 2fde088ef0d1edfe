"""Automations: from a firing to the webhook at 100 a minute, and what 10,000 automations cost that wait."""

from __future__ import annotations

import argparse
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azuraforge.client import Client
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, stage

_GOAL_SECONDS, _GOAL_SHARE = 2.0, 1.0
_TARGET = "hook"


class Receiver:
    """Notes when each message arrives, by the automation that sent it."""

    def __init__(self) -> None:
        self.at: dict[str, list[float]] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.at.setdefault(body["text"], []).append(time.perf_counter())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def processor_seconds(on: Stage) -> float:
    """Processor time of the platform's processes, and of their children that have ended."""
    times = [each.cpu_times() for each in on.tree()]
    return sum(each.user + each.system + each.children_user + each.children_system for each in times)


def idle_share(on: Stage, seconds: float) -> float:
    """Return the processor time that the waiting platform uses, in percent of one core."""
    before, began = processor_seconds(on), time.perf_counter()
    time.sleep(seconds)
    return 100 * (processor_seconds(on) - before) / (time.perf_counter() - began)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--firings", type=int, default=100)
    options.add_argument("--per-minute", type=float, default=100.0)
    options.add_argument("--waiting", type=int, default=10_000, help="automations that wait for an event")
    options.add_argument("--idle-seconds", type=float, default=60.0)
    asked = options.parse_args()
    report, receiver = Report("automations", seed=7), Receiver()
    with stage(AZURAFORGE_OUTGOING__ALLOW=receiver.address) as on:
        client = Client(on.url, token=on.token)
        client.notifications.create_target(_TARGET, "webhook", {"url": f"http://{receiver.address}/x"}, group_seconds=0)
        never = {"on": "event", "type": "never.happens"}
        sent: dict[str, float] = {}
        for number in range(asked.firings):
            step = {"do": "notify", "to": [_TARGET], "text": f"message {number}"}
            client.automations.create(f"fired {number}", never, [step])
        client.automations.fire("fired 0")  # the notifier's plugin is read once
        time.sleep(5)
        receiver.at.clear()
        begun = time.perf_counter()
        for number in range(asked.firings):
            due = begun + number * 60 / asked.per_minute
            time.sleep(max(0.0, due - time.perf_counter()))
            sent[f"message {number}"] = time.perf_counter()
            if number == 0:
                continue  # within its cool-down
            client.automations.fire(f"fired {number}")
        sent.pop("message 0")
        until = time.perf_counter() + 30
        while len(receiver.at) < len(sent) and time.perf_counter() < until:
            time.sleep(0.05)
        took = [receiver.at[text][0] - at for text, at in sent.items() if text in receiver.at]
        rate = f"{asked.per_minute:.0f} a minute"
        late = percentile(took, 0.99)
        report.add(f"fired to webhook, {rate}, median", percentile(took, 0.5), "s")
        report.add(f"fired to webhook, {rate}, p99", late, "s", goal=f"< {_GOAL_SECONDS:g}", met=late < _GOAL_SECONDS)
        report.add("messages received", len(took), "", goal=str(len(sent)), met=len(took) == len(sent))
        twice = sum(len(each) > 1 for each in receiver.at.values())
        report.add("messages received twice", twice, "", goal="0", met=twice == 0)
        report.add(f"idle, {asked.firings} automations", idle_share(on, asked.idle_seconds), "% of a core")
        step = {"do": "notify", "to": [_TARGET]}
        with ThreadPoolExecutor(4) as pool:
            made = asked.waiting - asked.firings
            list(pool.map(lambda n: client.automations.create(f"waiting {n}", never, [step]), range(made)))
        time.sleep(5)
        share = idle_share(on, asked.idle_seconds)
        report.add(
            f"idle, {asked.waiting:,} automations",
            share,
            "% of a core",
            goal=f"< {_GOAL_SHARE:g}",
            met=share < _GOAL_SHARE,
        )
    report.finish()


if __name__ == "__main__":
    main()
