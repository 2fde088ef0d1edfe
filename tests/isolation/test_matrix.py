"""Every route with every kind of caller: who does not belong to a project sees and changes nothing of it.

The routes are those of the application, so a new route fails these tests until it has a case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from tests.isolation.barriers import hook_off, policies_off, statements
from tests.isolation.cases import CASES, Case
from tests.isolation.fingerprint import changed, fingerprint
from tests.isolation.matrix import (
    FOREIGN,
    Probe,
    archived_probes,
    declared,
    names_of_a,
    probes,
    routes,
    run,
    shown,
    wrong_status,
)
from tests.isolation.stage import Stage, archived, people_session


def report(wrong: Sequence[object]) -> None:
    assert not wrong, "\n".join(map(str, wrong))


def test_every_route_has_a_case():
    assert set(routes()) - set(CASES) == set()


def test_every_control_expects_one_status_and_says_why_it_does_not_succeed():
    for case in CASES.values():
        assert len(case.control) <= 1, case.route
        refused = case.control[:1] >= (400,)
        assert bool(case.why) == bool(case.code) == refused, case.route


def test_every_refused_request_is_refused_and_changes_nothing(stage):
    asked = probes(stage)
    assert len(asked) > 1500
    before = fingerprint(stage)
    wrong = run(stage, asked)
    report(wrong)
    report(changed(before, fingerprint(stage)))


def test_the_policies_alone_refuse_every_statement(stage):
    """SQL without a condition, as the platform's role: no row of A is seen, changed or made."""
    if stage.postgres is None:
        pytest.skip("SQLite has no policies")
    assert statements(stage) == []


@pytest.mark.proof
def test_the_matrix_passes_without_the_hook_where_there_are_policies(stage):
    """On SQLite, the hook is the only general barrier: without it, the matrix finds leaks."""
    with hook_off():
        before = fingerprint(stage)
        asked = probes(stage, columns=FOREIGN)
        if stage.postgres is None:
            asked = [each for each in asked if each.asked.method == "GET"]  # others would change A's rows
        wrong = run(stage, asked)
        harmed = changed(before, fingerprint(stage))
    if stage.postgres is None:
        assert len(wrong) > 10
    else:
        report(wrong)
        report(harmed)


@pytest.mark.proof
def test_the_matrix_passes_without_the_policies(stage):
    if stage.postgres is None:
        pytest.skip("SQLite has no policies")
    with policies_off(stage):
        before = fingerprint(stage)
        report(run(stage, probes(stage, columns=FOREIGN)))
        report(changed(before, fingerprint(stage)))


def test_an_archived_project_refuses_every_write(stage):
    with archived(stage):
        before = fingerprint(stage)
        report(run(stage, archived_probes(stage)))
        report(changed(before, fingerprint(stage)))


def controls(stage: Stage, case: Case) -> Iterator[Probe]:
    """Yield the request with the caller's own ids, after one that takes a name of the other project for an own row."""
    b, lowest = stage.b, routes()[case.route]
    secret = "" if lowest == "nobody" else b.session
    if case.ends > 6:  # these end sessions
        secret = people_session(stage, b.ids["person"])
    if lowest == "administrator":
        secret = stage.administrator
    project = None if lowest in ("nobody", "person", "administrator") else b.ids[case.place or "slug"]
    success = (declared()[case.route],)
    if case.taken:
        name = {"new": stage.a.ids[case.taken], case.taken: stage.a.ids[case.taken]}
        asked = case.request({**b.ids, **name})
        yield Probe("name of the other project", case.route, asked, secret, project, case.taken_status or success)
    yield Probe("own", case.route, case.request(b.ids), secret, project, case.control or success, case.code)


def test_every_route_answers_its_own_callers_and_touches_no_other_project(stage):
    """The control of the matrix; it ends rows of project B, so it is the last of these tests."""
    a = stage.a
    own = sorted((CASES[each] for each in routes()), key=lambda each: (each.ends, each.route[0] not in ("GET", "WS")))
    before, canaries, wrong = fingerprint(stage), stage.canaries(), []

    async def send_all() -> None:
        for case in own:
            allowed = names_of_a(stage) if routes()[case.route] == "administrator" else []
            for probe in controls(stage, case):
                if case.taken and probe.column != "own":
                    allowed = [*allowed, a.ids[case.taken]]  # B chose this name itself
                answer = await stage.send(probe.asked, probe.secret, probe.project)
                if why := wrong_status(probe, answer) or shown(canaries, probe, answer, allowed):
                    wrong.append(f"{probe}: {why}")

    asyncio.run(send_all())
    report(wrong)
    owners = {a.ids["person"], a.ids["project"]}
    report(changed(before, fingerprint(stage), owners))
