"""Every route with every kind of caller: who does not belong to a project sees and changes nothing of it.

The routes are those of the application, so a new route fails these tests until it has a case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.isolation.cases import CASES
from tests.isolation.fingerprint import changed, fingerprint
from tests.isolation.matrix import Probe, probes, routes, run, shown, wrong_status
from tests.isolation.stage import people_session


def report(wrong: Sequence[object]) -> None:
    assert not wrong, "\n".join(map(str, wrong))


def test_every_route_has_a_case():
    assert set(CASES) == set(routes())


def test_every_refused_request_is_refused_and_changes_nothing(stage):
    asked = probes(stage)
    assert len(asked) > 1500
    before = fingerprint(stage)
    wrong = run(stage, asked)
    report(wrong)
    assert changed(before, fingerprint(stage)) == []


def test_every_route_answers_its_own_callers_and_touches_no_other_project(stage):
    """The control of the matrix; it ends rows of project B, so it is the last of these tests."""
    a, b = stage.a, stage.b
    own = sorted(CASES.values(), key=lambda each: (each.ends, each.route[0] not in ("GET", "WS")))
    before, canaries, wrong = fingerprint(stage), stage.canaries(), []

    async def send_all() -> None:
        for case in own:
            lowest = routes()[case.route]
            statuses = (101,) if case.route[0] == "WS" else case.control
            secret = "" if lowest == "nobody" else b.session
            if case.ends > 6:  # these end sessions
                secret = people_session(stage, b.ids["person"])
            project = None if lowest in ("nobody", "person") else b.slug
            probe = Probe("own", case.route, case.request(b.ids), secret, project, statuses)
            answer = await stage.send(probe.asked, secret, project)
            if why := wrong_status(probe, answer) or shown(canaries, probe, answer):
                wrong.append(f"{probe}: {why}")

    asyncio.run(send_all())
    report(wrong)
    owners = {a.ids["person"], a.ids["project"]}
    assert changed(before, fingerprint(stage), owners) == []
