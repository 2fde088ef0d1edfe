"""A platform in this process with two projects that know nothing of each other, both filled through the API."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import jwt
from sqlalchemy import text

from azuraforge.database import Database, Session
from azuraforge.database.package import DATABASE
from azuraforge.models.package import MODELS, PREDICTIONS
from azuraforge.people.callers import hash_of
from azuraforge.people.package import ACCOUNTS, PEOPLE
from azuraforge.platform.composition import Platform
from azuraforge.projects.access_tokens import _signing_key
from azuraforge.projects.package import PROJECTS, SECRET_KEYS
from azuraforge.settings import Settings
from tests.automations.receiving import SECRET, Receiver
from tests.isolation.asking import URL, Answer, Form, Request, ask
from tests.isolation.cases import AUTOMATION, FEED, FEED_ROW, LEARNER, PREFIX, RUN, SCHEDULE, STUDY, TARGET, filled

#: Every name, text and value of project A contains its mark; B must never see it.
MARKS = {"a": "kanarya7", "b": "serce7"}
#: Canary value in the rows of A; B's rows have another one.
VALUES = {"a": "918273.625", "b": "5.5"}
_ID = re.compile("[a-z2-7]{16}")
ROLES = ("viewer", "member", "admin", "owner")


@dataclass
class World:
    """One project: its slug, its owner's secrets, and the ids of its rows by name."""

    letter: str
    slug: str = ""
    session: str = ""
    #: Receives the messages of the project's automations.
    receiver: Receiver = field(default_factory=Receiver)
    #: API tokens by role.
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        return MARKS[self.letter]


@dataclass
class Stage:
    """The platform with its two projects; ``dead`` are secrets that must not be accepted any more, by reason."""

    platform: Platform
    app: Any
    home: Path
    a: World
    b: World
    administrator: str = ""
    dead: dict[str, str] = field(default_factory=dict)
    #: The PostgreSQL database; None on SQLite.
    postgres: Any = None

    @property
    def database(self) -> Database:
        return self.platform.services[DATABASE]

    def ask(self, asked: Request, secret: str = "", project: str | None = None) -> Answer:
        return asyncio.run(self.send(asked, secret, project))

    async def send(self, asked: Request, secret: str = "", project: str | None = None) -> Answer:
        return await ask(self.app, signed(asked, secret, project))

    def canaries(self) -> set[bytes]:
        """Texts that only A knows: its mark, its value and its random ids."""
        shared = set(self.b.ids.values())
        ids = {value for value in self.a.ids.values() if _ID.fullmatch(value) and value not in shared}
        return {each.encode() for each in (MARKS["a"], VALUES["a"], *ids)}


def signed(asked: Request, secret: str, project: str | None) -> Request:
    headers = dict(asked.headers)
    query = dict(asked.query)
    if secret:
        headers["authorization"] = f"Bearer {secret}"
    if project is not None:
        if asked.method == "WS" or asked.path == f"{PREFIX}/events":
            query["project"] = project  # as a browser names it
        else:
            headers["azuraforge-project"] = project
    return Request(asked.method, asked.path, query, asked.body, headers)


def open_stage(settings: Settings) -> Stage:
    """Start a platform, fill both projects and stop all loops, so that only requests change its rows."""
    worlds = World("a"), World("b")
    allowed = [f"127.0.0.1:{each.receiver.port}" for each in worlds]
    outgoing = settings.outgoing.model_copy(update={"allow": allowed})
    platform = Platform(settings.model_copy(update={"outgoing": outgoing}))
    platform.begin()
    made = Stage(platform, platform.application(URL), settings.home, *worlds)
    platform.start()
    try:
        asyncio.run(_fill(made))
        for loop in reversed(platform._loops):
            loop.stop()
        _finish_work(platform)
        platform._loops = []
    except BaseException:
        platform.stop()
        raise
    return made


def _finish_work(platform: Platform) -> None:
    """Wait for work that stopped loops left in other threads; it would write rows while the matrix runs.

    Above all, the loop of notifications does not wait for its deliveries: one that failed late adds an event.
    """
    for loop in platform._loops:
        for pool in vars(loop).values():
            if isinstance(pool, ThreadPoolExecutor):
                pool.shutdown(wait=True)
    platform.services[MODELS].deployments.drain()
    platform.services[PREDICTIONS]._looks._pool.submit(int).result()  # its only thread has done all before this


async def _fill(stage: Stage) -> None:
    services = stage.platform.services
    accounts, people, projects = services[ACCOUNTS], services[PEOPLE], services[PROJECTS]
    link = projects.owner_link(stage.platform.owner.project_id, URL).url.split("#link=")[1]
    stage.administrator, _ = people.sign_in(link)
    for world in (stage.a, stage.b):
        signed_in = accounts.create(f"{world.mark}-owner", None)
        world.session = signed_in.secret
        world.ids["person"] = signed_in.caller.person_id
    machine = accounts.create("kanarya7-machine", None).caller.person_id  # a service account, which cannot sign in
    mark = text("UPDATE person SET kind = 'service' WHERE id = :id")
    stage.database.write_person(machine, lambda session: session.execute(mark, {"id": machine}))
    await asyncio.gather(_fill_world(stage, stage.a), _fill_world(stage, stage.b))
    now = datetime.now(UTC).isoformat()
    for world in (stage.a, stage.b):
        world.ids["now"] = now
    await _make_dead(stage)


async def _fill_world(stage: Stage, world: World) -> None:
    mark, ids = world.mark, world.ids

    async def do(method: str, path: str, body: object = None, query: Mapping[str, Any] | None = None) -> Any:
        asked = Request(method, PREFIX + filled(path, ids), query or {}, filled(body, ids))
        answer = await stage.send(asked, world.session, world.slug or None)
        assert answer.status < 300, (method, path, answer.status, answer.body[:600])
        return answer.json

    nouns = ("dataset", "model", "study", "automation", "schedule", "target", "feed", "learner")
    ids.update({each: f"{mark}-{each}" for each in nouns})
    # Names that do not exist yet are the same in both, because they are no ids.
    ids.update(secret=f"{mark}-secret", mark=mark, new="brand-new", no_invitation="i" * 43)
    ids.update({each: f"{mark}-{each}" for each in ("slug", "spare", "gone", "doomed")})
    for each in ("slug", "spare", "gone", "doomed"):
        await do("POST", "/projects", {"slug": f"{{{each}}}", "name": f"{mark} project"})
    for each in ("gone", "doomed"):
        deleted = Request("DELETE", f"{PREFIX}/projects/current", {"confirm": ids[each]})
        assert (await stage.send(deleted, world.session, ids[each])).status == 204
    world.slug = f"{mark}-slug"
    ids["project"] = stage.platform.services[PROJECTS].authenticate(world.session, world.slug).project_id

    value = VALUES[world.letter]
    rows = f"time,value,price,{mark}_column\n" + "".join(
        f"2020-01-{day:02},{day * day % 13},{day * 7 % 11},{value if day % 2 else day}\n" for day in range(1, 29)
    )
    options = '{"time": "time", "target": "value", "name": "{dataset}"}'
    await do("POST", "/datasets", Form({"options": options}, {"file": (f"{mark}.csv", rows.encode())}))
    address = {"url": f"http://127.0.0.1:{world.receiver.port}/{mark}", "secret": SECRET}
    await do(
        "POST",
        "/notifications/targets",
        {**TARGET, "name": f"{mark}-receiver", "options": address, "group_seconds": 0},
    )
    alert = {
        "when": {"on": "event", "type": "model.version_added"},
        "steps": [{"do": "notify", "to": [f"{mark}-receiver"]}],
    }
    await do("POST", "/automations", {**alert, "name": f"{mark}-alert"})
    first = await do("POST", "/runs", {**RUN, "name": f"{mark}-run"})
    second = await do("POST", "/runs", {**RUN, "name": f"{mark}-second", "seed": 1})
    ids.update(run=first["id"], second_run=second["id"], dataset_version="1")
    await do("PUT", "/secrets/{secret}", {"value": f"{mark} value"})
    ids["token"] = (await do("POST", "/tokens", {"name": f"{mark}-token", "role": "viewer"}))["id"]
    for role in ROLES:
        world.tokens[role] = (await do("POST", "/tokens", {"name": f"{mark}-{role}", "role": role}))["token"]
    for key, role in (("reader", "viewer"), ("other_member", "member")):
        ids[key] = await _invite(stage, do, role, f"{mark}-{key}")
    invited = await do("POST", "/invitations", {"role": "viewer"})
    ids.update(invitation=invited["id"], invitation_secret=invited["url"].split("#invitation=")[1])
    await do("POST", "/notifications/targets", {**TARGET, "name": "{target}"})
    for run in (first, second):
        until = time.monotonic() + 300
        while (found := await do("GET", f"/runs/{run['id']}"))["state"] in ("queued", "running"):
            assert time.monotonic() < until, found
            await asyncio.sleep(0.1)
        assert found["state"] == "succeeded", found
    until = time.monotonic() + 120
    while not world.receiver.got:  # each run added a version, and each version may be a message
        assert time.monotonic() < until, await do("GET", "/automations/{mark}-alert/firings")
        await asyncio.sleep(0.1)
    await _use_model(do, ids)
    await do("POST", "/studies", {**STUDY, "name": "{study}"})
    await do("POST", "/studies/{study}/pause")
    await do("POST", "/feeds", {**FEED, "name": "{feed}"})
    feed_rows = [{**FEED_ROW, "at": f"2020-01-{day:02}T00:00:00Z", "values": {"price": day}} for day in range(1, 15)]
    await do("POST", "/feeds/{feed}/rows", {"rows": feed_rows})
    ids.update(learned_feed=f"{mark}-learned", idle_learner=f"{mark}-idle")
    await do("POST", "/feeds", {"name": "{learned_feed}", "columns": [{"name": "price"}], "historical": True})
    await do("POST", "/feeds/{learned_feed}/rows", {"rows": feed_rows})
    for each in ("{learner}", "{idle_learner}"):
        await do("POST", "/learners", {**LEARNER, "name": each})
    learning = await do("POST", "/learners/{learner}/start")
    until = time.monotonic() + 300
    while (await do("GET", "/learners/{learner}"))["seq"] < len(feed_rows):
        assert time.monotonic() < until, await do("GET", f"/runs/{learning['id']}")
        await asyncio.sleep(0.1)
    await do("POST", "/learners/{learner}/stop")
    while (await do("GET", "/learners/{learner}"))["state"] != "stopped":
        assert time.monotonic() < until, await do("GET", f"/runs/{learning['id']}")
        await asyncio.sleep(0.1)
    await do("POST", "/schedules", {**SCHEDULE, "name": "{schedule}"})
    await do("POST", "/automations", {**AUTOMATION, "name": "{automation}", "paused": True})
    ids["notification"] = (await do("POST", "/notifications/targets/{target}/test"))["id"]
    external = await do("POST", "/runs", {"kind": "external", "name": f"{mark}-external", "config": {"note": mark}})
    ids["external"] = external["id"]
    another = people_session(stage, ids["person"])
    sessions = (await do("GET", "/sessions", query={"limit": 50}))["items"]
    ids["session"] = next(each["id"] for each in sessions if not each["current"])
    assert another


@contextmanager
def archived(stage: Stage) -> Iterator[None]:
    """Archive both projects meanwhile, although runs have not ended, which the route would refuse."""

    def note(session: Session, value: str) -> None:
        session.execute(text(f"UPDATE project SET archived_at = {value} WHERE id = :id"), {"id": session.project_id})

    def set_both(value: str) -> None:
        for world in (stage.a, stage.b):
            stage.database.write(world.ids["project"], partial(note, value=value))
        stage.platform.services[PEOPLE].revocations.forget(None)

    set_both("now()" if stage.database.engine.dialect.name == "postgresql" else "1")
    try:
        yield
    finally:
        set_both("NULL")


def people_session(stage: Stage, person_id: str) -> str:
    """Return the secret of a new browser session of a person."""
    people = stage.platform.services[PEOPLE]
    return people.sign_in(people.link(person_id, URL).url.split("#link=")[1])[0]


async def _invite(stage: Stage, do: Any, role: str, name: str) -> str:
    made = await do("POST", "/invitations", {"role": role})
    secret = made["url"].split("#invitation=")[1]
    body = {"invitation": secret, "name": name, "password": "a long and rare sentence 7"}
    answer = await stage.send(Request("POST", f"{PREFIX}/invitations/accept", body=body))
    assert answer.status < 300, answer.body
    return next(each["id"] for each in (await do("GET", "/members"))["items"] if each["name"] == name)


async def _use_model(do: Any, ids: dict[str, str]) -> None:
    """Fill what stands around a trained model: predictions, outcomes, deployments, promotions."""
    listed = await do("GET", "/runs/{run}/artifacts")
    ids["artifact"] = listed["items"][0]["name"]
    figures = (await do("GET", "/runs/{run}"))["figures"]
    ids["figure"] = min(each if isinstance(each, str) else each["name"] for each in figures)
    champion = (await do("GET", "/models/{model}"))["champion"]
    ids.update(version=str(champion), second_version=str(3 - champion))
    predicted = await do("POST", "/models/{model}/predict", {})
    ids["prediction"] = predicted["prediction_id"]
    deployment = {"version": int(ids["second_version"]), "mode": "shadow", "reason": "a look"}
    ids["deployment"] = str((await do("POST", "/models/{model}/deployments", deployment))["number"])
    await do("POST", "/models/{model}/keep-fresh", {})
    await do("POST", "/models/{model}/policies", {"reason": "four eyes", "approvals": 1})
    await do("POST", "/models/{model}/promote", {"version": int(ids["second_version"]), "reason": "better"})
    waiting = await do("GET", "/models/{model}/promotions", query={"waiting": "true"})
    ids["promotion"] = str(waiting["items"][0]["number"])


async def _make_dead(stage: Stage) -> None:
    """Make B's secrets that were valid: expired and revoked ones, and access tokens that were forged."""
    b, services = stage.b, stage.platform.services
    people, projects = services[PEOPLE], services[PROJECTS]

    async def post(path: str, body: object) -> Any:
        return (await stage.send(Request("POST", PREFIX + path, body=body), b.session, b.slug)).json

    ended, expired = (people_session(stage, b.ids["person"]) for _ in range(2))
    caller = people.identify(ended)
    assert caller is not None
    people.sign_out(caller)
    revoked, old = [await post("/tokens", {"name": each, "role": "owner"}) for each in ("revoked", "old")]
    await stage.send(Request("DELETE", f"{PREFIX}/tokens/{revoked['id']}"), b.session, b.slug)
    access = projects.authenticate(b.session, b.slug)

    def expire(table: str, hash_: str) -> Any:
        past = "now() - interval '1 day'" if stage.database.engine.dialect.name == "postgresql" else "1"
        key = "project_id = :owner" if table == "token" else "person_id = :owner"
        statement = text(f"UPDATE {table} SET expires_at = {past} WHERE hash = :hash AND {key}")
        owner = access.project_id if table == "token" else access.person_id
        return lambda found: found.execute(statement, {"hash": hash_, "owner": owner})

    stage.database.write(access.project_id, expire("token", hash_of(old["token"])))
    stage.database.write_person(access.person_id, expire("person_session", hash_of(expired)))
    people.revocations.revoke(hash_of(expired))  # else its caller is known for a minute
    for token in b.tokens.values():
        projects.authenticate(token)  # notes the first use, which is a change
    valid = (await post("/access-tokens", {"role": "owner"}))["token"]
    key = services[SECRET_KEYS].first()
    head = jwt.get_unverified_header(valid)
    claims = jwt.decode(valid, options={"verify_signature": False})
    past = {**claims, "iat": claims["iat"] - 900, "exp": claims["iat"] - 600}
    good = _signing_key(key)

    def forged(content: dict[str, Any], with_key: Any, algorithm: str) -> str:
        return jwt.encode(content, with_key, algorithm=algorithm, headers={"kid": head["kid"]})

    stage.dead = {
        "expired session": expired,
        "expired token": old["token"],
        "expired access token": forged(past, good, "HS256"),
        "ended session": ended,
        "revoked token": revoked["token"],
        "unknown": "x" * 43,
        "access token without signature": forged(claims, None, "none"),
        "access token of another algorithm": forged(claims, good + good, "HS512"),
        "access token of a foreign key": forged(claims, b"k" * 32, "HS256"),
    }
