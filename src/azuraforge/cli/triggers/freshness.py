"""``azuraforge models keep-fresh``: the automations that keep a model fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client import Loop
    from azuraforge.client.freshness import Freshness

_CADENCE = "hourly, daily, weekly, monthly, never, or an interval such as 6h."


def keep_fresh(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the model.")],
    refresh: Annotated[
        str | None, typer.Option(help=f"How often the dataset's source is read: {_CADENCE} Default: daily.")
    ] = None,
    retrain: Annotated[
        str | None,
        typer.Option(
            help=f"How often the model is retrained even if nothing else triggers it: {_CADENCE} Default: weekly."
        ),
    ] = None,
    notify: Annotated[
        list[str] | None, typer.Option(metavar="TARGET", help="Notification target. May be repeated.")
    ] = None,
    promote: Annotated[
        bool | None,
        typer.Option(
            "--promote/--no-promote",
            help="Whether the gate promotes a version that passes it, or a person does. Default: as in "
            "the model's policy.",
        ),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Delete the automations that keep the model fresh.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show the automations without changing them.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Keep a model fresh: refresh its dataset, forecast, judge, retrain; only the gate promotes.

    Omitted options keep their values. Repeating the same command changes nothing.
    """
    terminal = terminal_of(context)
    changes = (refresh, retrain, notify, promote)
    if (off or show) and ((off and show) or any(each is not None and each != [] for each in changes)):
        raise CommandError(terminal.text("fresh_alone"), exit_code=USAGE)
    with connect(terminal) as connected:
        models = connected.client.models
        if off:
            found = models.stop_keeping_fresh(name)
        else:
            found = models.freshness(name)
            if not show:
                found = models.keep_fresh(
                    name,
                    refresh=refresh or found.refresh,
                    retrain=retrain or found.retrain,
                    notify=notify or found.notify,
                    promote=promote,
                )
        others = [] if json else _others(found, connected.client.loop.get(name))
        if found.kept and connected.is_temporary:
            terminal.note(terminal.text("fires_while_up"))
    if json:
        terminal.json(found.raw)
    else:
        _say(terminal, found, off)
        for each in others:
            terminal.say(terminal.text("fresh_other", name=each))


def _others(found: Freshness, loop: Loop) -> list[str]:
    """Return the names of manually created automations and schedules that act on the model."""
    own = {each.id for each in found.automations}
    triggers = (each for step in loop.steps for each in step.triggers if each.kind in ("automation", "schedule"))
    return list(dict.fromkeys(each.name or each.id or "" for each in triggers if each.id not in own))


def _say(terminal: Terminal, found: Freshness, off: bool) -> None:
    text = terminal.text
    if not found.kept:
        terminal.say(text("fresh_off" if off else "fresh_not", model=found.model))
        return
    terminal.say(text("fresh_on", model=found.model))
    terminal.table(
        [text("steps"), text("fires"), text("last_fire"), text("result"), text("name")],
        [
            [
                text(
                    f"fresh.{each.role}",
                    refresh=_how_often(terminal, found.refresh),
                    retrain=_how_often(terminal, found.retrain),
                ),
                text("paused") if each.paused else str(each.fires),
                text.moment(each.last_fired_at),
                terminal.state(each.last_state) if each.last_state else text("none"),
                each.name,
            ]
            for each in found.automations
        ],
    )
    if found.arrives == "by_append" and found.dataset is not None:
        terminal.note(text("fresh_append", dataset=found.dataset))
    promotes = "fresh_waits" if found.promotes and found.approvals else "fresh_promotes"
    terminal.note(text(promotes if found.promotes else "fresh_approves", model=found.model))
    if found.outdated:
        terminal.note(text("fresh_outdated", model=found.model))
    if found.standing is not None:
        worse = found.standing.worse_than
        said = "fresh_worse" if worse else "fresh_not_worse"
        terminal.note(text(said, version=found.standing.version, baseline=worse))


def _how_often(terminal: Terminal, cadence: str) -> str:
    key = f"cadence.{cadence}"
    return terminal.text(key) if terminal.text.has(key) else terminal.text("cadence.every", distance=cadence)
