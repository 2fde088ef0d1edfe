"""Entry point of the ``azuraforge`` command line. Slow modules are imported only by the commands that need them."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from azuraforge.cli import (
    completion,
    database,
    datasets,
    demo,
    judge,
    models,
    plugins,
    predictions,
    scaled,
    studies,
    trash,
    up,
    version,
)
from azuraforge.cli.access import invitations, link, members, people, platform, projects, secrets, tokens
from azuraforge.cli.failures import USAGE, CommandError, report
from azuraforge.cli.feeds import commands as feeds
from azuraforge.cli.help import translation
from azuraforge.cli.language import ENGLISH, Language, choose
from azuraforge.cli.learners import commands as learners
from azuraforge.cli.listing import runs as listed_runs
from azuraforge.cli.run_content import commands as run_content  # noqa: F401 - adds commands to runs
from azuraforge.cli.terminal import Terminal
from azuraforge.cli.triggers import automations, loop, notifications, schedules, search

app = typer.Typer(
    name="azuraforge",
    help="A self-hosted platform for models that keep learning.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("judge")(judge.judge)
app.command("api")(scaled.api)
app.command("worker")(scaled.worker)
app.command("scheduler")(scaled.scheduler)
app.command("link")(link.link)
app.command("loop")(loop.loop)
app.command("search")(search.search)
app.command("events")(search.events)
app.add_typer(datasets.app, name="datasets")
app.add_typer(listed_runs.app, name="runs")
app.add_typer(models.app, name="models")
app.add_typer(predictions.app, name="predictions")
app.add_typer(studies.app, name="studies")
app.add_typer(feeds.app, name="feeds")
app.add_typer(learners.app, name="learners")
app.add_typer(schedules.app, name="schedules")
app.add_typer(automations.app, name="automations")
app.add_typer(notifications.app, name="notifications")
app.add_typer(plugins.app, name="plugins")
app.add_typer(trash.app, name="trash")
app.add_typer(projects.app, name="projects")
app.add_typer(invitations.app, name="invitations")
app.add_typer(members.app, name="members")
app.add_typer(people.app, name="people")
app.add_typer(platform.app, name="platform")
app.add_typer(tokens.app, name="tokens")
app.add_typer(secrets.app, name="secrets")
app.add_typer(database.app, name="database")
app.command("version")(version.version)


@app.callback()
def everywhere(
    home: Annotated[Path | None, typer.Option(help="Data home. Default: $AZURAFORGE_HOME, else ~/.azuraforge.")] = None,
    url: Annotated[
        str | None,
        typer.Option(
            help="URL of a remote platform. Default: $AZURAFORGE_URL. The token is read from $AZURAFORGE_TOKEN."
        ),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            help="Name of the project in URLs. Default: $AZURAFORGE_PROJECT, else your only project.",
            autocompletion=completion.project_names,
        ),
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="Language: en or tr. Default: $AZURAFORGE_LANG, else the system's language.")
    ] = None,
    show_version: Annotated[
        bool, typer.Option("--version", callback=version.at_once, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Declare the global options so that the help lists them.

    ``run`` removes these options before Typer parses the arguments, so that they may appear anywhere in a command.
    """


@dataclass
class Everywhere:
    """The global options that every command accepts."""

    home: str | None = None
    url: str | None = None
    project: str | None = None
    lang: str | None = None


def main() -> None:
    """Run the ``azuraforge`` program."""
    # With the default threshold of 700, garbage collection takes a tenth of the start-up time, without finding any.
    gc.set_threshold(10_000, 10, 10)
    completion.allow_project_anywhere()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Errors are printed, not raised."""
    options, rest, missing = take_everywhere(arguments)
    try:
        language = Language(choose(options.lang, os.environ))
    except ValueError:
        return report(wrong_language(options.lang), Terminal(ENGLISH))
    if options.home:
        # The settings, the client and child processes read this variable.
        os.environ["AZURAFORGE_HOME"] = str(Path(options.home).expanduser().absolute())
    terminal = Terminal(
        language,
        home=Path(os.environ["AZURAFORGE_HOME"]) if options.home else None,
        url=options.url,
        project=options.project,
    )
    try:
        if missing:
            raise CommandError(terminal.text("value_missing", option=missing), exit_code=USAGE)
        if rest in (["version"], ["--version"]):
            version.show(terminal)  # without Typer, which would import Pydantic
            return 0
        if completion.asks(rest):
            completion.complete(rest, terminal)
            return 0
        code = _parser(language)(args=rest, prog_name="azuraforge", standalone_mode=False, obj=terminal)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        return report(error, terminal)
    return code if isinstance(code, int) else 0


@cache
def _parser(language: Language) -> Callable[..., object]:
    """Build the parser of all commands. Cached, because building it is slow and tests run several commands."""
    command = typer.main.get_command(app)
    if language.code != "en":
        translation.translate(command, language)
    return command


def wrong_language(option: str | None) -> CommandError:
    """Return the error for an unsupported language, in English."""
    where = f"--lang {option}" if option else f"AZURAFORGE_LANG={os.environ['AZURAFORGE_LANG']}"
    return CommandError(ENGLISH("unknown_language", where=where), next_step=ENGLISH("choose_language"), exit_code=USAGE)


def take_everywhere(arguments: Sequence[str]) -> tuple[Everywhere, list[str], str | None]:
    """Split the global options ``--home``, ``--url``, ``--project`` and ``--lang`` from the other arguments.

    Return the options, the remaining arguments, and the name of a global option without a value, else None.

    Example:
        >>> take_everywhere(["runs", "list", "--lang", "tr", "--home=/tmp/a"])
        (Everywhere(home='/tmp/a', url=None, project=None, lang='tr'), ['runs', 'list'], None)
    """
    options, rest = Everywhere(), []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
            break
        name, separator, value = word.partition("=")
        if name not in ("--home", "--url", "--project", "--lang"):
            rest.append(word)
            continue
        given = value if separator else next(words, "")
        if not given or (not separator and given.startswith("--")):
            return options, rest, name
        setattr(options, name[2:], given)
    return options, rest, None


if __name__ == "__main__":
    main()
