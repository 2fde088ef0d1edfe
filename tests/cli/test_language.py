"""Both languages say everything, with the same blanks to fill in; and every text that is asked for is there."""

from __future__ import annotations

import ast
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import azuraforge.cli
from azuraforge.cli.language import Language, choose
from azuraforge.messages.catalogue import has
from tools.messages import read

SOURCES = sorted(Path(azuraforge.cli.__path__[0]).rglob("*.py"))
#: Keys made from data: states, phases, roles, decisions, rhythms, news of kernels.
MADE = (
    "as_of.", "cadence.", "decision.", "deployment.", "direction.", "distance.", "do.", "edge.", "every.", "fresh.",
    "gate.", "kernels.", "learned_part.", "lineage.", "loop.", "loop_line.", "loop_phase.", "loop_problem.",
    "loop_state.", "member.", "missing.", "mode.", "move.", "notification.", "pair.", "part.", "phase.",
    "plugin_kind.", "predict_hint.", "promise.", "purged.", "role.", "secret_state.",
    "series_left_out.", "state.", "step.", "study.", "study_without.", "trial.", "trigger.", "why.",
)  # fmt: skip


def asked_for() -> set[str]:
    """Every literal key given to ``text(…)`` or ``terminal.text(…)`` in the command line's code."""
    found = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name == "text":
                asked = node.args[0]
                choices = [asked.body, asked.orelse] if isinstance(asked, ast.IfExp) else [asked]
                found |= {each.value for each in choices if isinstance(each, ast.Constant)}
    return found


def test_every_text_that_is_asked_for_is_there():
    keys = asked_for()
    assert keys, "the search found nothing"
    assert {key for key in keys if not has(f"cli.{key}", "en") or not has(f"cli.{key}", "tr")} == set()


def test_every_beginning_of_a_key_has_texts():
    keys = {str(entry.id).removeprefix("cli.") for entry in read("en", "cli") if entry.id}
    assert {part for part in MADE if not any(key.startswith(part) for key in keys)} == set()


@pytest.mark.parametrize(
    ("asked", "environment", "language"),
    [
        (None, {}, "en"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        (None, {"LANG": "tr_TR.UTF-8"}, "tr"),
        (None, {"LANG": "tr_TR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        (None, {"LC_MESSAGES": "tr_TR", "LANG": "en_US"}, "tr"),
        (None, {"AZURAFORGE_LANG": "en", "LC_ALL": "tr_TR"}, "en"),
        ("tr", {"AZURAFORGE_LANG": "en"}, "tr"),
        ("tr_TR.UTF-8", {}, "tr"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_is_what_was_asked_for_then_the_environment_s(asked, environment, language):
    assert choose(asked, environment) == language


@pytest.mark.parametrize(
    ("value", "english", "turkish"),
    [
        (1234567.0, "1,234,567", "1.234.567"),
        (0.000123456, "0.0001235", "0,0001235"),
        (-2.5, "−2.500", "−2,500"),
        (-0.0, "0.0", "0,0"),
        (0.0, "0.0", "0,0"),
        (1e-9, "1.000e−09", "1,000e−09"),
        (3e20, "3.000e+20", "3,000e+20"),
        (float("nan"), "–", "–"),
        (None, "–", "–"),
    ],
)
def test_numbers_have_four_significant_digits(value, english, turkish):
    assert (Language("en").number(value), Language("tr").number(value)) == (english, turkish)


def test_times_carry_their_offset_from_utc(monkeypatch):
    at = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    for name, shown in [
        ("UTC", "12:30 UTC"),
        ("Europe/Istanbul", "15:30 +03:00"),
        ("America/St_Johns", "10:00 -02:30"),
    ]:
        monkeypatch.setenv("TZ", name)
        time.tzset()
        assert Language("en").moment(at) == f"2026-07-01 {shown}"
    monkeypatch.undo()
    time.tzset()
    assert Language("tr").moment(at, ZoneInfo("Asia/Kathmandu")) == "2026-07-01 18:15 +05:45"
    assert Language("tr").moment(at, UTC, day_only=True) == "2026-07-01"


def test_a_rounded_zero_has_no_minus():
    assert Language("en").percent(-0.0001, signed=True) == "0.0 %"
    assert Language("en").percent(-0.0001) == "0.0 %"
