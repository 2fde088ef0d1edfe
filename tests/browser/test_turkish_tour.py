"""A user who reads Turkish meets no English sentence: a tour through commands, errors of the API, documents and pages.

Names pass: those of commands, settings, plugins and what the user typed.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import re
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from azuraforge.cli.main import app
from azuraforge.client import Client
from tests.api_document import api_document
from tests.command_line import run_command
from tests.conftest import PlatformProcess
from tests.english import english_words
from tests.process_checks import Patience

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]

MONTHS = 120
#: Values that the API defines and that commands and pages show as they are.
VALUES = (
    "(forecast)", "forecasting.", "vision.", "New York", "No module named", "none", "off", "next:", "until:", "when:",
)  # fmt: skip
COMMANDS = """
datasets add {folder}/talep.csv --time ay --target talep
datasets add {folder}/bozuk.csv --time ay --target talep
datasets add {folder}/kisa.csv --time ay --target talep
datasets add {folder}/yok.csv
datasets list
datasets show talep
datasets show yok
datasets refresh talep
runs start forecasting.ridge --dataset talep --wait
runs start forecasting.yok --dataset talep
runs start forecasting.ridge --dataset talep --set pencere=-3
runs start forecasting.ridge --dataset talep --set horizon=0
runs start forecasting.ridge --dataset yok
runs list
runs list --state yok
runs show yok
runs cancel yok
models list
models show talep
models show yok
models card talep 1
models history talep
models predict talep
models predict talep --horizon 99
models promote talep 7 --reason deneme
models policy talep
models deployments talep
models keep-fresh talep
models as-of talep --at 2011-01-01
models import {folder}/talep.csv
predictions list
predictions drift talep
studies list
studies show yok
feeds create akim --column deger
feeds list
feeds show akim
feeds rows akim
feeds show yok
feeds start akim
feeds post akim {folder}/talep.csv
learners create ogrenci --feed akim --plugin online.linear.number --target deger --kind change --ahead 1 --input deger
learners create ogrenci --feed yok --plugin online.linear.number --target deger
learners create ogrenci --feed akim --plugin online.linear.number --target yok
learners list
learners show ogrenci
learners scores ogrenci
learners timeline ogrenci
learners start yok
feeds delete akim
learners delete ogrenci
feeds delete akim
schedules create gece forecasting.ridge --dataset talep --every 1d
schedules create sabah forecasting.ridge --dataset talep --cron x
schedules list
automations list
automations show yok
notifications add-target ekip webhook --set url=http://ekip.example.org
notifications add-target destek yok
notifications test ekip
notifications list
plugins list
plugins show forecasting.ridge
plugins show vision.cnn
plugins show bozuk
plugins show yok
trash list
tokens create gece --role admin
tokens list
secrets list
database check
loop
judge {folder}/tahminler.csv --time ay --target talep --output {folder}/karne.html
judge {folder}/yok.csv
version
link --next x
"""
MODEL_TABS = ("versions", "predictions", "policy", "lineage", "history", "card")
PAGES = (
    "runs", "new-run", "comparison", "models", "models/talep", *(f"models/talep?tab={tab}" for tab in MODEL_TABS),
    "datasets", "datasets/talep", "schedules", "new-schedule", "automations", "new-automation",
    "studies", "new-study", "learners", "trash", "tokens", "secrets",
    "plugins", "yok",
)  # fmt: skip


@dataclass
class Tour:
    """A platform, the folder of the user's files, and what the commands wrote, by command."""

    platform: PlatformProcess
    folder: Path
    written: dict[str, str]

    def command(self, *arguments: str) -> str:
        """Return what a command writes in Turkish, whether it succeeds or not."""
        variables = {**self.platform.variables, "AZURAFORGE_LANG": "tr", "COLUMNS": "400"}
        done = run_command(variables, *arguments)
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def plugin_files() -> dict[str, str]:
    return {"bozuk.py": "import olmayan_modul\n"}


@pytest.fixture(scope="module")
def tour(platform: PlatformProcess, tmp_path_factory: pytest.TempPathFactory) -> Tour:
    """The platform after the commands: a dataset, a model with a report and a card, schedules, automations, a token."""
    folder = tmp_path_factory.mktemp("tur")
    days = [date(2010 + month // 12, month % 12 + 1, 1).isoformat() for month in range(MONTHS)]
    values = [round(100 + month / 3 + 20 * math.sin(math.pi * month / 6) + month * 7 % 5, 2) for month in range(MONTHS)]
    _write(folder / "talep.csv", ("ay", "talep"), zip(days, values, strict=True))
    _write(folder / "bozuk.csv", ("ay", "talep"), [(days[0], 1), (days[1], "çok")])
    _write(folder / "kisa.csv", ("ay", "talep"), [(days[0], 1), (days[1], 2)])
    _write(
        folder / "tahminler.csv",
        ("ay", "tahmin", "talep"),
        zip(days, [each + 1 for each in values], values, strict=True),
    )
    made = Tour(platform, folder, {})
    for line in COMMANDS.strip().splitlines():
        made.written[line] = made.command(*(part.format(folder=folder) for part in line.split()))
    patience = Patience(300)
    with Client(url=platform.url, token=platform.token) as client:  # an automation may have started runs
        while active := [each.id for each in client.runs.list() if each.state in ("queued", "running")]:
            assert not patience.over, active
            time.sleep(0.1)
    return made


def _write(path: Path, head: tuple[str, ...], rows: Any) -> None:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([head, *rows])


def paths(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each command."""
    yield path
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from paths(inner, (*path, name))


def english(texts: dict[str, str], names: Collection[str] = (), labels: bool = True) -> dict[str, list[str]]:
    """Return the English words by text, of those texts that have any."""
    found = {place: english_words(text, labels=labels, names=[*VALUES, *names]) for place, text in texts.items()}
    return {place: words for place, words in found.items() if words}


def test_the_help_of_every_command(tour):
    every = list(paths(get_command(app)))
    names = {*itertools.chain(*every), ", never", ":last,", "<once|all|skip>", "(once)", "(all)", ": once]"}
    texts = {" ".join(path): tour.command(*path, "--help") for path in every}
    assert english(texts, names, labels=False) == {}


def test_commands_and_their_errors(tour):
    assert "başarılı" in tour.written["runs start forecasting.ridge --dataset talep --wait"]
    assert english(tour.written, labels=False) == {}


def test_errors_of_every_route(tour):
    said = {}
    for path, methods in api_document()["paths"].items():
        for method in methods:
            filled = re.sub(r"\{[^}]*\}", "yok", path)
            body = None if method in ("get", "delete") else b"{}"
            problem = _problem(tour.platform, method, filled, body)
            if problem is not None:
                said[f"{method} {path}"] = "\n".join(str(problem.get(part) or "") for part in ("detail", "next_step"))
    assert len(said) > 60
    assert english(said, labels=False) == {}


def _problem(platform: PlatformProcess, method: str, path: str, body: bytes | None) -> dict[str, Any] | None:
    """Return the problem document of a request in Turkish; None if it succeeds or the error has none."""
    headers = {"Accept-Language": "tr", "Authorization": f"Bearer {platform.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(platform.url + path, method=method.upper(), headers=headers, data=body)
    try:
        with urllib.request.urlopen(request, timeout=60):
            return None
    except urllib.error.HTTPError as error:
        with error:
            found: dict[str, Any] = json.loads(error.read() or b"{}")
            return found


def test_documents(tour):
    with Client(url=tour.platform.url, token=tour.platform.token, language="tr") as client:
        run = client.runs.list(kind="train")[0]
        report = re.sub(r"\(data:[^)]*\)", "", client.runs.report(run.id, format="md", language="tr").decode())
        card = client.models.card("talep", 1, language="tr")
    page = re.sub(r"<style.*?</style>|<[^>]*>", " ", (tour.folder / "karne.html").read_text(), flags=re.S)
    assert "temel yöntem" in report
    assert english({"report": report, "card": card, "judgement": page}, labels=False) == {}


def test_pages(tour, page):
    page.goto(tour.platform.run("link", "--next", "/p/default/runs").stdout.split()[0])
    page.wait_for_selector("main h1", timeout=120_000)
    page.evaluate("localStorage.setItem('azuraforge.language', 'tr')")
    root = page.url.split("/p/")[0]
    with Client(url=tour.platform.url, token=tour.platform.token) as client:
        runs = [f"runs/{each.id}" for each in client.runs.list(kind="train")]
    runs += [f"{run}?tab={tab}" for run in runs[:1] for tab in RUN_TABS]
    texts = {}
    for path in (*PAGES, *runs):
        page.goto(f"{root}/p/default/{path}")
        page.wait_for_selector("main :is(h1, h2, [role=status], p)")
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        texts[path] = page.inner_text("body")
        texts[f"{path}: labels"] = "\n".join(page.evaluate(_LABELS))
    assert english(texts, labels=False) == {}


RUN_TABS = ("curves", "evaluation", "config", "logs", "files", "system", "report")
_LABELS = """() => [...document.querySelectorAll("[aria-label], [title], [placeholder]")]
  .flatMap(each => ["aria-label", "title", "placeholder"].map(name => each.getAttribute(name) ?? ""))"""
