"""``--show-completion`` and ``--install-completion``: the script with which a shell completes commands.

Typer's own options accept no shell name, and fail without a message if no shell started the command. They stay
declared so that the help lists them, but ``main`` calls this module instead.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from typing import TYPE_CHECKING

from azuraforge.cli.failures import USAGE, CommandError

if TYPE_CHECKING:
    from azuraforge.cli.terminal import Terminal

SHOW, INSTALL = "--show-completion", "--install-completion"
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
_PROGRAM = "azuraforge"
_VARIABLE = "_AZURAFORGE_COMPLETE"
#: Maximum number of projects that a shell lists.
_MOST_PROJECTS = 200


def asks(arguments: list[str]) -> bool:
    """Return whether the arguments consist only of a completion option and, optionally, the name of a shell.

    Example:
        >>> asks(["--show-completion", "zsh"]), asks(["--install-completion"]), asks(["--show-completion", "--help"])
        (True, True, False)
    """
    match arguments:
        case [option] | [option, _] if option.partition("=")[0] in (SHOW, INSTALL):
            return not arguments[-1].startswith("-") or len(arguments) == 1
    return False


def complete(arguments: list[str], terminal: Terminal) -> None:
    """Print or install the completion script of the named shell, or of the shell that started this command.

    Raises CommandError if the shell is unknown or not supported.
    """
    from typer.completion import get_completion_script, install  # type: ignore[attr-defined]  # it has no other name

    option, _, shell = arguments[0].partition("=")
    shell = shell or (arguments[1] if len(arguments) > 1 else _starting_shell())
    if shell not in SHELLS:
        said = terminal.text("shell_unsupported", shell=shell) if shell else terminal.text("shell_unknown")
        step = terminal.text("name_the_shell", option=option, others=", ".join(SHELLS[1:]))
        raise CommandError(said, next_step=step, exit_code=USAGE)
    if option == SHOW:
        print(get_completion_script(prog_name=_PROGRAM, complete_var=_VARIABLE, shell=shell))  # noqa: T201
        return
    _, path = install(shell, prog_name=_PROGRAM, complete_var=_VARIABLE)
    terminal.note(terminal.text("completion_installed", shell=shell, path=path))


def allow_project_anywhere() -> None:
    """If a shell completes the value of ``--project``, have Typer see only this option.

    Global options may appear anywhere in a command, but Typer knows them before the name of a command only.
    """
    if _VARIABLE not in os.environ:
        return
    name = "_TYPER_COMPLETE_ARGS" if "_TYPER_COMPLETE_ARGS" in os.environ else "COMP_WORDS"
    line = os.environ.get(name, "")
    words = _words(line)
    begun = words.pop() if words and not line[-1:].isspace() else ""
    if words[-1:] == ["--project"]:
        os.environ[name] = f"{_PROGRAM} --project {shlex.quote(begun) if begun else ''}"
        os.environ["COMP_CWORD"] = "2"


def project_names(incomplete: str) -> list[str]:
    """Return the caller's projects whose names in URLs begin with ``incomplete``; none if no platform answers."""
    from azuraforge.client import Client

    with contextlib.suppress(Exception), Client() as client:  # a message would end up in the user's line
        return [each.slug for each in client.projects.list(limit=_MOST_PROJECTS) if each.slug.startswith(incomplete)]
    return []


def _words(line: str) -> list[str]:
    """Return the words of an unfinished line, in which a quote may be open."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _starting_shell() -> str:
    """Return the name of the shell among this process's parents, or an empty string if there is none (in a service)."""
    import shellingham

    try:
        name, _ = shellingham.detect_shell()
    except shellingham.ShellDetectionFailure:
        return ""
    return str(name)
