"""Every kind of secret of a person or a project, created, used, misused and ended, and a search for them."""

from __future__ import annotations

import base64
import json
import subprocess
import urllib.error
import urllib.request
from typing import Any, Protocol

VALUE = "sesame-8822-halva"
PASSWORD, NEW_PASSWORD, ADA_PASSWORD = "three-purple-anchors", "seven-green-kettles", "nine-quiet-harbours"
#: Secrets that the caller put into an address or a body by mistake come back in the answer to this caller.
ECHOED = ("local", "session", "admin", "viewer", "access token", "revoked invitation")
#: Secrets that are sent in bodies and cookies only; ``add_accounts`` has used them.
NO_BEARER = ("password", "new password", "session ", "browser", "invitation", "revoked")


class Used(Protocol):
    """A platform, embedded or scaled."""

    url: str

    @property
    def token(self) -> str: ...
    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]: ...


class Browser:
    """Requests of a browser or a program; it remembers every secret and everything it is shown."""

    def __init__(self, platform: Used) -> None:
        self.platform = platform
        self.secrets: dict[str, str] = {"value": VALUE, "local": platform.token}
        self.seen: list[str] = []

    def send(
        self, method: str, path: str, body: object = None, secret: str | None = None, **headers: str
    ) -> tuple[int, dict[str, Any], Any]:
        """Send a request; keep its answer for the scan unless it hands out a secret."""
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            f"{self.platform.url}{path}",
            method=method,
            data=data,
            headers={"Content-Type": "application/json", "AzuraForge-Project": "default", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                text, status, given = answer.read().decode(), answer.status, answer.headers
        except urllib.error.HTTPError as error:
            with error:
                text, status, given = error.read().decode(), error.code, error.headers
        if given.get("Cache-Control") != "no-store":
            self.seen.append(f"{dict(given) if 'set-cookie' not in given else ''}{text}")
        return status, json.loads(text) if text.startswith(("{", "[")) else {}, given


def forms(secret: str) -> set[bytes]:
    """The secret as it is, in hexadecimal and in base64 at each of the three offsets."""
    raw = secret.encode()
    encoded = {base64.b64encode(b"x" * skipped + raw)[4 if skipped else 0 : -4] for skipped in range(3)}
    return {raw, raw.hex().encode(), raw.hex().upper().encode(), *encoded, *(each.rstrip(b"=") for each in encoded)}


def found(secrets: dict[str, str], content: bytes) -> list[str]:
    return [name for name, secret in secrets.items() if any(form in content for form in forms(secret))]


def cookies(headers: Any) -> dict[str, str]:
    """The cookies that an answer sets, by the last word of their names: session and browser."""
    pairs = [each.split(";")[0].partition("=") for each in headers.get_all("set-cookie", [])]
    return {name.rpartition("_")[2]: value for name, _, value in pairs}


def add_accounts(browser: Browser, local: str) -> None:
    """Set and change a password, sign in rightly and wrongly in a known browser, invite, and accept."""
    own = {"Origin": browser.platform.url}
    secrets = browser.secrets
    secrets.update({"password": PASSWORD, "new password": NEW_PASSWORD, "password of ada": ADA_PASSWORD})
    assert browser.send("PUT", "/api/v1/people/me/password", {"password": PASSWORD}, local)[0] == 200
    right = {"name": "owner", "password": PASSWORD}
    status, _, headers = browser.send("POST", "/api/v1/sessions", right, None, **own)
    assert status == 201
    secrets.update({f"{name} with password": value for name, value in cookies(headers).items()})
    session, known = secrets["session with password"], secrets["browser with password"]
    cookie = {"Cookie": f"azuraforge_session={session}; azuraforge_browser={known}", **own}
    for body in (
        {**right, "password": NEW_PASSWORD},
        {"name": PASSWORD, "password": known},
        {"name": "owner", "x": known},
    ):
        assert browser.send("POST", "/api/v1/sessions", body, None, **cookie)[0] in (401, 422)
    for current in (None, NEW_PASSWORD, PASSWORD):
        body = {"password": NEW_PASSWORD, "current": current}
        status, _, headers = browser.send("PUT", "/api/v1/people/me/password", body, None, **cookie)
    assert status == 200
    secrets.update({f"{name} after the change": value for name, value in cookies(headers).items()})
    assert browser.send("GET", "/api/v1/people/me", None, None, **cookie)[0] == 401
    made = [browser.send("POST", "/api/v1/invitations", {"role": "viewer"}, local)[1] for _ in range(2)]
    secrets["invitation"], secrets["revoked invitation"] = (each["url"].partition("#invitation=")[2] for each in made)
    invitation = {"invitation": secrets["invitation"]}
    browser.send("POST", "/api/v1/invitations/lookup", invitation, None, **own)
    for password in ("short", ADA_PASSWORD, ADA_PASSWORD):  # refused, accepted, used
        body = {**invitation, "name": "ada", "password": password}
        status, _, headers = browser.send("POST", "/api/v1/invitations/accept", body, None, **own)
        if status == 201:
            secrets.update({f"{name} of ada": value for name, value in cookies(headers).items()})
    assert {"session of ada", "browser of ada"} <= secrets.keys()
    browser.send("DELETE", f"/api/v1/invitations/{made[1]['id']}", None, local)
    revoked = {"invitation": secrets["revoked invitation"]}
    assert browser.send("POST", "/api/v1/invitations/accept", revoked, local)[0] == 404
    browser.send("GET", f"/api/v1/invitations/{secrets['revoked invitation']}", None, local)
    browser.send("GET", "/api/v1/invitations", None, local)


def use_every_secret(platform: Used) -> Browser:
    """Create, use, misuse and end every kind of secret on a platform."""
    browser = Browser(platform)
    local = browser.secrets["local"]
    link = browser.send("POST", "/api/v1/links", {"next": "/p/default/runs"}, local)[1]["url"]
    browser.secrets["link"] = link.split("#link=")[1].split("&")[0]
    status, _, headers = browser.send("POST", "/api/v1/sessions", {"link": browser.secrets["link"]})
    assert status == 201
    cookie = headers["set-cookie"].split(";")[0]
    browser.secrets["session"] = cookie.partition("=")[2]
    origin = {"Cookie": cookie, "Origin": platform.url}
    for role in ("admin", "viewer"):
        browser.secrets[role] = browser.send("POST", "/api/v1/tokens", {"name": role, "role": role}, local)[1]["token"]
    for parent in (local, browser.secrets["admin"]):
        made = browser.send("POST", "/api/v1/access-tokens", {}, parent)[1]["token"]
        browser.secrets[f"access token {len(browser.secrets)}"] = made
    signature = made.rpartition(".")[2]
    browser.secrets["signature"] = signature
    add_accounts(browser, local)
    admin = browser.secrets["admin"]
    assert browser.send("PUT", "/api/v1/secrets/plant", {"value": VALUE}, admin)[0] == 200

    for name, secret in list(browser.secrets.items()):
        if name in ("value", "link", "signature") or name.startswith(NO_BEARER):
            continue
        used_as = origin if name == "session" else {}
        bearer = None if name == "session" else secret
        for path in ("/api/v1/projects", "/api/v1/runs", "/api/v1/runs/none", "/api/v1/secrets"):
            browser.send("GET", path, None, bearer, **used_as)
        # mistakes: in a path, a parameter, a header, a body of a wrong shape, and changed by one character
        browser.send("GET", f"/api/v1/runs/{secret}", None, bearer, **used_as)
        browser.send("GET", f"/api/v1/runs?project={secret}", None, bearer, **used_as)
        browser.send("POST", "/api/v1/runs", {"kind": secret}, bearer, **used_as)
        browser.send("GET", "/api/v1/runs", None, secret[:-1] + "x")
        browser.send("POST", "/api/v1/sessions", {"link": secret})
    browser.send("POST", "/api/v1/sessions", {"link": browser.secrets["link"]})
    browser.send("PUT", "/api/v1/secrets/plant", {"value": [VALUE]}, admin)
    browser.send("PUT", "/api/v1/secrets/plant", {"value": VALUE, "more": 1}, browser.secrets["viewer"])
    refused = {"source": "sql", "name": "x", "options": {"connection": "plant", "query": "SELECT 1", "time": "t"}}
    browser.send("POST", "/api/v1/datasets/from-source", refused, admin)
    for name in ("projects list", "tokens list", "secrets list", "runs list", "invitations list", "members list"):
        done = platform.run(*name.split())
        browser.seen += [done.stdout, done.stderr]
    (tokens,) = [browser.send("GET", "/api/v1/tokens", None, admin)[1]["items"]]
    for each in tokens:
        browser.send("DELETE", f"/api/v1/tokens/{each['id']}", None, local)
    browser.send("GET", "/api/v1/runs", None, browser.secrets["viewer"])
    browser.send("GET", "/api/v1/runs", None, made)
    browser.send("DELETE", "/api/v1/sessions/current", None, None, **origin)
    return browser


def wrongly_shown(browser: Browser) -> list[str]:
    """Return the answers and outputs that show a secret to a caller who did not send it."""
    return [
        text[:500]
        for text in browser.seen
        if not all(name.startswith(ECHOED) for name in found(browser.secrets, text.encode()))
    ]
