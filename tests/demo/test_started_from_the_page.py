"""The demo as the page starts it: once, with a token of its own, cancellable, and never longer than the platform."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import psutil
import pytest

from tests.process_checks import still_alive, words_of

pytestmark = pytest.mark.timeout(280)


def asked(platform: Any, method: str, place: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {platform.token}"}
    return httpx.request(method, f"{platform.url}/api/v1/loop-demo{place}", headers=headers, timeout=60)


def wait_until(platform: Any, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        shown: dict[str, Any] = asked(platform, "GET").json()
        if reached(shown):
            return shown
        time.sleep(0.2)
    raise AssertionError(f"never reached: {shown}")


def drivers(platform: Any) -> list[psutil.Process]:
    return [each for each in platform.tree()[1:] if "azuraforge.demo.child" in words_of(each)]


def test_it_starts_once_is_cancelled_and_ends_with_the_platform(make_platform: Any) -> None:
    platform = make_platform("home").start()
    assert asked(platform, "GET").json()["state"] == "none"
    assert asked(platform, "POST", "/cancel").status_code == 404
    assert asked(platform, "POST").status_code == 202
    refused = asked(platform, "POST")
    assert (refused.status_code, refused.json()["code"]) == (409, "demo_running")
    shown = wait_until(platform, lambda found: len(found["lines"]) >= 3)
    assert [line["event"] for line in shown["lines"][:3]] == ["series", "first", "no_hook"]
    assert (shown["state"], shown["model"], shown["rows"]) == ("running", "loop", 350)
    assert len(drivers(platform)) == 1
    (driver,) = drivers(platform)
    assert not [word for word in words_of(driver) if "azf_" in word]
    assert not [value for value in driver.environ().values() if "azf_" in value]

    def tokens() -> list[str]:
        return [each["name"] for each in platform.api("/tokens")["items"]]

    assert tokens() == ["demo of the loop"]
    wait_until(platform, lambda _: platform.api("/datasets/loop")["version"] > 1)
    assert asked(platform, "POST", "/cancel").json()["state"] == "cancelling"
    ended = wait_until(platform, lambda found: found["ended_at"] is not None)
    assert ended["state"] == "cancelled"
    automations = platform.api("/automations")["items"]
    assert {each["name"] for each in automations} == {"loop: arrival", "loop: drift", "loop: daily"}
    assert all(each["paused"] for each in automations)
    deadline = time.monotonic() + 20
    while tokens() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert tokens() == []

    assert asked(platform, "POST").status_code == 202  # again, under another name
    wait_until(platform, lambda found: found["model"] == "loop-2")
    assert still_alive(platform.kill(), 10) == [], "the demo outlived the platform"
