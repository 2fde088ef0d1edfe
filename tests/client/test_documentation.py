"""Every Python example of docs/client.md runs, in order, on a real platform; the Turkish page has the same ones."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def examples(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


def without_comments(code: str) -> str:
    return re.sub(r" *#.*", "", code)


def test_the_examples_run(platform):
    program = "\n".join(examples("client.md"))
    assert "client.run(" in program
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], env=platform.variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for told in ("succeeded", "forecasting.seasonal_naive", "no such dataset"):
        assert told in done.stdout, done.stdout
    assert done.stderr == ""


def test_both_languages_have_the_same_examples():
    english, turkish = ([without_comments(code) for code in examples(page)] for page in ("client.md", "client.tr.md"))
    assert english == turkish
