"""A user who reads Turkish meets no English sentence: commands, errors of the API, documents and pages of one platform.

Only names pass: those of commands and settings, of plugins, and what the user typed.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.main import get_command

from azuraforge.cli.main import app
from azuraforge.client import Client
from tests.api_document import api_document
from tests.command_line import run_command
from tests.conftest import PlatformProcess
from tests.english import english_words

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]
#: Names in the texts: of plugins, methods, formats, and of values that the API defines.
NAMES = ("forecasting.ridge", "forecasting.naive", "forecasting.auto", "New York", "Open-Meteo", "test.broken")
MONTHS = 120


@pytest.fixture(scope="module")
def plugin_files() -> dict[str, str]:
    return {"bozuk.py": "import olmayan_modul\n"}


@pytest.fixture(scope="module")
def tour(platform: PlatformProcess, tmp_path_factory: pytest.TempPathFactory) -> PlatformProcess:
    """The platform after a tour: a dataset, a run with a report, a model, a study, automations, secrets, trash."""
    folder = tmp_path_factory.mktemp("tour")
    table = folder / "talep.csv"
    with table.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["ay", "talep"])
        for month in range(MONTHS):
            at = date(2010 + month // 12, month % 12 + 1, 1).isoformat()
            writer.writerow([at, round(100 + month / 3 + 20 * math.sin(math.pi * month / 6) + month * 7 % 5, 2)])
    config = folder / "ayar.json"
    config.write_text(json.dumps({"window": 24}))
    platform.folder = folder  # type: ignore[attr-defined]
    return platform


def said_in_turkish(platform: PlatformProcess, *arguments: str) -> str:
    """Return what a command writes in Turkish, whether it succeeds or not."""
    variables = {**platform.variables, "AZURAFORGE_LANG": "tr", "COLUMNS": "400"}
    done = run_command(variables, *arguments)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def paths(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each command."""
    yield path
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from paths(inner, (*path, name))


def test_the_help_of_every_command(tour):
    found = {}
    for path in paths(get_command(app)):
        # Names of arguments and commands are part of each page of help, so only words of sentences are looked for.
        names = [*itertools.chain(*paths(get_command(app))), "New York", "weekly, never"]
        if words := english_words(said_in_turkish(tour, *path, "--help"), labels=False, names=names):
            found[" ".join(path)] = words
    assert found == {}
