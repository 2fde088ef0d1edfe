"""Commands in docs/cli.md and README.md exist with their options; the Turkish pages have the same ones."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from azuraforge.cli import main

ROOT = Path(__file__).parents[2]


def shell_lines(page: str) -> list[list[str]]:
    """Return the words of every line in the page's shell blocks, which name no language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    joined = [line for name, block in blocks if not name for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True) for line in joined]


def lines(page: str) -> list[list[str]]:
    return [words[1:] for words in shell_lines(page) if words and words[0].endswith("azuraforge")]


@pytest.mark.parametrize("words", lines("docs/cli.md") + lines("README.md"), ids=" ".join)
def test_the_command_and_its_options_exist(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    groups = ("datasets", "runs", "models", "predictions", "studies", "schedules", "plugins", "tokens", "database")
    groups += ("trash", "automations", "notifications", "secrets")
    command = words[: 0 if words[0].startswith("--") else 1 + (words[0] in groups)]
    assert main.run([*command, "--help"]) == 0
    known = capsys.readouterr().out
    for option in (word for word in words if word.startswith("--")):
        assert re.search(rf"(^|[\s│]){option}([\s│]|$)", known), f"{option} is unknown to {' '.join(words)}"


def test_both_languages_have_the_same_commands():
    def bare(page: str) -> list[list[str]]:
        return [[word for word in words if " " not in word] for words in lines(page)]

    assert len(lines("docs/cli.md")) > 20
    assert bare("docs/cli.md") == bare("docs/cli.tr.md")


def test_both_readmes_have_the_same_commands_and_python():
    def python(page: str) -> list[str]:
        (block,) = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
        return [line.partition("  #")[0].rstrip() for line in block.splitlines()]

    def commands(page: str) -> list[list[str]]:
        return [words for words in shell_lines(page) if words[:2] != ["git", "clone"]]

    assert ["make", "run"] in commands("README.md")
    assert commands("README.md") == commands("README.tr.md")
    assert python("README.md") == python("README.tr.md")


def test_a_line_of_the_readme_can_be_pasted_into_any_shell():
    """zsh passes an unquoted # on to the command, and nothing replaces a placeholder."""
    for words in shell_lines("README.md"):
        if words[:2] == ["git", "clone"]:
            continue
        assert not any(word.startswith(("#", "<")) or re.fullmatch("[A-Z]{3,}", word) for word in words), words
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not re.findall(r"^(?:azuraforge|make) .*#", text, re.MULTILINE)


def test_files_that_the_readme_names_exist():
    named = {word for words in shell_lines("README.md") for word in words if word.startswith("examples/")}
    assert len(named) >= 2
    for page in ("README.md", "README.tr.md"):
        named |= set(re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8")))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_wheel_s_name_in_the_readme_is_the_one_that_make_wheel_writes():
    import azuraforge

    for page in ("README.md", "README.tr.md"):
        found = set(re.findall(r"azuraforge-[0-9][^ `]*\.whl", (ROOT / page).read_text(encoding="utf-8")))
        assert found == {f"azuraforge-{azuraforge.__version__}-py3-none-any.whl"}
