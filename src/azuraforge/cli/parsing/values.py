"""Parsing of command line values: ``key=value`` pairs, times, JSON and YAML files, rows."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.terminal import Terminal

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
OnFailure = Annotated[
    Literal["cancel", "run"],
    typer.Option(help="What to do if a run given by --depends-on does not succeed: cancel this run, or execute it."),
]
#: The option ``--budget`` of the commands that start training.
Budget: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="N{s|m|h}",
        help="Time budget of training, such as 30s or 2m, for pipelines with the field budget_seconds.",
    ),
]


def budget(terminal: Terminal, given: str | None) -> dict[str, object]:
    """Parse a time budget such as ``30s``, ``2m`` or ``1.5h``; return the config field that it sets, in seconds.

    The result is empty if ``given`` is None. Raises CommandError for other text.
    """
    if given is None:
        return {}
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", given.strip())
    if found is None or float(found[1]) == 0:
        raise CommandError(
            terminal.text("not_budget", text=given),
            next_step=terminal.text("write_like", example="--budget 30s, 2m, 1h"),
            exit_code=USAGE,
        )
    return {"budget_seconds": float(found[1]) * _SECONDS[found[2]]}


def moment(terminal: Terminal, given: str, option: str) -> datetime:
    """Parse an ISO 8601 time; without an offset, the local time zone applies. Raises CommandError for other text."""
    from azuraforge.client.state.as_of import moment as parsed

    try:
        return parsed(given)
    except ValueError as error:
        raise CommandError(
            terminal.text("not_moment", text=given),
            next_step=terminal.text("write_like", example=f"{option} 2026-03-01, {option} 2026-03-01T12:00+03:00"),
            exit_code=USAGE,
        ) from error


def pairs(terminal: Terminal, given: Iterable[str], option: str) -> dict[str, object]:
    """Parse ``key=value`` pairs into a mapping. Values are parsed as JSON, or kept as text if they are not JSON.

    Dots in keys create inner mappings: ``epochs=20 layers=[8,4] name=a b.c=1`` becomes
    ``{"epochs": 20, "layers": [8, 4], "name": "a", "b": {"c": 1}}``. Raises CommandError for other text.
    """
    found: dict[str, object] = {}
    for text in given:
        key, separator, value = text.partition("=")
        if not separator or not key.strip():
            raise CommandError(
                terminal.text("not_key_value", text=text),
                next_step=terminal.text("write_like", example=f"{option} epochs=20"),
                exit_code=USAGE,
            )
        *path, last = key.strip().split(".")
        inner = found
        for part in path:
            below = inner.setdefault(part, {})
            if not isinstance(below, dict):
                raise CommandError(terminal.text("not_key_value", text=text), exit_code=USAGE)
            inner = below
        inner[last] = _value(value)
    return found


def json_object(terminal: Terminal, path: Path) -> dict[str, object]:
    """Read a JSON object from a file. Raises CommandError if the file cannot be read or contains something else."""
    found = _json(terminal, path)
    if not isinstance(found, dict):
        raise CommandError(terminal.text("not_json_object", path=path))
    return found


def yaml_object(terminal: Terminal, path: Path) -> dict[str, object]:
    """Read a mapping from a YAML file. Numbers such as ``1e-4``, which are text in YAML 1.1, are read as numbers.

    Raises CommandError if the file cannot be read or contains something else.
    """
    import re

    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        pass

    number = re.compile(r"^[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+0123456789."))
    try:
        found = yaml.load(read_text(terminal, path), Loader)  # noqa: S506  a SafeLoader
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise CommandError(terminal.text("not_yaml", path=path, reason=reason)) from error
    if not isinstance(found, dict):
        raise CommandError(terminal.text("not_json_object", path=path))
    return found


def rows(terminal: Terminal, path: Path) -> list[dict[str, object]]:
    """Read rows from a JSON list of objects, or from a CSV file with a header, whose numeric cells become numbers.

    Raises CommandError if the file cannot be read, if the JSON is not a list of at least one object, or if the CSV file
    contains no rows or a row that is longer than the header.
    """
    if path.suffix.lower() == ".json":
        listed = _json(terminal, path)
        if not isinstance(listed, list) or not listed or not all(isinstance(row, dict) for row in listed):
            raise CommandError(terminal.text("not_rows", path=path))
        return listed
    lines = read_text(terminal, path).splitlines()
    try:
        dialect = csv.Sniffer().sniff("\n".join(lines[:20]), delimiters=",;\t|")
    except csv.Error:
        dialect = csv.get_dialect("excel")  # type: ignore[assignment]  # csv's stub tells classes and objects apart
    found: list[dict[str, object]] = [
        {name: _cell(value) for name, value in row.items()} for row in csv.DictReader(lines, dialect=dialect)
    ]
    if not found or any(None in row for row in found):
        raise CommandError(terminal.text("not_rows", path=path))
    return found


def existing_file(terminal: Terminal, path: Path) -> Path:
    """Return the path if it is an existing file. Raises CommandError otherwise."""
    if path.is_dir():
        raise CommandError(terminal.text("file_is_folder", path=path), next_step=terminal.text("check_path"))
    if not path.exists():
        raise CommandError(terminal.text("file_missing", path=path), next_step=terminal.text("check_path"))
    return path


def read_text(terminal: Terminal, path: Path) -> str:
    existing_file(terminal, path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(terminal.text("file_unreadable", path=path, reason=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise CommandError(terminal.text("file_unreadable", path=path, reason=terminal.text("not_utf8"))) from error


def _json(terminal: Terminal, path: Path) -> object:
    text = read_text(terminal, path)
    try:
        found: object = json.loads(text)
        return found
    except ValueError as error:
        raise CommandError(terminal.text("not_json", path=path, reason=error)) from error


def _value(text: str) -> object:
    try:
        found: object = json.loads(
            text, parse_constant=str
        )  # NaN is not JSON and becomes text, which the platform refuses
        return found
    except ValueError:
        return text


def _cell(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        number = float(text)
    except ValueError:
        return text if text else None
    return number if math.isfinite(number) else None
