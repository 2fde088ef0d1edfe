"""``azuraforge people`` on a real platform: the password signs in, and sessions end."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx

GOOD = "three purple anchors"


def command(platform, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "azuraforge.cli.main", "people", *words, "--home", str(platform.home)],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
    )


def sign_in(platform) -> httpx.Response:
    url = f"{platform.url}/api/v1/sessions"
    return httpx.post(url, json={"name": "OWNER", "password": GOOD}, headers={"Origin": platform.url}, timeout=60)


def test_a_password_that_is_set_in_the_terminal_signs_in_and_its_session_is_listed_and_ended(platform):
    refused = command(platform, "password", given="password1234\n")
    assert refused.returncode != 0
    assert "common" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "password1234" not in refused.stdout + refused.stderr
    done = command(platform, "password", given=f"{GOOD}\n")
    assert done.returncode == 0, done.stderr
    assert GOOD not in done.stdout + done.stderr
    assert json.loads(command(platform, "me", "--json").stdout)["administrator"] is True
    signed_in = sign_in(platform)
    assert signed_in.status_code == 201, signed_in.text
    (session,) = json.loads(command(platform, "sessions", "--json").stdout)
    assert session["method"] == "password"
    assert command(platform, "end-session").returncode == 2
    assert command(platform, "end-session", session["id"]).returncode == 0
    assert "No browser is signed in." in command(platform, "sessions").stdout
    assert command(platform, "link", "nobody").returncode == 1
    assert "/sign-in#link=" in command(platform, "link", "Owner").stdout
    assert command(platform, "rename", "Ayşe").returncode == 0
    assert command(platform, "rename", "owner").returncode == 0
    empty = command(platform, "password", given="")
    assert empty.returncode == 2
    assert "the password is empty" in empty.stderr
