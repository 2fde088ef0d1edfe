"""``--show-completion`` and ``--install-completion``: the script by which a shell completes commands.

Typer's own options take no name of a shell and fail with an empty one where no shell started the command. They stay
declared, so that the help lists them; ``main`` calls this module in their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.cli.failures import USAGE, CommandError

if TYPE_CHECKING:
    from azuraforge.cli.terminal import Terminal

SHOW, INSTALL = "--show-completion", "--install-completion"
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
_PROGRAM = "azuraforge"
_VARIABLE = "_AZURAFORGE_COMPLETE"


def asks(arguments: list[str]) -> bool:
    """Return whether the arguments ask for completion and for nothing else.

    Example:
        >>> asks(["--show-completion", "zsh"]), asks(["--install-completion"]), asks(["--show-completion", "--help"])
        (True, True, False)
    """
    match arguments:
        case [option] | [option, _] if option.partition("=")[0] in (SHOW, INSTALL):
            return not arguments[-1].startswith("-") or len(arguments) == 1
    return False


def complete(arguments: list[str], terminal: Terminal) -> None:
    """Print the script of the named shell, else of the shell that started this command, or install it.

    Raises CommandError if no shell is named and none started the command, or if the shell has no completion.
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


def _starting_shell() -> str:
    """Return the name of the shell among this process's parents; empty if there is none, as under a service."""
    import shellingham

    try:
        name, _ = shellingham.detect_shell()
    except shellingham.ShellDetectionFailure:
        return ""
    return str(name)
