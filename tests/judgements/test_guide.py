"""The example of docs/judge.md is what the command prints; digits may depend on the processor."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.command_line import run_command

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"\d[\d.,]*")


@pytest.mark.parametrize(("guide", "language"), [("docs/judge.md", "en"), ("docs/judge.tr.md", "tr")])
def test_the_example_prints_what_the_guide_shows(
    guide: str, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / guide).read_text(encoding="utf-8")
    (line,) = re.findall(r"^```bash\nazuraforge (judge .* --actual .*)\n```$", text, re.MULTILINE)
    (shown,) = re.findall(r"<!-- judge:begin -->\n```text\n(.*?)```", text, re.DOTALL)
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("plugins"))
    monkeypatch.chdir(tmp_path)
    done = run_command({"COLUMNS": "200"}, *shlex.split(line), "--lang", language)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sea_forecasts-judgement.html").exists()

    def lines(output: str) -> list[str]:
        return [" ".join(NUMBER.sub("0", each).split()) for each in output.splitlines()]

    def numbers(output: str) -> list[float]:
        found = [each.rstrip(".,") for each in NUMBER.findall(output)]
        swapped = found if language == "en" else [each.translate(str.maketrans(",.", ".,")) for each in found]
        return [float(each.replace(",", "")) for each in swapped]

    assert lines(done.stdout) == lines(shown)
    assert numbers(done.stdout) == pytest.approx(numbers(shown), rel=0.05, abs=0.3)
