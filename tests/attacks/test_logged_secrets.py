"""No secret of a person or a project is in a log, an error, a command's output or a file of the data home."""

from __future__ import annotations

import base64

import pytest

from tests.attacks.secrets_used import VALUE, Browser, found, use_every_secret, wrongly_shown
from tests.conftest import PlatformProcess

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def used(platform: PlatformProcess) -> Browser:
    return use_every_secret(platform)


def test_no_secret_is_written_to_a_log_or_a_file(used: Browser) -> None:
    platform = used.platform
    assert isinstance(platform, PlatformProcess)
    used_events = platform.home / "platform.log"
    assert used_events.is_file()
    platform.stop()
    assert found(used.secrets, platform.log().encode()) == [], "the output of the platform"
    files = {path: path.read_bytes() for path in platform.home.rglob("*") if path.is_file()}
    assert any(path.name == "azuraforge.db" or path.suffix in (".db", ".sqlite") for path in files), sorted(files)
    for path, content in files.items():
        # The command line's token is in its own file, which only the platform's user can read.
        allowed = {"local"} if path.name == "token" else set()
        assert set(found(used.secrets, content)) <= allowed, path
    assert wrongly_shown(used) == []


def test_the_scan_finds_a_secret_in_each_form() -> None:
    for form in (
        VALUE,
        VALUE.encode().hex(),
        *(base64.b64encode(b"x" * n + VALUE.encode() + b"yz").decode() for n in range(3)),
    ):
        assert found({"value": VALUE}, f"a {form} b".encode()) == ["value"], form
    assert found({"value": VALUE}, b"sesame") == []
