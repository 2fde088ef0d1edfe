"""Errors of the platform name the flags of the command that was typed, not options of the API."""

from __future__ import annotations

import io

import pytest
import typer
from rich.console import Console

from azuraforge.cli.failures import report
from azuraforge.cli.flags import as_flags
from azuraforge.cli.language import Language
from azuraforge.cli.terminal import Terminal, terminal_of
from azuraforge.errors import InvalidInput

FLAGS = {"--time", "--time-format", "--group", "--separator", "--sheet", "--height", "--width", "--missing-values"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("option time_format", "--time-format"),
        ("option groups[0]", "--group"),
        ("leave the option separator out, or pass ';'", "leave --separator out, or pass ';'"),
        ("set both, such as height=28 and width=28", "set both, such as --height 28 and --width 28"),
        ("option --time", "option --time"),
        ("the option max_rows", "the option max_rows"),
        ("look for ?run=… or a=1", "look for ?run=… or a=1"),
        ("the option missing_values, and option time.", "--missing-values, and --time."),
        ("give the options height and width", "give --height and --width"),
        ("options time, height and width.", "--time, --height and --width."),
        ("options height and max_rows", "options height and max_rows"),
        ("time_format seçeneğini verin ya da sheet seçeneği", "--time-format seçeneğini verin ya da --sheet seçeneği"),
        ("satırı silin ya da height ve width seçeneklerini", "satırı silin ya da --height ve --width seçeneklerini"),
        ("groups[0] seçeneği", "--group seçeneği"),
        ("max_rows seçeneği", "max_rows seçeneği"),
    ],
)
def test_options_become_the_flags_that_the_command_has(said: str, shown: str) -> None:
    assert as_flags(said, FLAGS) == shown


def test_the_error_of_a_command_names_its_flags() -> None:
    written = io.StringIO()
    terminal = Terminal(Language("en"), errors=Console(file=written, width=200))
    application = typer.Typer()

    @application.command()
    def add(context: typer.Context, time_format: str = "") -> None:
        terminal_of(context)
        raise InvalidInput(
            "day and month cannot be told apart", where="option time_format", next_step="set time_format=%d/%m"
        )

    with pytest.raises(InvalidInput) as refused:
        typer.main.get_command(application)(args=[], standalone_mode=False, obj=terminal)
    report(refused.value, terminal)
    assert "(--time-format)" in written.getvalue()
    assert "set --time-format %d/%m" in written.getvalue()
