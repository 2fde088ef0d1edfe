"""The matrix: each route with each kind of caller that must be refused, and what a refusal must look like."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from fastapi.routing import APIRoute

from azuraforge.projects.access import ALLOWED_IN_ARCHIVE
from azuraforge.server.packages import PACKAGES
from azuraforge.server.requirements import Required, requirements
from tests.isolation.asking import Answer, Request
from tests.isolation.cases import CASES, Case
from tests.isolation.stage import ROLES, Stage, signed

Route = tuple[str, str]
#: The WebSocket, which is no ``APIRoute``; it accepts whoever may read.
LIVE: Route = ("WS", "/events/live")
#: Columns in which a person names something of the other project.
FOREIGN = ("foreign id", "foreign id in the body", "foreign ids", "foreign project", "administrator")


def routes() -> dict[Route, Required]:
    """Return every route of the API with the caller that it requires."""
    found: dict[Route, Required] = {(each.method, each.path): each.required for each in requirements(PACKAGES)}
    return {**found, LIVE: "viewer"}


def declared() -> dict[Route, int]:
    """Return the status with which each route of the application declares to succeed."""
    routers = [each for package in PACKAGES for each in (*package.hot_routers(), *package.routers())]
    found = [each for router in routers for each in router.routes if isinstance(each, APIRoute)]
    return {LIVE: 101, **{(way, each.path): each.status_code or 200 for each in found for way in each.methods}}


@dataclass(frozen=True)
class Probe:
    """One request that must be refused.

    Attributes:
        column: kind of the caller, a column of the matrix.
        statuses: the accepted statuses.
        code: the code of the error; empty for any.
    """

    column: str
    route: Route
    asked: Request
    secret: str = ""
    project: str | None = None
    statuses: tuple[int, ...] = (404,)
    code: str = ""

    def __str__(self) -> str:
        return f"{self.column}: {self.asked.method} {self.asked.path}"


@dataclass(frozen=True)
class Wrong:
    """A finding: the request, and why its answer is wrong."""

    probe: Probe
    why: str

    def __str__(self) -> str:
        return f"{self.probe}: {self.why}"


def probes(
    stage: Stage,
    only: Route | None = None,
    required: Mapping[Route, Required] | None = None,
    columns: Collection[str] | None = None,
) -> list[Probe]:
    """Return all requests of the matrix that must be refused.

    ``required`` are the roles that the routes should have; a mutant keeps the original ones.
    """
    found: list[Probe] = []
    for route, lowest in (required or routes()).items():
        if only is None or route == only:
            found += _probes_of(stage, CASES[route], lowest)
    return [each for each in found if columns is None or each.column in columns]


def _probes_of(stage: Stage, case: Case, lowest: Required) -> Iterator[Probe]:
    a, b, route = stage.a, stage.b, case.route
    own = case.request(b.ids)
    if lowest == "nobody":
        return
    refused = (403,) if route == LIVE else (401,)
    yield Probe("no secret", route, own, "", b.slug, refused)
    for reason, secret in stage.dead.items():
        yield Probe(reason, route, own, secret, b.slug, refused)
    if lowest == "administrator":
        yield Probe("role too low", route, own, b.session, None, (403,))
        yield Probe("role too low", route, own, b.tokens["owner"], None, (403,))
        return
    yield from _foreign_ids(stage, case, lowest)
    if lowest == "person":
        return
    missing = (403,) if route == LIVE else (404,)
    yield Probe("foreign project", route, case.request(a.ids), b.session, a.slug, missing)
    yield Probe("administrator", route, case.request(a.ids), stage.administrator, a.slug, missing)
    conflict = (403,) if route == LIVE else (422,)
    yield Probe("token of another project", route, case.request(a.ids), b.tokens["owner"], a.slug, conflict)
    if lowest != "viewer":
        lower = ROLES[ROLES.index(lowest) - 1]
        yield Probe("role too low", route, own, b.tokens[lower], None, (403,), "forbidden")


def _foreign_ids(stage: Stage, case: Case, lowest: Required) -> Iterator[Probe]:
    """Yield requests in the own project with ids of the other one: in the path, in the body, and in both."""
    a, b = stage.a, stage.b
    own, project = case.request(b.ids), None if lowest == "person" else b.slug
    in_path = case.request(a.ids, of_body=b.ids)
    in_body = case.request(b.ids, of_body=a.ids)
    both = case.request(a.ids)
    addressed, said = in_path.path != own.path, (in_body.body, in_body.query) != (own.body, own.query)
    if case.own_name:
        return
    if addressed:
        yield Probe("foreign id", case.route, in_path, b.session, project, (404,))
    if said and not case.later:
        yield Probe("foreign id in the body", case.route, in_body, b.session, project, case.foreign)
    if addressed and said and not case.later:
        yield Probe("foreign ids", case.route, both, b.session, project, (404,))


def archived_probes(stage: Stage) -> list[Probe]:
    """Return the writes to archived projects that must be refused: to a member as such, to others as unknown."""
    a, b, found = stage.a, stage.b, []
    for route, lowest in routes().items():
        if lowest in ("nobody", "person", "administrator") or route[0] in ("GET", "WS"):
            continue
        case = CASES[route]
        if route not in ALLOWED_IN_ARCHIVE:
            own = case.request(b.ids)
            found.append(Probe("archived", route, own, b.session, b.slug, (409,), "project_archived"))
            found.append(Probe("archived", route, own, b.tokens["owner"], b.slug, (409,), "project_archived"))
        found.append(Probe("archived, foreign", route, case.request(a.ids), b.session, a.slug))
        if case.request(a.ids).path != case.request(b.ids).path and route in ALLOWED_IN_ARCHIVE:
            found.append(Probe("archived, foreign id", route, case.request(a.ids, of_body=b.ids), b.session, b.slug))
    return found


async def _send(stage: Stage, asked: list[Probe]) -> list[Answer]:
    return [await stage.send(each.asked, each.secret, each.project) for each in asked]


def run(stage: Stage, asked: list[Probe], judge: Callable[[Probe, Answer], str] | None = None) -> list[Wrong]:
    """Send the requests and return those whose answers are wrong."""
    canaries = stage.canaries()
    answers = asyncio.run(_send(stage, asked))
    found = []
    for probe, answer in zip(asked, answers, strict=True):
        why = wrong_status(probe, answer) or shown(canaries, probe, answer) or (judge(probe, answer) if judge else "")
        if why:
            found.append(Wrong(probe, why))
    return found


def wrong_status(probe: Probe, answer: Answer) -> str:
    if answer.status in probe.statuses and probe.code in ("", answer.code):
        return ""
    return f"{answer.status} instead of {probe.statuses}: {answer.body[:300]!r}"


def names_of_a(stage: Stage) -> list[str]:
    """Return what administrators of the platform may see of A: names of the project and of its people."""
    mark = stage.a.mark
    people = [f"{mark}-{each}" for each in ("owner", "reader", "other_member", "machine")]
    return [
        *(stage.a.ids[each] for each in ("slug", "spare", "gone", "doomed")),
        f"{mark} project",
        *people,
        *(stage.a.ids[each] for each in ("person", "reader", "other_member")),
    ]


def shown(canaries: set[bytes], probe: Probe, answer: Answer, allowed: Iterable[str] = ()) -> str:
    """Return which of A's canaries an answer contains that the request itself did not name."""
    text = answer.text
    for each in allowed:
        text = text.replace(each.encode(), b"")
    for said in named(signed(probe.asked, probe.secret, probe.project)):
        text = text.replace(said.encode(), b"")
    leaked = sorted(each.decode() for each in canaries if each in text)
    return f"it shows {leaked}: {answer.body[:300]!r}" if leaked else ""


def named(asked: Request) -> Iterator[str]:
    """Yield the words of a request that an error may repeat, longest first."""
    words: set[str] = set()

    def collect(part: object) -> None:
        match part:
            case str():
                words.update((part, *part.split("/")))
            case dict():
                for each in part.items():
                    collect(each)
            case list() | tuple():
                for each in part:
                    collect(each)

    collect([asked.path, dict(asked.query), dict(asked.headers), asked.body])
    return iter(sorted((each for each in words if len(each) > 5), key=len, reverse=True))
