"""A system that does not let the platform keep a promise is named at start; nothing is named where all hold."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest

from azuraforge.cli.language import Language
from azuraforge.cli.terminal import Terminal
from azuraforge.cli.up import note_promises
from azuraforge.messages import LANGUAGES
from azuraforge.platform import promises
from azuraforge.platform.promises import not_kept
from azuraforge.processes.process_table import PORTABLE
from tests.process_checks import still_alive

ROOT = Path(__file__).parents[2]


def started(make_platform, **environment: str) -> str:
    """What ``azuraforge up`` says before it finds its port taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        return make_platform(**environment).run("up", "--port", port, check=False).stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_named_in_the_readers_language(monkeypatch, capsys, language):
    monkeypatch.setattr(promises, "not_kept", lambda: not_kept(linux=False))
    note_promises(Terminal(Language(language)))
    said = " ".join(capsys.readouterr().err.split())
    for name in not_kept(linux=False):
        assert Language(language)(f"promise.{name}") in said
    monkeypatch.setattr(promises, "not_kept", lambda: ())
    note_promises(Terminal(Language(language)))
    assert capsys.readouterr().err == ""


@pytest.mark.proof
def test_the_start_names_what_other_systems_do_not_keep(make_platform):
    said = " ".join(started(make_platform, **{PORTABLE: "1", "AZURAFORGE_LANG": "tr"}).split())
    for name in not_kept(linux=False):
        assert Language("tr")(f"promise.{name}") in said


@pytest.mark.skipif(sys.platform != "linux", reason="on Linux everything holds")
def test_nothing_is_named_on_linux_unless_the_kernel_or_a_sandbox_takes_it_away(monkeypatch):
    assert not_kept(linux=True) == ()

    def refuse(*_):
        raise PermissionError(1, "a sandbox")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    assert not_kept(linux=True) == ("certain",)


def test_every_promise_stands_in_both_guides():
    for guide in ("reliability.md", "reliability.tr.md"):
        text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
        for name in not_kept(linux=False):
            assert f"`{name}`" in text, (guide, name)


@pytest.mark.proof
def test_a_platform_without_linux_keeps_the_others(make_platform):
    running = make_platform(**{PORTABLE: "1"}).start()
    log = [json.loads(line) for line in (running.home / "platform.log").read_text().splitlines()]
    assert {line["promise"] for line in log if line["event"] == "promise_not_kept_here"} == set(not_kept(linux=False))
    assert still_alive(running.kill(), 10) == []
    assert running.start().stop() == 0
