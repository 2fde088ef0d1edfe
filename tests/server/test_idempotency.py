"""Requests with the same Idempotency-Key take effect once and get one answer, on each route that creates something."""

from __future__ import annotations

import inspect
import json
import sqlite3
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import pytest
from fastapi.routing import APIRoute

from azuraforge.people.access import unit_of_work
from azuraforge.server.packages import PACKAGES
from tests.api_document import api_document

#: Creating routes that take no key, and why.
WITHOUT = {
    "/api/v1/invitations/accept": "its caller may not be known yet; an invitation works once",
    "/api/v1/platform/people/{person_id}/link": "a repeated request replaces the link, which it returns only once",
    "/api/v1/projects/{slug}/restore": "no effect if the project is not in the trash",
    "/api/v1/sessions": "nobody is known yet; its one-time link works once",
}
#: Creating routes that answer with a secret.
SECRET = {"/api/v1/tokens", "/api/v1/links", "/api/v1/invitations", "/api/v1/platform/people"}
#: Routes that start or end a process: a repeated request finds it started, or ended.
STATES_OF_A_PROCESS = {"/api/v1/loop-demo", "/api/v1/loop-demo/cancel"}
#: Routes whose POST stores nothing.
STORES_NOTHING = {
    "/api/v1/datasets/preview",
    "/api/v1/runs/dry-run",
    "/api/v1/invitations/lookup",
    "/api/v1/schedules/times",
    "/api/v1/automations/dry-run",
    "/api/v1/models/{name}/what-if",
    "/api/v1/access-tokens",
}
#: Names the project, since these tests create others.
DEFAULT = {"AzuraForge-Project": "default"}
CSV = b"time,value\n" + b"".join(b"2020-01-%02d,%d\n" % (day, day * day) for day in range(1, 29))


def creating() -> list[str]:
    """Paths whose POST makes something: they answer 201, or are known to although they answer 200."""
    paths = api_document()["paths"]
    made = [path for path, methods in paths.items() if "201" in methods.get("post", {}).get("responses", {})]
    return sorted({*made, "/api/v1/models/{name}/predict"} - WITHOUT.keys())


@dataclass
class Case:
    """What to send, another body for the same route, and how to count what it makes."""

    path: str
    body: Callable[[], tuple[bytes, str]]
    other: Callable[[], tuple[bytes, str]] | None
    count: Callable[[], int]


def as_json(**fields) -> Callable[[], tuple[bytes, str]]:
    return lambda: (json.dumps(fields).encode(), "application/json")


def as_form(field: str, told: str, content: bytes = CSV) -> Callable[[], tuple[bytes, str]]:
    def form() -> tuple[bytes, str]:
        boundary = uuid.uuid4().hex  # each time another, as every client does it
        parts = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{told}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        )
        end = f"\r\n--{boundary}--\r\n"
        return parts.encode() + content + end.encode(), f"multipart/form-data; boundary={boundary}"

    return form


def send(platform, path: str, content: tuple[bytes, str], key: str | None, token: str | None = None):
    body, kind = content
    headers = {"Authorization": f"Bearer {token or platform.token}", "Content-Type": kind, **DEFAULT}
    if key is not None:
        headers["Idempotency-Key"] = key
    request = urllib.request.Request(f"{platform.url}/api/v1{path}", method="POST", headers=headers, data=body)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def ready(platform):
    platform.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
    platform.run("runs", "start", "forecasting.naive", "--dataset", "co2", "--wait")
    platform.project = "default"
    send(platform, "/feeds", as_json(name="learned", columns=[{"name": "price"}])(), None)
    return platform


def learner(name: str) -> dict:
    target = {"column": "price", "kind": "change", "ahead_rows": 1}
    return {"name": name, "feed": "learned", "plugin": "online.linear.number", "inputs": ["price"], "target": target}


def schedule(name: str) -> dict:
    run = {"kind": "train", "plugin": "forecasting.naive", "dataset": "co2"}
    return {"name": name, "run": run, "cron": "0 3 1 1 *"}


def case_of(platform, path: str) -> Case:
    def length(of: str, field: str = "items") -> Callable[[], int]:
        def count() -> int:
            found = platform.api(of)
            return len(found[field])

        return count

    def versions() -> int:
        return (
            platform.api("/datasets/form")["version"]
            if any(each["name"] == "form" for each in platform.api("/datasets")["items"])
            else 0
        )

    match path.removeprefix("/api/v1"):
        case "/runs":
            asked = {"plugin": "forecasting.naive", "dataset": "co2"}
            return Case("/runs", as_json(**asked), as_json(**asked, seed=1), length("/runs?limit=500"))
        case "/datasets":
            columns = {"time": "time", "target": "value"}
            one, two = (json.dumps({**columns, "name": name}) for name in ("form", "b"))
            return Case("/datasets", as_form("options", one), as_form("options", two), versions)
        case "/datasets/from-source":
            asked = {"source": "bundled", "options": {"series": "co2"}, "name": "again"}
            return Case(
                "/datasets/from-source", as_json(**asked), as_json(**{**asked, "name": "b"}), length("/datasets")
            )
        case "/datasets/{name}/available-after":
            rows = b"time,value,price\n" + b"".join(
                b"2020-01-%02d,%d,%d\n" % (day, day * day, day * 7 % 11) for day in range(1, 29)
            )
            options = json.dumps({"time": "time", "target": "value", "name": "priced"})
            send(platform, "/datasets", as_form("options", options, rows)(), None)
            path, newest = "/datasets/priced/available-after", lambda: platform.api("/datasets/priced")["version"]
            return Case(path, as_json(columns={"price": "6h"}), as_json(columns={"price": "1 day"}), newest)
        case "/datasets/{name}/rows":
            days = b"".join(b"2020-01-%02d,%d\n" % (day, day * day % 13) for day in range(1, 29))
            options = json.dumps({"time": "time", "target": "value", "name": "growing"})
            send(platform, "/datasets", as_form("options", options, b"time,value\n" + days)(), None)
            path, newest = "/datasets/growing/rows", lambda: platform.api("/datasets/growing")["version"]
            one, two = ({"time": f"2020-01-{day}", "value": 5} for day in (29, 30))
            return Case(path, as_json(rows=[one]), as_json(rows=[one, two]), newest)
        case "/datasets/{name}/incumbent":
            days = b"".join(b"2020-01-%02d,%d\n" % (day, day * day % 13) for day in range(1, 29))
            options = json.dumps({"time": "time", "target": "value", "name": "planned"})
            send(platform, "/datasets", as_form("options", options, b"time,value\n" + days)(), None)
            path, newest = "/datasets/planned/incumbent", lambda: platform.api("/datasets/planned")["version"]
            plan = b"time,plan,written\n" + b"".join(b"2020-01-%02d,4,2020-01-01\n" % day for day in range(9, 20))
            columns = json.dumps({"forecast": "plan", "made_at": "written"})
            more = plan + b"2020-01-20,5,2020-01-02\n"
            return Case(path, as_form("options", columns, plan), as_form("options", columns, more), newest)
        case "/projects":
            return Case(
                "/projects", as_json(slug="s1", name="One"), as_json(slug="s2", name="Two"), length("/projects")
            )
        case "/invitations":
            return Case("/invitations", as_json(role="viewer"), as_json(), length("/invitations"))
        case "/platform/people":
            return Case("/platform/people", as_json(name="Ada"), as_json(name="Grace"), length("/platform/people"))
        case "/members/service-accounts":
            path = "/members/service-accounts"
            return Case(path, as_json(name="nightly"), as_json(name="weekly"), length("/members"))
        case "/tokens":
            return Case("/tokens", as_json(name="mine"), as_json(name="other"), length("/tokens"))
        case "/links":
            return Case("/links", as_json(), as_json(next="/runs"), lambda: links(platform))
        case "/models/{name}/predict":
            count = length("/predictions?model=co2&unserved=true&limit=500")
            for each in platform.api("/models/co2/deployments")["items"]:
                if each["state"] == "active":  # its answers would be counted too
                    end = as_json(reason="enough")()
                    send(platform, f"/models/co2/deployments/{each['number']}/end", end, None)
            return Case("/models/co2/predict", as_json(), as_json(horizon=1), count)
        case "/models/{name}/policies":
            path = "/models/co2/policies"
            return Case(path, as_json(reason="a", margin=0.01), as_json(reason="b"), length(path))
        case "/models/{name}/deployments":
            path, other = "/models/co2/deployments", other_version(platform)
            asked = {"version": other, "reason": "a look"}
            return Case(path, as_json(**asked, mode="shadow"), as_json(**asked, mode="canary"), length(path))
        case "/models/import":
            bundle = bundle_of(platform)
            return Case("/models/import", as_form("name", "brought", bundle), as_form("name", "b", bundle),
                        length("/models"))  # fmt: skip
        case "/studies":
            return Case("/studies", as_json(**study("one")), as_json(**study("two")), length("/studies"))
        case "/studies/{study}/retrain":
            send(platform, "/studies", as_json(**study("ended"))(), None)
            deadline = time.monotonic() + 120
            while platform.api("/studies/ended")["state"] != "finished":
                assert time.monotonic() < deadline
                time.sleep(0.2)
            trained = length("/runs?limit=500&kind=train")
            return Case("/studies/ended/retrain", as_json(), as_json(trial=0), trained)
        case "/feeds":
            body = {"columns": [{"name": "price"}]}
            return Case("/feeds", as_json(name="f1", **body), as_json(name="f2", **body), length("/feeds"))
        case "/feeds/{feed}/cut":
            send(platform, "/feeds", as_json(name="cut", columns=[{"name": "price"}])(), None)
            rows = [{"at": f"2020-01-{day:02}T00:00:00Z", "values": {"price": day}} for day in range(1, 20)]
            send(platform, "/feeds/cut/rows", as_json(rows=rows)(), None)
            return Case("/feeds/cut/cut", as_json(dataset="c1"), as_json(dataset="c2"), length("/datasets"))
        case "/feeds/{feed}/start":
            away = {"url": "wss://127.0.0.1:9/", "time": "at"}
            feed = as_json(name="away", columns=[{"name": "price"}], source="websocket", options=away)
            send(platform, "/feeds", feed(), None)
            collectors = length("/runs?limit=500&kind=collect")
            return Case("/feeds/away/start", lambda: (b"", "application/json"), None, collectors)
        case "/learners":
            one, two = as_json(**learner("l1")), as_json(**learner("l2"))
            return Case("/learners", one, two, length("/learners"))
        case "/learners/{learner}/start":
            send(platform, "/learners", as_json(**learner("begun"))(), None)
            started = length("/runs?limit=500&kind=learn")
            return Case("/learners/begun/start", lambda: (b"", "application/json"), None, started)
        case "/learners/{learner}/copies":
            send(
                platform,
                "/feeds/learned/rows",
                as_json(rows=[{"at": "2020-01-01T00:00:00Z", "values": {"price": 1}}])(),
                None,
            )
            send(platform, "/learners", as_json(**learner("copied"))(), None)
            send(platform, "/learners/copied/start", (b"", "application/json"), None)
            deadline = time.monotonic() + 120
            while platform.api("/learners/copied")["seq"] < 1:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            send(platform, "/learners/copied/stop", (b"", "application/json"), None)
            while platform.api("/learners/copied")["states"] < 1:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            one, two = as_json(name="c1"), as_json(name="c2")
            return Case("/learners/copied/copies", one, two, length("/learners"))
        case "/learners/{learner}/commands":
            send(platform, "/learners", as_json(**learner("told"))(), None)
            one, two = as_json(action="a"), as_json(action="b")
            return Case("/learners/told/commands", one, two, length("/learners/told/timeline", "facts"))
        case "/schedules":
            return Case("/schedules", as_json(**schedule("s1")), as_json(**schedule("s2")), length("/schedules"))
        case "/schedules/{schedule}/run":
            send(platform, "/schedules", as_json(**schedule("now"))(), None)
            return Case("/schedules/now/run", lambda: (b"", "application/json"), None, length("/runs?limit=500"))
        case "/automations":
            made = length("/automations")
            return Case("/automations", as_json(**automation("a1")), as_json(**automation("a2")), made)
        case "/automations/{automation}/fire":
            send(platform, "/notifications/targets", as_json(**target("deaf"))(), None)
            steps = [{"do": "notify", "to": ["deaf"]}]
            send(platform, "/automations", as_json(**{**automation("asked"), "steps": steps})(), None)
            nothing = lambda: (b"", "application/json")  # noqa: E731
            return Case("/automations/asked/fire", nothing, None, length("/automations/asked/firings"))
        case "/notifications/targets":
            path = "/notifications/targets"
            return Case(path, as_json(**target("t1")), as_json(**target("t2")), length(path))
        case "/notifications/targets/{target}/test":
            send(platform, "/notifications/targets", as_json(**target("tried"))(), None)
            nothing = lambda: (b"", "application/json")  # noqa: E731
            return Case("/notifications/targets/tried/test", nothing, None, length("/notifications"))
    raise AssertionError(f"{path} creates something and has no case here: add one")


def study(name: str) -> dict:
    config = {"epochs": 1, "horizon": 1}
    asked = {
        "plugin": "forecasting.lstm",
        "dataset": "co2",
        "config": config,
        "space": {"hidden_size": {"choices": [4]}},
    }
    return {**asked, "name": name, "sampler": "grid", "budget": {"trials": 1}, "retrain": False}


def automation(name: str) -> dict:
    when = {"on": "event", "type": "never.happens"}
    return {"name": name, "when": when, "steps": [{"do": "roll_back", "model": "co2"}]}


def target(name: str) -> dict:
    """A target that refuses every message: nothing listens there, and private addresses are refused."""
    return {"name": name, "notifier": "webhook", "options": {"url": "http://127.0.0.1:9/hook"}}


def other_version(platform) -> int:
    """A version of co2 that is not its champion."""
    made = platform.api("/models/co2")["version_list"]
    return next(each["version"] for each in made if "champion" not in each["aliases"])


def bundle_of(platform) -> bytes:
    version = platform.api("/models/co2")["champion"]
    headers = {"Authorization": f"Bearer {platform.token}", **DEFAULT}
    request = urllib.request.Request(f"{platform.url}/api/v1/models/co2/versions/{version}/bundle", headers=headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def links(platform) -> int:
    with sqlite3.connect(platform.home / "azuraforge.db") as database:
        return database.execute("SELECT count(*) FROM person_session WHERE kind = 'link'").fetchone()[0]


@pytest.mark.parametrize("path", creating())
def test_every_creating_route_does_a_repeated_request_once(ready, path):
    case = case_of(ready, path)
    key = uuid.uuid4().hex
    before = case.count()
    status, first = send(ready, case.path, case.body(), key)
    assert status in (200, 201), first
    after = case.count()
    assert after > before
    repeated = send(ready, case.path, case.body(), key)
    if path in SECRET:
        assert (repeated[0], repeated[1]["code"]) == (409, "shown_once")
    else:
        assert repeated == (status, first)
    assert case.count() == after
    if case.other is not None:
        refused, problem = send(ready, case.path, case.other(), key)
        assert (refused, problem["code"]) == (409, "key_reused")
        assert "another key" in problem["next_step"]
        assert case.count() == after


def test_every_post_passes_the_unit_of_work_to_its_effect():
    """Else a platform killed between effect and answer would execute a repeated request again."""
    routers = [router for package in PACKAGES for router in (*package.hot_routers(), *package.routers())]
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    posts = [route for route in routes if "POST" in route.methods]
    assert len(posts) > 30
    for route in posts:
        units = [each.name for each in route.dependant.dependencies if each.call is unit_of_work]
        if f"/api/v1{route.path}" in WITHOUT.keys() | STORES_NOTHING | STATES_OF_A_PROCESS:
            assert not units, route.path
            continue
        handler = inspect.unwrap(route.endpoint)
        assert units == ["unit"], f"{route.path} takes no unit of work"
        assert "unit=unit" in inspect.getsource(handler), f"{route.path} does not pass its unit of work on"


def test_a_repeated_change_of_many_runs_undoes_no_later_change(ready):
    run_id = ready.api("/runs?limit=1")["items"][0]["id"]
    pin, unpin = (as_json(action=each, run_ids=[run_id, "a" * 16]) for each in ("pin", "unpin"))
    key = uuid.uuid4().hex
    status, first = send(ready, "/runs/bulk", pin(), key)
    assert (status, first["failed"]) == (200, 1)
    send(ready, "/runs/bulk", unpin(), None)
    assert send(ready, "/runs/bulk", pin(), key) == (200, first)
    assert not ready.api(f"/runs/{run_id}")["pinned"]
    assert send(ready, "/runs/bulk", unpin(), key)[1]["code"] == "key_reused"


def test_without_a_key_each_request_counts(ready):
    case = case_of(ready, "/api/v1/tokens")
    before = case.count()
    first, second = (send(ready, "/tokens", case.body(), None) for _ in range(2))
    assert first[1]["id"] != second[1]["id"]
    assert case.count() == before + 2


def test_the_same_key_on_another_route_is_another_request(ready):
    key = uuid.uuid4().hex
    assert send(ready, "/tokens", as_json(name="a")(), key)[0] == 201
    status, problem = send(ready, "/runs", as_json(name="a")(), key)
    assert (status, problem["code"]) == (409, "key_reused")
    assert "POST /api/v1/tokens" in problem["detail"]


def test_a_stored_answer_is_for_the_person_who_asked(ready):
    """It is returned before the route checks the role, so another member's key must not show it."""
    key, asked = uuid.uuid4().hex, as_json(**schedule("kept"))
    assert send(ready, "/schedules", asked(), key)[0] == 201
    reader = send(ready, "/members/service-accounts", as_json(name="reader", role="viewer")(), None)[1]["id"]
    body = as_json(name="reads", role="viewer", service_account=reader)
    token = send(ready, "/tokens", body(), None)[1]["token"]
    status, problem = send(ready, "/schedules", asked(), key, token)
    assert (status, problem["code"]) == (409, "key_reused")
    assert send(ready, "/schedules", asked(), key)[0] == 201


def test_what_was_refused_may_be_sent_rightly_under_the_same_key(ready):
    key = uuid.uuid4().hex
    assert send(ready, "/tokens", as_json(name="")(), key)[0] == 422
    assert send(ready, "/tokens", as_json(name="right")(), key)[0] == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
def test_a_key_that_is_none_is_refused(ready, key):
    status, problem = send(ready, "/tokens", as_json(name="a")(), key)
    assert status == 422
    assert "Idempotency-Key" in problem["detail"]


def test_an_answer_with_a_secret_is_not_stored_and_not_shown_again(ready):
    key = uuid.uuid4().hex
    _, made = send(ready, "/tokens", as_json(name="deputy", role="admin")(), key)
    for token in (None, made["token"]):
        status, problem = send(ready, "/tokens", as_json(name="deputy", role="admin")(), key, token)
        assert (status, problem["code"]) == (409, "shown_once")
        assert made["token"] not in str(problem)
    with closing(sqlite3.connect(ready.home / "azuraforge.db")) as connection:
        [(status, body)] = connection.execute("SELECT status, body FROM answered_request WHERE key = ?", [key])
    assert (status, body) == (201, None)
    for path in ready.home.glob("azuraforge.db*"):
        assert made["token"].encode() not in path.read_bytes()


def test_many_at_once_with_one_key_make_one(ready):
    case = case_of(ready, "/api/v1/models/{name}/predict")
    key, before = uuid.uuid4().hex, case.count()
    answers: list[tuple[int, dict]] = []
    start = threading.Barrier(6)

    def work() -> None:
        start.wait()
        answers.append(send(ready, case.path, case.body(), key))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [answer for status, answer in answers if status == 200]
    others = [answer["code"] for status, answer in answers if status != 200]
    assert done
    assert all(answer == done[0] for answer in done)
    assert set(others) <= {"answer_unknown"}
    one = case.count() - before
    assert send(ready, case.path, case.body(), key) == (200, done[0])
    send(ready, case.path, case.body(), uuid.uuid4().hex)
    assert case.count() - before == 2 * one


def test_a_request_that_died_after_its_work_is_not_done_again(make_platform):
    """Killed between the commit and the answer: the repetition hears that it was done."""
    platform = make_platform(AZURAFORGE_CRASHPOINT="answer_before_kept").start()
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        send(platform, "/tokens", as_json(name="once")(), "k")
    platform.process.wait(120)
    platform.environment.clear()
    platform.start()
    assert [each["name"] for each in platform.api("/tokens")["items"]] == ["once"]
    status, problem = send(platform, "/tokens", as_json(name="once")(), "k")
    assert (status, problem["code"]) == (409, "answer_unknown")
    assert [each["name"] for each in platform.api("/tokens")["items"]] == ["once"]


def test_a_key_is_forgotten_after_two_days(make_platform):
    platform = make_platform().start()
    _, first = send(platform, "/tokens", as_json(name="a")(), "k")
    with sqlite3.connect(platform.home / "azuraforge.db", timeout=30) as database:
        database.execute("UPDATE answered_request SET created_at = created_at - 172800 * 1000000")
    _, second = send(platform, "/tokens", as_json(name="b")(), "k")
    assert second["id"] != first["id"]
    with sqlite3.connect(platform.home / "azuraforge.db", timeout=30) as database:
        assert database.execute("SELECT count(*) FROM answered_request").fetchone() == (1,)
