"""Parsing of search spaces from the command line or a file."""

from __future__ import annotations

from pathlib import Path

from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import Terminal


def file(terminal: Terminal, path: Path | None) -> dict[str, object]:
    """Read the definition of a study from a YAML or JSON file; empty if ``path`` is None.

    Raises CommandError if the file cannot be read or contains something else.
    """
    if path is None:
        return {}
    if path.suffix.lower() not in (".yaml", ".yml"):
        return values.json_object(terminal, path)
    return values.yaml_object(terminal, path)


def span(terminal: Terminal, given: str) -> tuple[str, dict[str, object]]:
    """Parse a range such as ``learning_rate=0.0001..0.1:log``, ``layers=1..4`` or ``size=16..64:16``.

    Return the field and its range. Raises CommandError for other text.
    """
    name, _, rest = given.partition("=")
    bounds, _, how = rest.partition(":")
    low, dots, high = bounds.partition("..")
    try:
        found: dict[str, object] = {"low": _number(low), "high": _number(high)}
        if how == "log":
            found["log"] = True
        elif how:
            found["step"] = _number(how)
    except ValueError:
        dots = ""
    if not dots or not name:
        raise CommandError(
            terminal.text("not_a_range", text=given),
            next_step=terminal.text("write_like", example="--search learning_rate=0.0001..0.1:log"),
            exit_code=USAGE,
        )
    return name.strip(), found


def choices(terminal: Terminal, given: str, option: str) -> tuple[str, dict[str, object]]:
    """Parse choices such as ``hidden_size=16,32``, or as a JSON list: ``channels=[[8],[8,16]]``.

    Return the field and its choices. Raises CommandError for other text.
    """
    name, separator, rest = given.partition("=")
    if not separator or not rest.strip():
        raise CommandError(
            terminal.text("not_a_list", text=given),
            next_step=terminal.text("write_like", example=f"{option} hidden_size=16,32"),
            exit_code=USAGE,
        )
    if rest.strip().startswith("["):
        (found,) = values.pairs(terminal, [f"x={rest}"], option).values()
        if isinstance(found, list):
            return name.strip(), {"choices": found}
    pairs = [values.pairs(terminal, [f"x={part.strip()}"], option)["x"] for part in rest.split(",")]
    return name.strip(), {"choices": pairs}


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() and "." not in text and "e" not in text.lower() else value
