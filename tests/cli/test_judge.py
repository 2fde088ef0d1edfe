"""``azuraforge judge`` as a person runs it: a process of its own, no platform, no data home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import run_command
from tests.judgements.series import Walk, write


def _files(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_one_command_one_page_and_no_data_home(tmp_path: Path) -> None:
    walk = Walk()
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    write(work / "p.csv", {"actual": walk.y, "prediction": walk.best})
    known = {name: value for name, value in os.environ.items() if not name.startswith("AZURAFORGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "azuraforge.cli.main", "judge", "p.csv", "--lang", "tr"],
        cwd=work,
        env={**known, "HOME": str(home), "XDG_DATA_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "prediction, en iyi temel yöntemden (ridge) daha iyi" in done.stdout
    assert "Rapor: p-judgement.html" in done.stdout
    assert '<html lang="tr">' in (work / "p-judgement.html").read_text()
    assert _files(work) == ["p-judgement.html", "p.csv"]
    assert not home.exists()


def test_json_prints_the_judgement_and_writes_a_page_only_where_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    walk = Walk()
    write(tmp_path / "p.csv", {"actual": walk.y, "prediction": walk.best})
    done = run_command({}, "judge", "p.csv", "--json", "--tried", "4")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["verdicts"][0]["decision"] == "better"
    assert found["tried"] == 4
    assert _files(tmp_path) == ["p.csv"]


def test_bad_input_is_one_sentence_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("at,prediction\n2024-01-01,1\n2024-01-02,2\n")
    done = run_command({}, "judge", "p.csv")
    assert done.returncode == 1
    assert "has no column of actual values" in done.stderr
    assert "Traceback" not in done.stderr
    assert _files(tmp_path) == ["p.csv"]


@pytest.mark.parametrize(("option", "value"), [("--output", "p.csv"), ("--decimal", "x")])
def test_options_that_would_do_harm_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("at,actual,prediction\n2024-01-01,1,1\n")
    done = run_command({}, "judge", "p.csv", option, value)
    assert done.returncode == 2
    assert (tmp_path / "p.csv").read_text().startswith("at,actual")


def test_the_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from azuraforge.cli import main; main.run(['judge', '--help']);"
        "print(sorted(each for each in ('numpy', 'polars', 'azuraforge.judgements') if each in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip().endswith("[]"), done.stdout[-300:] + done.stderr[-300:]
