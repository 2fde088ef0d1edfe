"""Signing in with a password, and the routes of the own account, over HTTP."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from argon2 import PasswordHasher

from azuraforge.people import passwords, signing_in
from azuraforge.people.accounts import Accounts
from azuraforge.people.address import Address
from azuraforge.people.administration.service import PeopleAdministration
from azuraforge.server.application import create_api
from azuraforge.settings import ServerSettings

GOOD, OTHER = "three purple anchors", "seven green kettles"
URL = "http://127.0.0.1:8787"
HEADERS = {"origin": URL}


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def app(world, database):
    app = create_api()
    app.state.projects, app.state.people = world.projects, world.people
    app.state.accounts = Accounts(database, world.people)
    app.state.people_administration = PeopleAdministration(database, world.people, app.state.accounts)
    app.state.address = Address.of(ServerSettings(), URL)
    app.state.accounts.change_password(world.people.identify(world.people.local_token(world.owner)), GOOD, None)
    return app


def browser(app, **options) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.1", 1))
    return httpx.AsyncClient(transport=transport, base_url=f"{URL}/api/v1", headers=HEADERS, verify=False, **options)


def test_a_browser_signs_in_changes_its_password_and_stays_signed_in(app):
    async def story():
        async with browser(app) as first, browser(app) as second:
            for each in (first, second):
                answer = await each.post("/sessions", json={"name": "owner", "password": GOOD})
                assert (answer.status_code, answer.json()["person"]) == (201, "owner")
                cookies = answer.headers.get_list("set-cookie")
                assert len(cookies) == 2
                assert all("HttpOnly" in cookie and "SameSite=strict" in cookie for cookie in cookies)
                assert GOOD not in answer.text
            again = await first.post("/sessions", json={"name": "owner", "password": GOOD})
            assert len(again.headers.get_list("set-cookie")) == 1, "the browser is known"
            wrong = await first.put("/people/me/password", json={"password": OTHER, "current": "no"})
            assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
            common = await first.put("/people/me/password", json={"password": "password1234", "current": GOOD})
            assert (common.status_code, common.json()["code"]) == (422, "password_too_common")
            changed = await first.put("/people/me/password", json={"password": OTHER, "current": GOOD})
            assert changed.status_code == 200, changed.text
            assert (await first.get("/people/me")).json()["name"] == "owner"
            assert (await second.get("/people/me")).status_code == 401
            assert (await first.patch("/people/me", json={"name": " Ayşe "})).json()["name"] == "Ayşe"
            taken = await first.patch("/people/me", json={"name": "Other"})
            assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
            answer = await second.post("/sessions", json={"name": "ayşe", "password": OTHER})
            assert answer.status_code == 201

    asyncio.run(story())


@pytest.mark.parametrize(
    "body", [{}, {"name": "owner"}, {"password": GOOD}, {"link": "x" * 30, "name": "owner", "password": GOOD}]
)
def test_signing_in_needs_a_link_or_a_name_with_password(app, body):
    async def story():
        async with browser(app) as client:
            answer = await client.post("/sessions", json=body)
            assert answer.status_code == 422, answer.text
            assert "link" in answer.text
            assert GOOD not in answer.text

    asyncio.run(story())


def test_wrong_names_and_passwords_get_one_answer_until_there_are_too_many(app):
    async def story():
        async with browser(app) as client:
            answers = [
                await client.post("/sessions", json={"name": name, "password": OTHER})
                for name in ["owner"] * 10 + ["nobody"]
            ]
            assert {(each.status_code, each.text) for each in answers} == {(401, answers[0].text)}
            late = await client.post("/sessions", json={"name": "owner", "password": GOOD})
            assert (late.status_code, late.json()["code"]) == (429, "too_many_attempts")
            assert int(late.headers["retry-after"]) > 0

    asyncio.run(story())


def test_wrong_passwords_of_unknown_browsers_use_a_part_of_one_core(app, monkeypatch):
    """The queue rests after each, while right passwords and known browsers do not wait."""
    rests = []
    monkeypatch.setattr(signing_in.time, "sleep", rests.append)

    async def story():
        async with browser(app) as client:
            assert (await client.post("/sessions", json={"name": "owner", "password": GOOD})).status_code == 201
            assert rests == []
            await client.post("/sessions", json={"name": "owner", "password": OTHER})
            assert rests == []
            client.cookies.clear()
            await client.post("/sessions", json={"name": "owner", "password": OTHER})
            await client.post("/sessions", json={"name": "nobody", "password": OTHER})
            assert rests == [signing_in.REST_SECONDS] * 2

    asyncio.run(story())


def test_another_site_s_page_cannot_sign_in(app):
    async def story():
        async with browser(app) as client:
            body = {"name": "owner", "password": GOOD}
            answer = await client.post("/sessions", json=body, headers={"origin": "https://evil.example"})
            assert answer.status_code == 403

    asyncio.run(story())


def test_an_api_token_changes_no_account(app, world):
    async def story():
        async with browser(app) as client:
            client.headers["authorization"] = f"Bearer {world.token()}"
            assert (await client.get("/people/me")).json()["name"] == "owner"
            assert (await client.patch("/people/me", json={"name": "x"})).status_code == 403
            assert (await client.put("/people/me/password", json={"password": OTHER})).status_code == 403

    asyncio.run(story())


def test_only_an_administrator_s_command_line_makes_links_for_others(app, world):
    async def story():
        async with browser(app) as client:
            answers = {}
            for kind, secret in {
                "local": world.people.local_token(world.owner),
                "session": world.session(),
                "other": world.people.local_token(world.other),
            }.items():
                headers = {"authorization": f"Bearer {secret}"}
                answers[kind] = await client.post("/links", json={"person": "OTHER"}, headers=headers)
            assert {kind: each.status_code for kind, each in answers.items()} == {
                "local": 201,
                "session": 403,
                "other": 403,
            }
            link = answers["local"].json()["url"].split("#link=")[1]
            assert (await client.post("/sessions", json={"link": link})).json()["person"] == "other"

    asyncio.run(story())


def test_at_most_one_unknown_browser_is_hashed_at_a_time_and_a_known_one_does_not_wait(app, monkeypatch):
    """While hashes of unknown browsers take forever, further ones get a 503 and a known browser signs in."""
    free = threading.Event()
    plain = passwords.matches

    def slow(hash_, given):
        if given == OTHER:
            assert free.wait(30)
        return plain(hash_, given)

    async def story():
        async with browser(app) as known, browser(app) as unknown:
            assert (await known.post("/sessions", json={"name": "owner", "password": GOOD})).status_code == 201
            monkeypatch.setattr(passwords, "matches", slow)
            body = {"name": "owner", "password": OTHER}
            waiting = [
                asyncio.create_task(unknown.post("/sessions", json={**body, "name": f"n{number}"}))
                for number in range(12)
            ]
            done, _ = await asyncio.wait(waiting, timeout=20, return_when=asyncio.FIRST_COMPLETED)
            assert {task.result().status_code for task in done} == {503}
            answer = await known.post("/sessions", json={"name": "owner", "password": GOOD})
            assert answer.status_code == 201, "known browsers have a queue of their own"
            free.set()
            statuses = [(await task).status_code for task in waiting]
            assert statuses.count(401) == 9, "one that is hashed and eight in line"
            assert statuses.count(503) == 3

    asyncio.run(story())
