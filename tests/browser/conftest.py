"""A real headless browser: one that is found, else installed where that is allowed, else a loud skip.

CI fails on that skip.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find_browser() -> str | None:
    """A browser that is here already: named in $BROWSER_PATH, on the PATH, or Playwright's own."""
    named = os.environ.get("BROWSER_PATH")
    if named and os.access(named, os.X_OK):
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if os.access(own, os.X_OK) else None


def install_browser() -> None:
    """Debian's chromium as root, else Playwright's own download; either may fail. One process of the suite does it."""
    with (Path(tempfile.gettempdir()) / f"azuraforge-browser-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if find_browser() is None:
            _install()


def _install() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, timeout=120)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        subprocess.run(command, capture_output=True, timeout=240)
    if find_browser() is None:
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, capture_output=True, timeout=240)


@pytest.fixture(scope="module")  # not longer: Playwright keeps an event loop running in the main thread
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        install_browser()
        path = find_browser()
    if path is None:
        reason = "NO BROWSER: none found, none could be installed; the page was NOT tested (set BROWSER_PATH)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page of a fresh profile in English; any error in its console fails the test."""
    context = browser.new_context(
        locale="en-GB", timezone_id="Europe/Istanbul", viewport={"width": 1280, "height": 900}
    )
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []
