"""Columns from options, and rows from files."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.terminal import Terminal


def columns(given: Iterable[str]) -> dict[str, Sequence[str] | None]:
    """Return the classes of each column by name; None for numbers.

    Example:
        >>> columns(["price", "direction=down,up"])
        {'price': None, 'direction': ['down', 'up']}
    """
    found: dict[str, Sequence[str] | None] = {}
    for each in given:
        name, equals, classes = each.partition("=")
        found[name] = classes.split(",") if equals else None
    return found


def rows(terminal: Terminal, file: Path) -> list[dict[str, object]]:
    """Return the rows of a CSV file with a column ``at``, or of JSON lines. Raises CommandError if it has no rows."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
    except OSError as error:
        raise CommandError(terminal.text("not_readable", path=file, reason=error.strerror), exit_code=USAGE) from None
    lines = text.strip().splitlines()
    if not lines:
        raise CommandError(terminal.text("feed_file_empty", file=file), exit_code=USAGE)
    if lines[0].startswith("{"):
        return [_object(terminal, line, number, file) for number, line in enumerate(lines, 1)]
    reader = csv.DictReader(lines)
    if "at" not in (reader.fieldnames or ()):
        raise CommandError(terminal.text("feed_file_without_at", file=file), exit_code=USAGE)
    found: list[dict[str, object]] = []
    for row in reader:
        key = {"key": row["key"]} if row.get("key") else {}
        own = {name: _value(value) for name, value in row.items() if name not in ("at", "key")}
        found.append({"at": row["at"], **key, "values": own})
    return found


def _object(terminal: Terminal, line: str, number: int, file: Path) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CommandError(terminal.text("feed_line_not_json", file=file, line=number), exit_code=USAGE)
    return found


def _value(text: str | None) -> object:
    if text is None or not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return text
