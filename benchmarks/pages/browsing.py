"""A browser, and a platform of its own that it may sign in to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Playwright

from benchmarks.stage import Stage
from tests.browser.conftest import FLAGS, find_browser

WAIT_MILLISECONDS = 120_000


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without a window."""
    return playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)


@contextmanager
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """Open a fresh profile, with an empty cache."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT_MILLISECONDS)
    try:
        yield context
    finally:
        context.close()


def command(on: Stage, *arguments: str) -> str:
    """Run a command of the CLI on the platform and return its output."""
    words = [sys.executable, "-m", "azuraforge.cli.main", *arguments]
    environment = {**os.environ, "AZURAFORGE_HOME": str(on.home)}
    return subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout


def sign_in(context: BrowserContext, on: Stage) -> None:
    """Sign a profile in through a one-time link."""
    link = next(word for word in command(on, "link").split() if word.startswith("http"))
    page = context.new_page()
    page.goto(link)
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.close()
