"""Commands in docs/cli.md and the first pages exist with their options and can be pasted; links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from azuraforge.cli import main

ROOT = Path(__file__).parents[2]


def shell_lines(page: str) -> list[list[str]]:
    """Return the words of every line in the page's shell blocks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    joined = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True) for line in joined]


def lines(page: str) -> list[list[str]]:
    """Return the words of each command in blocks and in inline code."""
    spans = re.findall(r"`(azuraforge [^`\n]+)`", (ROOT / page).read_text(encoding="utf-8"))
    found = shell_lines(page) + [shlex.split(span) for span in spans]
    return [words[1:] for words in found if words and words[0].endswith("azuraforge")]


def test_the_guide_names_many_commands():
    assert len(lines("docs/cli.md")) > 40


@pytest.mark.parametrize("words", lines("docs/cli.md") + lines("docs/get-started.md"), ids=" ".join)
def test_the_command_and_its_options_exist(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    groups = ("datasets", "runs", "models", "predictions", "studies", "schedules", "plugins", "tokens", "database")
    groups += ("trash", "automations", "notifications", "secrets", "projects", "people", "members", "invitations")
    command = words[: 0 if words[0].startswith("--") else 1 + (words[0] in groups)]
    assert main.run([*command, "--help"]) == 0
    known = capsys.readouterr().out
    for option in (word for word in words if word.startswith("--")):
        assert re.search(rf"(^|[\s│]){option}([\s│]|$)", known), f"{option} is unknown to {' '.join(words)}"


@pytest.mark.parametrize("page", ["README.md", "docs/get-started.md"])
def test_a_line_of_the_first_pages_can_be_pasted_into_any_shell(page):
    """zsh passes an unquoted # on to the command, and nothing replaces a placeholder."""
    for words in shell_lines(page):
        if words[:2] == ["git", "clone"]:
            continue
        assert not any(word.startswith(("#", "<")) or re.fullmatch("[A-Z]{3,}", word) for word in words), words
    text = (ROOT / page).read_text(encoding="utf-8")
    assert not re.findall(r"^(?:azuraforge|make) .*#", text, re.MULTILINE)


def test_the_readme_has_two_commands_to_start():
    assert [words[0] for words in shell_lines("README.md")][:2] == ["git", "make"]


@pytest.mark.parametrize("page", ["README.md", "README.tr.md"])
def test_files_that_the_readme_names_exist_and_it_is_short(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {word for words in shell_lines(page) for word in words if word.startswith("examples/")}
    assert len(named) >= 2
    named |= set(re.findall(r"\]\(([^)#]+)\)", text))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    assert len(text.splitlines()) <= 120


def test_the_wheel_s_name_in_the_guide_is_the_one_that_make_wheel_writes():
    import azuraforge

    for page in ("docs/get-started.md", "docs/get-started.tr.md"):
        found = set(re.findall(r"azuraforge-[0-9][^ `]*\.whl", (ROOT / page).read_text(encoding="utf-8")))
        assert found == {f"azuraforge-{azuraforge.__version__}-py3-none-any.whl"}
