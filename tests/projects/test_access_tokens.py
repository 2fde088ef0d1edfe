"""Access tokens: what they give, when they end, and every way to forge one."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from azuraforge.database import Database
from azuraforge.errors import Forbidden, InvalidInput, Unauthorized
from azuraforge.people import callers
from azuraforge.projects.access_tokens import AccessTokens, _signing_key
from azuraforge.projects.schemas import AccessTokenRequest, TokenRequest
from azuraforge.projects.secrets.keys import KeyRing
from azuraforge.projects.service import ProjectService
from tests.people.conftest import World, administer, world  # noqa: F401

pytestmark = pytest.mark.usefixtures("database")


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def ring(*keys: str) -> KeyRing:
    return KeyRing(SecretStr(",".join(keys)), Path("/does/not/exist"))


KEY = new_key()


@pytest.fixture
def exchanging(world: World) -> World:  # noqa: F811
    world.projects._access_tokens = AccessTokens(ring(KEY))
    return world


def exchange(of: World, secret: str, project: str | None = None, **wanted: Any) -> str:
    access = of.projects.authenticate(secret, project)
    return of.projects.create_access_token(access, AccessTokenRequest(**wanted)).token


def forged(token: str, key: str = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """The token with other claims (None: without one), signed with ``key``."""
    content = {**jwt.decode(token, options={"verify_signature": False}), **claims}
    content = {name: value for name, value in content.items() if value is not None}
    first = ring(key).first()
    made = {"algorithm": "HS256", "headers": {"kid": first.id}, **(header or {})}
    return jwt.encode(content, _signing_key(first), **made)


def test_it_gives_the_role_and_project_of_the_secret_it_was_exchanged_for(exchanging: World) -> None:
    for secret, project in ((exchanging.session(), "default"), (exchanging.token("admin"), None)):
        role = exchanging.projects.authenticate(secret, project).role
        token = exchange(exchanging, secret, project)
        for named in (None, "default"):
            access = exchanging.projects.authenticate(token, named)
            assert (access.project_slug, access.role, access.person_id) == ("default", role, exchanging.owner)
            assert (access.kind, access.temporary) == ("token", True)
        with pytest.raises(InvalidInput) as refused:
            exchanging.projects.authenticate(token, "second")
        assert refused.value.error_code == "project_conflict"
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["sub"], claims["project"], claims["role"]) == (exchanging.owner, "default", role)
        assert 0 < claims["exp"] - claims["iat"] <= 900
        assert secret not in json.dumps(claims)
    lower = exchange(exchanging, exchanging.session(), "default", role="viewer")
    assert exchanging.projects.authenticate(lower).role == "viewer"
    local = exchanging.people.local_token(exchanging.owner)
    assert exchanging.projects.authenticate(exchange(exchanging, local, "second")).role == "viewer"


def test_as_a_person_it_is_a_token_with_one_project(exchanging: World) -> None:
    parent = exchanging.token("member")
    for secret, project, role in ((exchanging.session(), "default", "viewer"), (parent, None, "member")):
        token = exchange(exchanging, secret, project, role=role)
        caller = exchanging.projects.identify(token)
        assert (caller.kind, caller.person_id) == ("token", exchanging.owner)
        listed = exchanging.projects.projects(caller).items
        assert [(each.slug, each.role) for each in listed] == [("default", role)]
    assert exchanging.projects.identify(parent).role is None, "the parent is not mistaken for its access token"


def test_it_creates_no_tokens_and_raises_no_role(exchanging: World) -> None:
    access = exchanging.projects.authenticate(exchange(exchanging, exchanging.session(), "default"))
    assert access.role == "owner"
    with pytest.raises(Forbidden, match="access token cannot create tokens"):
        exchanging.projects.create_token(access, TokenRequest(name="n", role="viewer"))
    with pytest.raises(Forbidden, match="access token cannot create tokens"):
        exchanging.projects.create_access_token(access, AccessTokenRequest())
    viewer = exchanging.projects.authenticate(exchanging.session(), "second")
    with pytest.raises(Forbidden, match="the role viewer cannot"):
        exchanging.projects.create_access_token(viewer, AccessTokenRequest(role="member"))


def test_it_ends_with_its_parent_and_follows_the_membership(
    exchanging: World,
    administer: Callable[..., None],  # noqa: F811
) -> None:
    session, api_token = exchanging.session(), exchanging.token("owner")
    tokens = [exchange(exchanging, session, "default"), exchange(exchanging, api_token)]
    held = [exchanging.projects.authenticate(each) for each in tokens]
    exchanging.people.sign_out(exchanging.people.identify(session))  # type: ignore[arg-type]
    assert not held[0].is_current, "an open stream reads it again"
    with pytest.raises(Unauthorized):
        exchanging.projects.authenticate(tokens[0])
    with pytest.raises(Unauthorized):
        exchanging.projects.identify(tokens[0])
    administer(f"UPDATE member SET role = 'viewer' WHERE project_id = '{exchanging.default}'")
    exchanging.people.revocations.forget(None)  # as after a minute
    assert exchanging.projects.authenticate(tokens[1]).role == "viewer"
    (made,) = exchanging.projects.tokens(exchanging.default).items
    exchanging.projects.revoke_token(exchanging.default, made.id)
    with pytest.raises(Unauthorized):
        exchanging.projects.authenticate(tokens[1])


def test_a_removed_member_is_refused(exchanging: World, administer: Callable[..., None]) -> None:  # noqa: F811
    token = exchange(exchanging, exchanging.session(), "second")
    assert exchanging.projects.authenticate(token).role == "viewer"
    administer(f"DELETE FROM member WHERE person_id = '{exchanging.owner}' AND project_id = 'second'")
    assert callers.CACHE_SECONDS <= 60
    exchanging.people.revocations.forget(None)
    with pytest.raises(Unauthorized):
        exchanging.projects.authenticate(token)


def test_it_is_kept_in_the_cache_until_its_own_expiry(exchanging: World) -> None:
    token = exchange(exchanging, exchanging.session(), "default", expires_in_seconds=30)
    assert 25 < exchanging.projects.authenticate(token).seconds_left <= 30


def test_the_expiry_of_the_parent_limits_it(exchanging: World) -> None:
    access = exchanging.projects.authenticate(exchanging.session(), "default")
    ending = replace(access, expires_at=datetime.now(UTC) + timedelta(seconds=40))
    claims = jwt.decode(
        exchanging.projects.create_access_token(ending, AccessTokenRequest()).token,
        options={"verify_signature": False},
    )
    assert claims["exp"] - claims["iat"] <= 40


FORGERIES: dict[str, Callable[[str], str]] = {
    "expired": lambda token: forged(token, iat=int(time.time()) - 120, exp=int(time.time()) - 1),
    "from the future": lambda token: forged(token, iat=int(time.time()) + 120, exp=int(time.time()) + 900),
    "longer than a quarter of an hour": lambda token: forged(token, exp=int(time.time()) + 3600),
    "another audience": lambda token: forged(token, aud="elsewhere"),
    "another issuer": lambda token: forged(token, iss="elsewhere"),
    "without jti": lambda token: forged(token, jti=None),
    "without iat": lambda token: forged(token, iat=None),
    "without exp": lambda token: forged(token, exp=None),
    "without aud": lambda token: forged(token, aud=None),
    "without iss": lambda token: forged(token, iss=None),
    "without parent": lambda token: forged(token, parent=None),
    "unknown parent": lambda token: forged(token, parent="0" * 64),
    "another person": lambda token: forged(token, sub="other"),
    "another project of the person": lambda token: forged(token, project="second"),
    "another id of the project": lambda token: forged(token, project_id="second"),
    "a project of others": lambda token: forged(token, project="third", project_id="third"),
    "another algorithm": lambda token: forged(token, header={"algorithm": "HS512"}),
    "another key": lambda token: forged(token, key=new_key()),
    "another key under the right id": lambda token: forged(
        token, key=new_key(), header={"headers": {"kid": ring(KEY).first().id}}
    ),
    "unknown kid": lambda token: forged(token, header={"headers": {"kid": "x"}}),
    "no kid": lambda token: forged(token, header={"headers": {}}),
    "kid of another type": lambda token: part({"alg": "HS256", "kid": [1]}) + token[token.index(".") :],
    "alg none": lambda token: part({"alg": "none", "kid": ring(KEY).first().id}) + "." + token.split(".")[1] + ".",
    "no signature": lambda token: token.rpartition(".")[0] + ".",
    "tampered": lambda token: with_claim(token, role="owner", jti="other"),
    "key of encryption": lambda token: jwt.encode(
        jwt.decode(token, options={"verify_signature": False}),
        base64.b64decode(KEY),
        headers={"kid": ring(KEY).first().id},
    ),
    "nested too deeply": lambda _token: base64.urlsafe_b64encode(b"[" * 1200).decode() + ".e30.x",
    "too long": lambda token: forged(token, more="x" * 3000),
    "nothing": lambda _token: "..",
    "no text": lambda _token: "\xff.\x00.\u20ac",
}


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def with_claim(token: str, **claims: Any) -> str:
    header, _, signature = token.split(".")
    content = {**jwt.decode(token, options={"verify_signature": False}), **claims}
    return f"{header}.{part(content)}.{signature}"


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_every_forgery_is_refused_with_one_text(exchanging: World) -> None:
    token = exchange(exchanging, exchanging.session(), "default", role="member")
    assert exchanging.projects.authenticate(forged(token, jti="control")).role == "member"
    texts = set()
    for name, forge in FORGERIES.items():
        with pytest.raises(Unauthorized) as refused:
            pytest.fail(f"{name}: {exchanging.projects.authenticate(forge(token))}")
        texts.add(refused.value.message)
    assert len(texts) == 1
    raised = forged(token, role="owner")  # only the platform's key can do this
    assert exchanging.projects.authenticate(raised).role == "owner"


def test_the_first_key_signs_and_all_verify(exchanging: World, database: Database) -> None:
    session = exchanging.session()
    token = exchange(exchanging, session, "default")

    def under(*keys: str) -> ProjectService:
        return ProjectService(database, access_tokens=AccessTokens(ring(*keys)))

    new = new_key()
    rotated = under(new, KEY)
    assert rotated.authenticate(token).role == "owner"
    access = rotated.authenticate(session, "default")
    newer = rotated.create_access_token(access, AccessTokenRequest()).token
    assert jwt.get_unverified_header(newer) == {"alg": "HS256", "typ": "JWT", "kid": ring(new).first().id}
    for service, refused in ((under(new), token), (exchanging.projects, newer), (ProjectService(database), token)):
        with pytest.raises(Unauthorized):
            service.authenticate(refused)
    unreadable = under("not a key")
    with pytest.raises(Unauthorized):
        unreadable.authenticate(token)
