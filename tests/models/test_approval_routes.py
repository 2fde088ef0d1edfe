"""Approvals by the members of one project: over HTTP, and as the end of an automation's step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from azuraforge.database import Database, now, row_security
from azuraforge.models.approval_routes import router
from azuraforge.models.registry.waiting import Actor
from azuraforge.models.schemas import PolicyRequest
from azuraforge.people.tables import Person
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.tables import Member
from tests.automations.triggers import Stand
from tests.models.test_routes import Http, http, model  # noqa: F401 - fixtures

Make = Callable[..., Path]
PROMOTION = "/models/load/promotions"


@pytest.fixture
def administer(system: Any, dialect: str, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Executes statements as the owner of the tables."""

    def execute(*statements: Any) -> None:
        made = system.database
        if dialect == "postgresql":
            made = Database(request.getfixturevalue("postgres").owner_url)
        with made.engine.begin() as connection:
            if dialect == "postgresql":
                row_security.see_all(connection)
            for each in statements:
                connection.execute(each)
        if made is not system.database:
            made.close()

    return execute


@pytest.fixture
def token_of(http: Http, administer: Callable[..., None]) -> Callable[..., str]:  # noqa: F811
    """Makes a person a member of the project and returns an API token of this person."""
    http.app.include_router(router)
    projects, project_id = http.app.state.projects, http.app.state.default_project

    def make(name: str, role: str = "member") -> str:
        administer(
            insert(Person).values(id=name, name=name, name_key=name, created_at=now()),
            insert(Member).values(project_id=project_id, person_id=name, role=role, created_at=now()),
        )
        link = projects.people.link(name, "http://x").url
        secret = projects.people.sign_in(link.split("#link=")[1])[0]
        access = projects.authenticate(secret, "default")
        return projects.create_token(access, TokenRequest(name="notebook", role=role)).token

    return make


@pytest.fixture
def number(http: Http, model: str, token_of: Callable[..., str]) -> int:  # noqa: F811
    """The owner's promotion of version 2, which waits under a policy with one approval."""
    body = {"version": 1, "reason": "first"}
    assert http.post(f"/models/{model}/promote", json=body).json()["action"] == "promote"
    assert http.post(f"/models/{model}/policies", json={"approvals": 1, "reason": "four eyes"}).status_code == 201
    asked = http.post(f"/models/{model}/promote", json={"version": 2, "reason": "better at night"})
    assert (asked.status_code, asked.json()["action"]) == (200, "wait"), asked.text
    return int(http.get(PROMOTION, params={"waiting": "true"}).json()["items"][0]["number"])


def champion(http: Http) -> int | None:  # noqa: F811
    return http.get("/models/load").json()["champion"]


def test_another_member_approves(http: Http, number: int, token_of: Callable[..., str]) -> None:  # noqa: F811
    viewer, member = token_of("vera", "viewer"), token_of("kemal")
    place = f"{PROMOTION}/{number}/approve"
    own = http.post(place, json={})
    assert (own.status_code, own.json()["code"]) == (403, "own_promotion")
    for action in ("approve", "decline"):
        assert http.post(f"{PROMOTION}/{number}/{action}", json={}, token=viewer).status_code == 403
    assert champion(http) == 1
    shown = {token: http.get(PROMOTION, token=token).json()["items"][0]["may_approve"] for token in (viewer, member)}
    assert shown == {viewer: False, member: True}
    moved = http.post(place, json={"reason": "I saw the weekend"}, token=member)
    assert (moved.status_code, moved.json()["by"], champion(http)) == (200, "kemal", 2)
    lines = http.get("/models/load/history").json()["items"]
    assert [(line["action"], line["by"], line["reason"]) for line in lines[:2]] == [
        ("promote", "kemal", f"I saw the weekend (approved; {lines[1]['by']} asked for it: better at night)"),
        ("wait", lines[1]["by"], "better at night"),
    ]
    again = http.post(place, json={}, token=member)
    assert (again.status_code, again.json()["code"]) == (409, "promotion_decided")
    assert http.post(f"{PROMOTION}/99/approve", json={}, token=member).status_code == 404
    assert http.post(place, json={"reason": ""}, token=member).status_code == 422


def test_a_member_cannot_require_fewer_approvals(
    http: Http,  # noqa: F811
    number: int,
    token_of: Callable[..., str],
) -> None:
    member, admin = token_of("kemal"), token_of("deniz", "admin")
    lower = {"approvals": 0, "reason": "faster"}
    refused = http.post("/models/load/policies", json=lower, token=member)
    assert refused.status_code == 403
    assert "only an admin" in refused.json()["detail"]
    assert http.post("/models/load/policies", json=lower, token=admin).status_code == 201
    assert champion(http) == 1
    assert http.post("/models/load/policies", json={"approvals": 3, "reason": "r"}, token=admin).status_code == 422


def test_a_service_account_does_not_approve(
    http: Http,  # noqa: F811
    number: int,
    token_of: Callable[..., str],
    administer: Callable[..., None],
) -> None:
    robot = token_of("robot")
    administer(update(Person).where(Person.id == "robot").values(kind="service"))
    assert not http.get(PROMOTION, token=robot).json()["items"][0]["may_approve"]
    refused = http.post(f"{PROMOTION}/{number}/approve", json={}, token=robot)
    assert (refused.status_code, refused.json()["code"], champion(http)) == (403, "service_account", 1)


@pytest.mark.parametrize(
    ("decision", "state"), [("approve", "succeeded"), ("decline", "failed"), ("roll back", "failed")]
)
def test_an_automation_s_step_waits_for_the_decision(
    system: Any, project_id: str, make_folder: Make, tmp_path: Path, decision: str, state: str
) -> None:
    models = system.service
    for step in (1.0, 2.0, 3.0):
        system.add_version(project_id, make_folder(step))
    for version in (1, 2):
        models.aliases.promote_by_hand(project_id, "load", version, alias="champion", reason="r", by="ayse")
    models.policies.set(project_id, "load", PolicyRequest(approvals=1, reason="four eyes"), "ayse")
    stand = Stand(system.database, tmp_path / "home", project_id, models)
    stand.create(steps=[{"do": "promote", "model": "load", "version": 3}, {"do": "refresh", "run": {"dataset": "co2"}}])
    stand.happen()
    for _ in range(3):
        stand.loop.tick()
        stand.look_now()
    firing = stand.get().newest_firings[0]
    assert [step.state for step in firing.steps] == ["running", "waiting"]
    assert models.reads.show(project_id, "load").champion == 2
    (asked,) = models.approvals.list(project_id, "load", is_open=True).items
    assert (asked.by, asked.reason) == ("automation", f"automation fresh, firing {firing.id}")
    if decision == "approve":
        models.approvals.approve(project_id, "load", asked.number, approver=Actor("kemal", "person-kemal"))
    elif decision == "decline":
        models.approvals.decline(project_id, "load", asked.number, by="kemal")
    else:
        models.aliases.rollback_by_hand(project_id, "load", alias="champion", reason="worse", by="kemal")
    stand.look_now()
    for _ in range(3):
        stand.loop.tick()
    steps = stand.get().newest_firings[0].steps
    assert steps[0].state == state
    assert len(stand.queued()) == (1 if state == "succeeded" else 0)
    if state == "failed":
        assert steps[0].error is not None
        assert steps[0].error.code == "promotion_declined"
