"""Every command line in docs/cli.md is one that the program understands; the Turkish page has the same ones."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from azuraforge.cli import main

DOCS = Path(__file__).parents[2] / "docs"


def lines(page: str) -> list[list[str]]:
    blocks = re.findall(r"```\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    found = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [words[1:] for words in found if words[:1] == ["azuraforge"]]


@pytest.mark.parametrize("words", lines("cli.md"), ids=" ".join)
def test_the_command_and_its_options_exist(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    rooms = ("datasets", "runs", "models", "predictions", "studies", "schedules", "plugins", "tokens", "database")
    rooms += ("trash",)
    nested = words[0] in rooms
    assert main.run([*words[: 1 + nested], "--help"]) == 0
    known = capsys.readouterr().out
    for option in (word for word in words if word.startswith("--")):
        assert re.search(rf"(^|[\s│]){option}([\s│]|$)", known), f"{option} is unknown to {' '.join(words)}"


def test_both_languages_have_the_same_commands():
    def bare(page: str) -> list[list[str]]:
        return [[word for word in words if " " not in word] for words in lines(page)]

    assert len(lines("cli.md")) > 20
    assert bare("cli.md") == bare("cli.tr.md")
