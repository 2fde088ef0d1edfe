"""Failures of commands: one sentence in red, the next step and an exit code, without a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from azuraforge.cli.flags import as_flags
from azuraforge.cli.help.usage import sentence_of
from azuraforge.messages import Message, translated

if TYPE_CHECKING:
    from azuraforge.cli.terminal import Terminal

FAILED, USAGE, INTERRUPTED = 1, 2, 130


class CommandError(Exception):
    """An error of a command, in the user's language."""

    def __init__(self, message: str, next_step: str = "", where: str = "", exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.where = where
        self.exit_code = exit_code


def report(error: BaseException, terminal: Terminal) -> int:
    """Print the error on standard error and return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        terminal.note(terminal.text("interrupted"))
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The process that reads our output has ended. Without this, Python reports the error again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    if os.environ.get("AZURAFORGE_DEBUG"):
        terminal.errors.print_exception()
    if (
        type(error).__name__ == "NoArgsIsHelpError"
    ):  # Typer does not export this class, and has printed the help already
        return USAGE
    message, where, next_step, code = _texts(error, terminal)
    message, where, next_step = (as_flags(text, terminal.flags) for text in (message, where, next_step))
    terminal.error(message, where=where, next_step=next_step)
    return code


def _texts(error: BaseException, terminal: Terminal) -> tuple[str, str, str, int]:
    if isinstance(error, CommandError):
        return error.message, error.where, error.next_step, error.exit_code
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "azuraforge"
        step = terminal.text("help_hint", command=command)
        return sentence_of(error, terminal.text), "", step, error.exit_code
    if getattr(error, "code", None) == "project_required":
        return terminal.text("project_unnamed"), "", terminal.text("project_choose"), FAILED
    templates, values = getattr(error, "templates", None), getattr(error, "values", None)
    if isinstance(templates, Mapping) and isinstance(values, Mapping):  # the client's errors and the platform's own
        message, where, next_step = (
            translated(Message(str(templates[part]), values), terminal.text.code)
            for part in ("message", "where", "next_step")
        )
        return message, where, next_step, FAILED
    if isinstance(error, OSError) and error.strerror:
        return error.strerror, str(error.filename or ""), "", FAILED
    reason = " ".join(str(error).split())[:300]
    return terminal.text("unexpected", kind=type(error).__name__, reason=reason), "", terminal.text("report_it"), FAILED
