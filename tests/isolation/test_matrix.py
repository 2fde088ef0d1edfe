"""Every route with every kind of caller: who does not belong to a project sees and changes nothing of it.

The routes are those of the application, so a new route fails these tests until it has a case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.isolation.barriers import hook_off, policies_off, statements
from tests.isolation.cases import CASES
from tests.isolation.fingerprint import changed, fingerprint
from tests.isolation.matrix import FOREIGN, Probe, names_of_a, probes, routes, run, shown, wrong_status
from tests.isolation.stage import people_session


def report(wrong: Sequence[object]) -> None:
    assert not wrong, "\n".join(map(str, wrong))


def test_every_route_has_a_case():
    assert set(routes()) - set(CASES) == set()


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


def test_every_route_answers_its_own_callers_and_touches_no_other_project(stage):
    """The control of the matrix; it ends rows of project B, so it is the last of these tests."""
    a, b = stage.a, stage.b
    own = sorted((CASES[each] for each in routes()), key=lambda each: (each.ends, each.route[0] not in ("GET", "WS")))
    before, canaries, wrong = fingerprint(stage), stage.canaries(), []

    async def send_all() -> None:
        for case in own:
            lowest = routes()[case.route]
            statuses = (101,) if case.route[0] == "WS" else case.control
            secret = "" if lowest == "nobody" else b.session
            if case.ends > 6:  # these end sessions
                secret = people_session(stage, b.ids["person"])
            if lowest == "administrator":
                secret = stage.administrator
            project = None if lowest in ("nobody", "person", "administrator") else b.slug
            allowed = names_of_a(stage) if lowest == "administrator" else []
            probe = Probe("own", case.route, case.request(b.ids), secret, project, statuses)
            answer = await stage.send(probe.asked, secret, project)
            if why := wrong_status(probe, answer) or shown(canaries, probe, answer, allowed):
                wrong.append(f"{probe}: {why}")

    asyncio.run(send_all())
    report(wrong)
    owners = {a.ids["person"], a.ids["project"]}
    report(changed(before, fingerprint(stage), owners))
