"""Isolation of projects: random requests for another project's rows, and how fast removals take effect.

The storm sends seeded random requests (route, ids, names, secrets, headers, parameters, bodies) to the application in
this process, on both databases. The removals use two API processes with caches of their own, with and without their
broker.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge.server.packages import import_tables
from azuraforge.settings import RunSettings, Settings
from benchmarks.report import Report
from benchmarks.stage.scaled import ScaledStage
from tests.isolation.asking import Answer, Request
from tests.isolation.cases import CASES, PREFIX
from tests.isolation.fingerprint import changed, fingerprint
from tests.isolation.matrix import names_of_a, probes, routes
from tests.isolation.stage import MARKS, VALUES, Stage, open_stage, people_session
from tests.postgres import make_cluster
from tests.valkey import Valkey, _free_port

#: Names that a request gives to its own rows; those of the other project would be text and no id.
_OWN_NAMES = ("automation", "schedule", "target", "secret", "new")
_BATCH = 250
_ID = re.compile("[a-z2-7]{16}")
#: Routes that would end B's own session, role or project, and so the storm; they are sent without a valid secret.
_ENDING = {
    ("DELETE", "/sessions"),
    ("DELETE", "/sessions/current"),
    ("DELETE", "/projects/current"),
    ("POST", "/projects/current/archive"),
    ("PUT", "/people/me/password"),
    ("POST", "/members/{person_id}/transfer"),
}


def storm(stage: Stage, count: int, draw: random.Random) -> tuple[Counter[int], list[str]]:
    """Send random requests as B; return the number of answers by status, and the leaks."""
    statuses: Counter[int] = Counter()
    leaks: list[str] = []
    for _ in range(count // _BATCH):
        session = people_session(stage, stage.b.ids["person"])
        asked = [_drawn(stage, session, draw) for _ in range(_BATCH)]

        async def send(batch: list[tuple[Request, str, str | None, bool]]) -> list[Answer]:
            return [await stage.send(request, secret, project) for request, secret, project, _ in batch]

        for each, answer in zip(asked, asyncio.run(send(asked)), strict=True):
            statuses[answer.status] += 1
            if why := _leak(stage, each[0], answer, foreign=each[3]):
                leaks.append(why)
    return statuses, leaks


def _drawn(stage: Stage, session: str, draw: random.Random) -> tuple[Request, str, str | None, bool]:
    a, b = stage.a, stage.b
    case = CASES[draw.choice(list(routes()))]
    method = case.route[0]
    takes_own = method in ("GET", "WS") and draw.random() < 0.3
    mixed = {name: (b if draw.random() < 0.3 else a).ids[name] for name in b.ids}
    address = b.ids if takes_own or case.own_name else {**mixed, **({} if method in ("GET", "WS") else a.ids)}
    body = {**mixed, **{name: b.ids[name] for name in _OWN_NAMES}}
    request = case.request(address, of_body=body)
    query = dict(request.query)
    for name, values in (("limit", (1, 50)), ("after", ("x", "")), ("project", (a.slug,)), ("trash", ("true",))):
        if draw.random() < 0.1:
            query[name] = draw.choice(values)
    content = request.body
    if isinstance(content, dict) and draw.random() < 0.3:
        content = {
            **content,
            draw.choice([*content, "project_id"]): draw.choice([a.ids["project"], None, -1, [], "x" * 300]),
        }
    headers = draw.choice(
        ({}, {}, {"accept-language": "tr"}, {"x-forwarded-for": "10.0.0.1"}, {"cookie": "project=" + a.slug})
    )
    secret = draw.choice(
        [*[session] * 24, *b.tokens.values(), *[stage.administrator] * 2, "", draw.choice([*stage.dead.values()])]
    )
    if case.route in _ENDING:
        secret = draw.choice(["", *stage.dead.values()])
    project = draw.choice([b.slug] * 6 + [a.slug, a.slug, None, "none-such", a.ids["project"]])
    own = set(b.ids.values())
    ids = {each for each in a.ids.values() if each not in own and (MARKS["a"] in each or _ID.fullmatch(each))}
    administers = routes()[case.route] == "administrator" and secret == stage.administrator
    if administers and method != "GET":  # changing the quota of A would be no leak
        request, content = (own := case.request(b.ids)), own.body
    named = not administers and any(each in request.path for each in ids)
    return Request(method, request.path, query, content, headers), secret, project, named


def _leak(stage: Stage, asked: Request, answer: Answer, *, foreign: bool) -> str:
    """Return why an answer leaks: it shows what only A knows, or a path with A's ids succeeds."""
    text = answer.text
    for said in sorted(stage.a.ids.values(), key=len, reverse=True):
        if len(said) > 3:
            text = text.replace(said.encode(), b"")
    # An error repeats the name that was asked for, and administrators see names of projects and people.
    administered = asked.path.startswith(f"{PREFIX}/platform/")
    for said in names_of_a(stage) if administered else [stage.a.slug]:
        text = text.replace(said.encode(), b"")
    if MARKS["a"].encode() in text or VALUES["a"].encode() in text:
        return f"{asked.method} {asked.path} shows {answer.body[:300]!r}"
    if answer.status >= 500 and answer.status != 503:
        return f"{asked.method} {asked.path} answers {answer.status}: {answer.body[:300]!r}"
    if foreign and answer.status < 400:
        return f"{asked.method} {asked.path} answers {answer.status}"
    return ""


def measure_storm(report: Report, count: int, seed: int) -> None:
    """Run the storm on both databases."""
    covered = len(set(CASES) & set(routes()))
    report.add("routes with a case", f"{covered} of {len(routes())}", goal="100 %", met=covered == len(routes()))
    import_tables()
    cluster = make_cluster()
    try:
        for dialect in ("sqlite", "postgresql"):
            with tempfile.TemporaryDirectory() as home:
                made = cluster.create("azuraforge_template") if dialect == "postgresql" else None
                urls: dict[str, Any] = {}
                if made is not None:
                    urls = {"database_url": made.url, "database_owner_url": made.owner_url}
                stage = open_stage(Settings(home=Path(home), runs=RunSettings(concurrency=2), **urls))
                stage.postgres = made
                try:
                    asked = len(probes(stage))
                    before = fingerprint(stage)
                    statuses, leaks = storm(stage, count, random.Random(seed))
                    owners = {stage.a.ids["project"], stage.a.ids["person"]}
                    leaks += changed(before, fingerprint(stage), owners)
                finally:
                    stage.platform.stop()
            shown = ", ".join(f"{status}: {number}" for status, number in sorted(statuses.items()))
            report.notes.append(f"{dialect}: {asked} requests of the matrix; statuses of the storm {shown}")
            report.notes += [f"LEAK {dialect}: {each}" for each in leaks[:20]]
            sent = sum(statuses.values())
            report.add(f"leaks in {sent:,} random requests, {dialect}", len(leaks), goal="0", met=not leaks)
    finally:
        cluster.remove()


def call(url: str, method: str, path: str, token: str = "", body: object = None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json", "AzuraForge-Project": "default"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/api/v1{path}", method=method, headers=headers, data=content)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, (answer.headers, json.loads(answer.read() or b"null"))
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None


def removals(stage: ScaledStage, second: str, number: int, name: str) -> list[float]:
    """Remove members through one process; return the seconds until the other one refuses each."""
    members = []
    for each in range(number):
        invitation = call(stage.url, "POST", "/invitations", stage.token, {"role": "viewer"})[1][1]["url"]
        body = {
            "invitation": invitation.split("#invitation=")[1],
            "name": f"{name}{each}",
            "password": "a long and rare sentence 7",
        }
        headers, _ = call(stage.url, "POST", "/invitations/accept", body=body)[1]
        cookies = [
            value.split(";")[0].partition("=")[2] for key, value in headers.items() if key.lower() == "set-cookie"
        ]
        members.append(max(cookies, key=lambda secret: call(second, "GET", "/runs", secret)[0] == 200))
    page, ids = "", {}
    while True:
        _, found = call(stage.url, "GET", f"/members?limit=100{page}", stage.token)[1]
        ids.update({each["name"]: each["id"] for each in found["items"]})
        if found["next"] is None:
            break
        page = f"&after={found['next']}"

    def removed(each: int) -> float:
        assert call(second, "GET", "/runs", members[each])[0] == 200
        assert call(stage.url, "DELETE", f"/members/{ids[f'{name}{each}']}", stage.token)[0] == 204
        began = time.monotonic()
        while call(second, "GET", "/runs", members[each])[0] == 200:
            if time.monotonic() - began > 90:
                return float("inf")
            time.sleep(0.5 if time.monotonic() - began > 1 else 0.01)
        return time.monotonic() - began

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(removed, range(number)))


def measure_removals(report: Report, number: int) -> None:
    """Measure removals in two API processes, with the broker and after it ended."""
    cluster = make_cluster()
    with tempfile.TemporaryDirectory() as home:
        valkey = Valkey(Path(home)).start()
        stage = ScaledStage(Path(home) / "home", cluster, valkey)
        try:
            stage.start()
            port = _free_port()
            stage.others.append(stage._part("api", "--port", str(port)))
            second = f"http://127.0.0.1:{port}"
            _wait(second)
            for kind in ("with the broker", "without the broker"):
                if kind.startswith("without"):
                    valkey.kill()
                    time.sleep(2)
                took = np.array(removals(stage, second, number, kind.split()[0]))
                in_time = int((took <= 60).sum())
                report.add(
                    f"removals effective in the other process within 60 s, {kind}",
                    f"{in_time} of {number}; p50 {np.median(took):.2f} s, max {took.max():.2f} s",
                    goal=f"{number} of {number}",
                    met=in_time == number,
                )
        finally:
            stage.stop()
            valkey.kill()
            cluster.remove()


def _wait(url: str) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the second API process did not start")


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--requests", type=int, default=10_000, help="random requests per database")
    options.add_argument("--removals", type=int, default=100)
    options.add_argument("--seed", type=int, default=15)
    options.add_argument("--only", choices=("storm", "removals"))
    given = options.parse_args()
    report = Report("isolation", seed=given.seed)
    if given.only != "removals":
        measure_storm(report, given.requests, given.seed)
    if given.only != "storm":
        measure_removals(report, given.removals)
    report.finish()


if __name__ == "__main__":
    main()
