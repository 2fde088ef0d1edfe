"""``azuraforge automations``: list, create, edit, show, dry-run, pause, resume, fire and delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client import Automation

app = typer.Typer(help="Automations: triggers and the steps that follow them.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Named = Annotated[str, typer.Argument(metavar="AUTOMATION", help="Name or id of the automation.")]


@app.command("list")
def list_automations(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the automations with their triggers."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.automations.list(limit=limit + 1)
    shown = found[:limit]
    if json:
        terminal.json([each.raw for each in shown])
        return
    text = terminal.text
    if not shown:
        terminal.say(text("no_automations"))
        return
    terminal.table(
        [text("name"), text("when"), text("steps"), text("fires"), text("last_fire"), text("result"), "id"],
        [
            [
                each.name,
                text("paused") if each.paused else _when(terminal, each),
                _steps(terminal, each),
                str(each.fires),
                text.moment(each.last_fired_at),
                terminal.state(each.newest_firings[0].state) if each.newest_firings else text("none"),
                each.id,
            ]
            for each in shown
        ],
    )
    say_more(terminal, found, limit)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the automation.")],
    file: Annotated[
        Path, typer.Option("--file", help="JSON file with `when` and `steps`, as docs/automations.md describes.")
    ],
    json: AsJson = False,
) -> None:
    """Create an automation. An automation that would trigger itself is refused."""
    terminal = terminal_of(context)
    given = _read(terminal, file)
    if given.when is None or given.steps is None:
        raise CommandError(terminal.text("automation_needs"), exit_code=USAGE)
    cool_down = 60 if given.cool_down_seconds is None else given.cool_down_seconds
    most = 24 if given.most_per_day is None else given.most_per_day
    with connect(terminal) as connected:
        made = connected.client.automations.create(
            name,
            given.when,
            given.steps,
            cool_down_seconds=cool_down,
            cool_down_group=given.cool_down_group,
            most_per_day=most,
        )
        if connected.is_temporary:
            terminal.note(terminal.text("fires_while_up"))
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("automation_made", name=made.name, when=_when(terminal, made)))


@app.command()
def edit(
    context: typer.Context,
    automation: Named,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="JSON file with the fields to change, such as `when` or `steps`; docs/automations.md describes them.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="New name.")] = None,
    json: AsJson = False,
) -> None:
    """Change an automation. Omitted options keep their values, and past firings are kept."""
    terminal = terminal_of(context)
    if file is None and name is None:
        raise CommandError(terminal.text("automation_unchanged"), exit_code=USAGE)
    given = _read(terminal, file) if file is not None else _Given()
    with connect(terminal) as connected:
        changed = connected.client.automations.edit(
            automation,
            name=name,
            when=given.when,
            steps=given.steps,
            cool_down_seconds=given.cool_down_seconds,
            cool_down_group=given.cool_down_group,
            most_per_day=given.most_per_day,
        )
    if json:
        terminal.json(changed.raw)
    else:
        terminal.say(terminal.text("automation_changed", name=changed.name, when=_when(terminal, changed)))


@app.command()
def show(context: typer.Context, automation: Named, json: AsJson = False) -> None:
    """Show an automation with its steps, counts and newest firings."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.automations.get(automation)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    terminal.fields(
        {
            text("name"): found.name,
            "id": found.id,
            text("when"): _when(terminal, found),
            text("state"): text("paused") if found.paused else found.problem or "",
            text("steps"): _steps(terminal, found),
            text("next_fire"): text.moment(found.next_at),
            text("cool_down"): text("cool_down_of", seconds=found.cool_down_seconds, most=found.most_per_day),
            **({text("cool_down_group"): found.cool_down_group} if found.cool_down_group else {}),
            text("fires"): text(
                "firings_told", fires=found.fires, grouped=found.grouped, withheld=found.withheld, pending=found.pending
            ),
            text("created"): text.moment(found.created_at),
        }
    )
    if found.newest_firings:
        terminal.table(
            [text("fired"), text("cause"), text("state"), text("steps")],
            [
                [
                    text.moment(each.fired_at),
                    each.cause + (f" (+{each.causes - 1})" if each.causes > 1 else ""),
                    terminal.state(each.state),
                    ", ".join(_step(terminal, step.do, step.state, step.error) for step in each.steps),
                ]
                for each in found.newest_firings
            ],
        )


@app.command("dry-run")
def dry_run(context: typer.Context, automation: Named, json: AsJson = False) -> None:
    """Show when an automation would have fired over the past month."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.automations.dry_run(automation)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    counts = {"causes": found.causes, "fires": found.fires, "grouped": found.grouped, "withheld": found.withheld}
    terminal.say(text("would_have_fired", since=text.moment(found.since), **counts))
    if found.note:
        terminal.note(found.note)
    if found.firings:
        terminal.table(
            [text("fired"), text("cause"), text("causes")],
            [[text.moment(each.at), each.cause, str(each.causes)] for each in found.firings[-SHOWN:]],
        )


@app.command()
def pause(context: typer.Context, automation: Named) -> None:
    """Pause an automation until it is resumed."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.automations.pause(automation)
    terminal.say(terminal.text("automation_paused", name=found.name))


@app.command()
def resume(context: typer.Context, automation: Named) -> None:
    """Resume an automation."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.automations.resume(automation)
    terminal.say(terminal.text("automation_resumed", name=found.name))


@app.command()
def fire(context: typer.Context, automation: Named) -> None:
    """Fire once now. The cool-down and the daily limit apply."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.automations.fire(automation)
    waits = "automation_waits" if found.pending else "automation_fired"
    terminal.say(terminal.text(waits, name=found.name))


@app.command()
def delete(context: typer.Context, automation: Named) -> None:
    """Delete an automation with its firings. The runs that it queued are kept."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.automations.delete(automation)
    terminal.say(terminal.text("automation_deleted", name=automation))


@dataclass(frozen=True)
class _Given:
    """Fields of an automation read from a file; None if the file omits them."""

    when: dict[str, object] | None = None
    steps: list[dict[str, object]] | None = None
    cool_down_seconds: int | None = None
    cool_down_group: str | None = None
    most_per_day: int | None = None


def _read(terminal: Terminal, file: Path) -> _Given:
    given = values.json_object(terminal, file)
    when, steps = given.pop("when", None), given.pop("steps", None)
    if not isinstance(when, dict | None) or not isinstance(steps, list | None):
        raise CommandError(terminal.text("automation_needs"), exit_code=USAGE)
    if steps is not None and not all(isinstance(step, dict) for step in steps):
        raise CommandError(terminal.text("automation_needs"), exit_code=USAGE)
    cool_down, most = given.pop("cool_down_seconds", None), given.pop("most_per_day", None)
    group = given.pop("cool_down_group", None)
    if given or not isinstance(group, str | None):
        raise CommandError(terminal.text("automation_fields"), exit_code=USAGE)
    if not isinstance(cool_down, int | None) or not isinstance(most, int | None):
        raise CommandError(terminal.text("automation_fields"), exit_code=USAGE)
    return _Given(when, steps, cool_down, group, most)


def _when(terminal: Terminal, found: Automation) -> str:
    when = found.when
    if when.get("on") == "event":
        where = when.get("where") or []
        filters = [_filter(each) for each in where if isinstance(each, dict)] if isinstance(where, list) else []
        return " & ".join([str(when.get("type")), *filters])
    if when.get("on") == "measure":
        limit = f"> {when['above']}" if when.get("above") is not None else f"< {when.get('below')}"
        return " ".join(str(each) for each in (when.get("measure"), when.get("of") or "", limit) if each)
    interval = when.get("interval")
    if isinstance(interval, dict):
        return terminal.text(f"every.{interval.get('unit')}", count=interval.get("every"))
    return str(when.get("cron"))


def _filter(condition: Mapping[str, object]) -> str:
    signs = {"equals": "=", "one_of": "in", "above": ">", "below": "<"}
    given = [f"{sign} {condition[name]}" for name, sign in signs.items() if condition.get(name) is not None]
    return f"{condition.get('field')} {', '.join(given) or '= null'}"


def _steps(terminal: Terminal, found: Automation) -> str:
    return " → ".join(_do(terminal, str(each.get("do"))) for each in found.steps)


def _do(terminal: Terminal, do: str) -> str:
    key = f"do.{do}"
    return terminal.text(key) if terminal.text.has(key) else do


def _step(terminal: Terminal, do: str, state: str, error: object) -> str:
    said = f"{_do(terminal, do)}: {terminal.state(state)}"
    return f"{said} ({getattr(error, 'message', '')})" if error is not None else said
