"""A wait of the suite ends by what the machine had time for, not by the clock on the wall."""

from __future__ import annotations

import os
import time

import pytest

from tests import process_checks
from tests.process_checks import Patience


def test_a_busy_machine_is_given_more_time_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_checks, "_wanting", lambda: 10 * (os.cpu_count() or 1))
    patience = Patience(0.1)
    time.sleep(0.2)
    assert not patience.over, "0.02 seconds of a free machine have passed"
    monkeypatch.setattr(process_checks, "_wanting", lambda: 1)
    time.sleep(0.11)
    assert patience.over
    monkeypatch.setattr(process_checks, "_wanting", lambda: 1_000_000)
    patience = Patience(0.01)
    time.sleep(0.25)
    assert patience.over


def test_the_machine_says_how_many_want_a_processor() -> None:
    assert process_checks._wanting() >= 1
