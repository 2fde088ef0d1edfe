"""The README's screenshot: a finished run as a browser shows it, written into docs/images/run.png."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.readme import ROOT, command
from tests.browser.conftest import FLAGS, find_browser

_IMAGE = ROOT / "docs" / "images" / "run.png"
_MOST_BYTES = 200_000
_SIZE = {"width": 1280, "height": 1430}
_START_SECONDS = 60
_COMMANDS = (
    ("datasets", "add", "--source", "bundled", "--option", "series=departures", "--name", "departures"),
    ("runs", "start", "forecasting.boosted_lags", "--dataset", "departures", "--set", "horizon=24", "--wait"),
)


def _serve(home: Path) -> subprocess.Popen[bytes]:
    variables = {**os.environ, "AZURAFORGE_HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-m", "azuraforge.cli.main", "up", "--port", "0"], env=variables, stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            if json.loads((home / "platform.json").read_text())["pid"] == process.pid:
                return process
        except (OSError, ValueError):
            time.sleep(0.2)
    process.terminate()
    sys.exit(f"the platform on {home} did not start within {_START_SECONDS} seconds")


def _photograph(link: str, url: str, run_id: str) -> bytes:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        page = browser.new_context(locale="en-GB", viewport=_SIZE, device_scale_factor=1).new_page()
        page.goto(link)
        page.wait_for_load_state("networkidle")
        page.goto(f"{url}/p/default/runs/{run_id}")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1500)
        taken = page.screenshot()
        browser.close()
    return taken


def main() -> None:
    """Train as docs/get-started.md does, open the run in a browser, and store what it shows with at most 200 KB.

    An argument names a data home whose newest run is shown instead.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "home"
        if len(sys.argv) == 1:
            for arguments in _COMMANDS:
                command(home, *arguments)
        process = _serve(home)
        try:
            run_id = re.search(r'"id": "([a-z2-7]{16})"', command(home, "runs", "list", "--json"))
            link = re.search(r"http\S+", command(home, "link"))
            assert run_id is not None
            assert link is not None
            taken = _photograph(link[0], json.loads((home / "platform.json").read_text())["url"], run_id[1])
        finally:
            process.terminate()
            process.wait()
    _IMAGE.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(128).save(_IMAGE, optimize=True)
    if (size := _IMAGE.stat().st_size) > _MOST_BYTES:
        sys.exit(f"{_IMAGE} has {size:,} bytes, more than {_MOST_BYTES:,}")
    sys.stdout.write(f"{_IMAGE.relative_to(ROOT)} is written\n")


if __name__ == "__main__":
    main()
