"""Shells complete the value of ``--project`` wherever it stands in a command."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from azuraforge import client
from azuraforge.cli import completion


class Platform:
    """A client whose person has two projects."""

    def __init__(self) -> None:
        self.projects = self

    def __enter__(self) -> Platform:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def list(self, *, limit: int) -> list[SimpleNamespace]:
        return [SimpleNamespace(slug=slug) for slug in ("north", "north-sea", "south")][:limit]


@pytest.mark.parametrize(("begun", "found"), [("", ["north", "north-sea", "south"]), ("no", ["north", "north-sea"])])
def test_the_projects_of_the_person_are_offered(monkeypatch, begun, found):
    monkeypatch.setattr(client, "Client", Platform)
    assert completion.project_names(begun) == found


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("azuraforge runs list --project ", "azuraforge --project "),
        ("azuraforge runs list --project no", "azuraforge --project no"),
        ("azuraforge runs --project north li", "azuraforge runs --project north li"),
        ("azuraforge 'runs --project ", "azuraforge --project "),
        ("azuraforge --project", "azuraforge --project"),
    ],
)
@pytest.mark.parametrize("variable", ["COMP_WORDS", "_TYPER_COMPLETE_ARGS"])
def test_the_option_is_found_anywhere(monkeypatch, variable, line, seen):
    monkeypatch.delenv("_TYPER_COMPLETE_ARGS", raising=False)
    monkeypatch.setenv("_AZURAFORGE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_CWORD", "3")
    monkeypatch.setenv(variable, line)
    completion.allow_project_anywhere()
    assert os.environ[variable] == seen


def test_without_a_platform_the_shell_gets_no_message(tmp_path):
    shell = {
        "_AZURAFORGE_COMPLETE": "complete_bash",
        "COMP_WORDS": "azuraforge runs list --project ",
        "COMP_CWORD": "4",
    }
    done = subprocess.run(
        [sys.executable, "-m", "azuraforge.cli.main"],
        env={**os.environ, "AZURAFORGE_HOME": str(tmp_path), **shell},
        capture_output=True,
        text=True,
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")
