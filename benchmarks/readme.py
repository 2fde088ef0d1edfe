"""The demo's output, written into docs/get-started.md and docs/get-started.tr.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Wide enough for the columns that matter, narrow enough for a page.
COLUMNS = "100"
_PAGES = {"en": "docs/get-started.md", "tr": "docs/get-started.tr.md"}
_TITLE = {"en": "departures on the test set", "tr": "departures, test kümesinde"}


def command(home: Path, *arguments: str) -> str:
    """Run one command of the command line on a data home and return its standard output."""
    variables = {**os.environ, "AZURAFORGE_HOME": str(home), "COLUMNS": COLUMNS}
    done = subprocess.run(
        [sys.executable, "-m", "azuraforge.cli.main", *arguments], env=variables, stdout=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        sys.exit(f"azuraforge {' '.join(arguments)} ended with exit code {done.returncode}")
    return done.stdout


def verdict(output: str, language: str) -> str:
    """Return the part of a command's output from the table of contenders to the last predicted value."""
    lines = [line.rstrip() for line in output.splitlines()]
    first = next(number for number, line in enumerate(lines) if line.startswith(_TITLE[language]))
    last = max(number for number, line in enumerate(lines) if re.match(r"\d{4}-\d\d-\d\d ", line))
    return "\n".join(lines[first : last + 1])


def write(page: Path, block: str) -> None:
    """Replace what stands between the page's markers."""
    marked = re.compile(r"(<!-- demo:begin -->\n).*?(<!-- demo:end -->)", re.DOTALL)
    text, count = marked.subn(lambda found: f"{found[1]}```text\n{block}\n```\n{found[2]}", page.read_text("utf-8"))
    if count != 1:
        sys.exit(f"{page.name} has no markers <!-- demo:begin --> and <!-- demo:end -->")
    page.write_text(text, "utf-8")


def main() -> None:
    """Run the demo once and write its verdict in each language."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        command(home, "demo", "--once", "--lang", "en")
        run_id = re.search(r'"id": "([a-z2-7]{16})"', command(home, "runs", "list", "--json"))
        assert run_id is not None
        for language, page in _PAGES.items():
            write(ROOT / page, verdict(command(home, "runs", "show", run_id[1], "--lang", language), language))
            sys.stdout.write(f"{page} is written\n")


if __name__ == "__main__":
    main()
