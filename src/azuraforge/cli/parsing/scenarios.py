"""Parsing of scenarios from the command line, and terminal output of their forecasts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.output.verdict import show_start
from azuraforge.cli.terminal import Terminal
from azuraforge.row_time import row_time

if TYPE_CHECKING:
    from azuraforge.client.datasets import DatasetSchema
    from azuraforge.client.scenarios import Caution, WhatIf

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_VALUES = re.compile(rf"(?P<column>.+?)\s*=\s*(?P<values>{_NUMBER}(?:[\s;]+{_NUMBER})*)")
_MOVED = re.compile(rf"(?P<column>.+?)\s*(?P<how>[*+-])\s*(?P<by>{_NUMBER})")
Changes = dict[str, list[dict[str, object]]]


def parse_scenarios(terminal: Terminal, given: Sequence[str]) -> Changes:
    """Parse scenarios such as ``promo: price*0.9, ads+2`` or ``sale: price=9 9 8.5``; return the changes by name.

    Raises CommandError for other text and for a repeated name.
    """
    found: Changes = {}
    for text in given:
        name, colon, changes = text.partition(":")
        if not colon or not name.strip() or name.strip() in found:
            raise CommandError(terminal.text("no_scenario", given=text), exit_code=USAGE)
        found[name.strip()] = [_change(terminal, text, each) for each in changes.split(",")]
    return found


def parse_values(terminal: Terminal, given: Sequence[str], option: str) -> dict[str, list[float]]:
    """Parse ``COLUMN=V1 V2 …``; return the values by column. Raises CommandError for other text."""
    found: dict[str, list[float]] = {}
    for text in given:
        parts = _VALUES.fullmatch(text.strip())
        if parts is None:
            raise CommandError(terminal.text("no_values", option=option, given=text), exit_code=USAGE)
        found[parts["column"]] = _numbers(parts["values"])
    return found


def show_what_if(terminal: Terminal, answer: WhatIf, schema: DatasetSchema | None) -> None:
    """Print the base forecast next to each scenario, by row and in total, followed by the cautions."""
    text = terminal.text
    by = {"model": answer.model, "version": answer.version, "plugin": answer.plugin, "run": answer.run_id or "–"}
    terminal.say(text("prediction_by", **by))
    columns = [text("at"), text("base"), *(each.name for each in answer.scenarios)]
    rows = []
    for step, point in enumerate(answer.base):
        others = [
            f"{text.number(each.predictions[step].value)} ({_signed(terminal, each.differences[step])})"
            for each in answer.scenarios
        ]
        rows.append([row_time(point.at, schema), text.number(point.value), *others])
    totals = [f"{text.number(each.total)} ({_signed(terminal, each.total_difference)})" for each in answer.scenarios]
    rows.append([text("total"), text.number(answer.base_total), *totals])
    terminal.table(columns, rows, right=range(1, len(columns)))
    for caution in answer.cautions:
        _say(terminal, "", caution)
    for each in answer.scenarios:
        for caution in each.cautions:
            _say(terminal, f"{each.name}: ", caution)
    show_start(terminal, answer, row_time(answer.origin, schema))
    terminal.say(text("not_recorded"))


def _say(terminal: Terminal, about: str, caution: Caution) -> None:
    terminal.say(f"  ! {about}{terminal.text.of(caution.text)}")


def _signed(terminal: Terminal, value: float) -> str:
    shown = terminal.text.number(value)
    return f"+{shown}" if value > 0 else shown


def _change(terminal: Terminal, scenario: str, text: str) -> dict[str, object]:
    if (parts := _VALUES.fullmatch(text.strip())) is not None:
        return {"column": parts["column"], "values": _numbers(parts["values"])}
    if (parts := _MOVED.fullmatch(text.strip())) is None:
        raise CommandError(terminal.text("no_scenario", given=scenario), exit_code=USAGE)
    by = float(parts["by"])
    if parts["how"] == "*":
        return {"column": parts["column"], "multiply": by}
    return {"column": parts["column"], "add": -by if parts["how"] == "-" else by}


def _numbers(text: str) -> list[float]:
    return [float(each) for each in re.split(r"[\s;]+", text)]
