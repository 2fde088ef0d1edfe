"""``azuraforge schedules``: list, create, edit, show, pause, resume, run now and delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.output.summaries import plain
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client import Fire, Schedule

app = typer.Typer(help="Schedules: runs that are queued at regular times, by cron or interval.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Named = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Name or id of the schedule.")]

Unit = Literal["seconds", "minutes", "hours", "days"]
_UNITS: dict[str, Unit] = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
#: Fields that ``--like`` copies from an earlier run; the dataset version is not copied.
_REPEATED = ("kind", "plugin", "model", "config", "seed", "threads", "priority")


@app.command("list")
def list_schedules(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the schedules with the times of their next firings."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.schedules.list(limit=limit + 1)
    schedules = found[:limit]
    if json:
        terminal.json([each.raw for each in schedules])
        return
    text = terminal.text
    if not schedules:
        terminal.say(text("no_schedules"))
        return
    terminal.table(
        [text("name"), text("when"), text("plugin"), text("next_fire"), text("last_fire"), text("last_run"), "id"],
        [
            [
                each.name,
                _when(terminal, each),
                str(each.run.get("plugin") or ""),
                text("paused") if each.paused else text.moment(each.next_fires[0] if each.next_fires else None),
                text.moment(each.newest_fires[0].fired_at if each.newest_fires else None),
                _result(terminal, each.newest_fires[0]) if each.newest_fires else text("none"),
                each.id,
            ]
            for each in schedules
        ],
    )
    say_more(terminal, found, limit)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the schedule.")],
    plugin: Annotated[
        str | None,
        typer.Argument(help="Pipeline or agent to run. Default: as for `runs start`. Not together with --like."),
    ] = None,
    like: Annotated[
        str | None, typer.Option(metavar="RUN", help="Run to repeat on the newest version of its dataset.")
    ] = None,
    cron: Annotated[
        str | None, typer.Option(help="Cron expression with five fields, such as '30 6 * * MON-FRI'.")
    ] = None,
    every: Annotated[
        str | None, typer.Option(metavar="N{s|m|h|d}", help="Interval between two firings, such as 6h or 1d.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Time zone of --cron and of intervals in days.")] = "UTC",
    misfire: Annotated[
        Literal["once", "all", "skip"],
        typer.Option(
            help="Handling of missed firings: one run for all of them (once), one run for each (all), or none (skip)."
        ),
    ] = "once",
    grace: Annotated[int, typer.Option(min=1, help="Delay after which a firing counts as missed, in seconds.")] = 60,
    paused: Annotated[bool, typer.Option("--paused", help="Create the schedule paused.")] = False,
    dataset: Annotated[str | None, typer.Option(help="Name or id of the dataset. Its newest version is used.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Field of the config. May be repeated.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="JSON file with the config. --set overrides its values.")] = None,
    budget: values.Budget = None,
    model: Annotated[str | None, typer.Option(help="Name of the model. Default: the dataset's name.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the run. The same seed gives the same result.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Create a schedule. Its run is validated immediately, as if it were started."""
    terminal = terminal_of(context)
    if (like is not None and plugin is not None) or (like is None and plugin is None and dataset is None):
        raise CommandError(terminal.text("plugin_or_like"), exit_code=USAGE)
    if (cron is None) == (every is None):
        raise CommandError(terminal.text("cron_or_every"), exit_code=USAGE)
    interval: tuple[int | None, Unit] = _interval(terminal, every) if every else (None, "hours")
    given = values.json_object(terminal, config) if config else {}
    given.update(values.pairs(terminal, settings or (), "--set"))
    given.update(values.budget(terminal, budget))
    with connect(terminal) as connected:
        run: dict[str, object] = {"plugin": plugin, "config": {}}
        if like is not None:
            earlier = connected.client.runs.get(like).raw
            run = {key: earlier[key] for key in _REPEATED if key in earlier}
            run["dataset"] = earlier.get("dataset_name")
        run["config"] = {**_config(run), **given}
        named = {"dataset": dataset, "model": model, "seed": seed}
        run.update({key: value for key, value in named.items() if value is not None})
        made = connected.client.schedules.create(
            name,
            run,
            cron=cron,
            every=interval[0],
            unit=interval[1],
            timezone=timezone,
            misfire=misfire,
            grace_seconds=grace,
            paused=paused,
        )
        if connected.is_temporary:
            terminal.note(terminal.text("fires_while_up"))
    if json:
        terminal.json(made.raw)
        return
    terminal.say(terminal.text("schedule_made", name=made.name, when=_when(terminal, made)))
    _say_next(terminal, made)


@app.command()
def edit(
    context: typer.Context,
    schedule: Named,
    name: Annotated[str | None, typer.Option(help="New name.")] = None,
    cron: Annotated[
        str | None, typer.Option(help="Cron expression with five fields, such as '30 6 * * MON-FRI'.")
    ] = None,
    every: Annotated[
        str | None, typer.Option(metavar="N{s|m|h|d}", help="Interval between two firings, such as 6h or 1d.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Time zone of --cron and of intervals in days.")] = None,
    misfire: Annotated[
        Literal["once", "all", "skip"] | None,
        typer.Option(
            help="Handling of missed firings: one run for all of them (once), one run for each (all), or none (skip)."
        ),
    ] = None,
    grace: Annotated[
        int | None, typer.Option(min=1, help="Delay after which a firing counts as missed, in seconds.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Field of the run's config. May be repeated.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Change a schedule. Omitted options keep their values, and past firings are kept."""
    terminal = terminal_of(context)
    if cron is not None and every is not None:
        raise CommandError(terminal.text("cron_or_every"), exit_code=USAGE)
    interval: tuple[int | None, Unit] = _interval(terminal, every) if every else (None, "hours")
    given = values.pairs(terminal, settings or (), "--set")
    with connect(terminal) as connected:
        run = None
        if given:
            run = connected.client.schedules.get(schedule).run
            run = {**run, "config": {**_config(run), **given}}
        changed = connected.client.schedules.replace(
            schedule,
            name=name,
            run=run,
            cron=cron,
            every=interval[0],
            unit=interval[1],
            timezone=timezone,
            misfire=misfire,
            grace_seconds=grace,
        )
    if json:
        terminal.json(changed.raw)
        return
    terminal.say(terminal.text("schedule_changed", name=changed.name, when=_when(terminal, changed)))
    _say_next(terminal, changed)


@app.command()
def show(context: typer.Context, schedule: Named, json: AsJson = False) -> None:
    """Show a schedule with its next times, the run that it queues, and its newest firings."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.schedules.get(schedule)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    config = ", ".join(f"{key}={plain(terminal, value)}" for key, value in _config(found.run).items())
    terminal.fields(
        {
            text("name"): found.name,
            "id": found.id,
            text("when"): _when(terminal, found),
            text("state"): text("paused") if found.paused else "",
            text("next_fires"): ", ".join(text.moment(at) for at in found.next_fires),
            text("misfire"): text("misfire_policy", policy=found.misfire, seconds=found.grace_seconds),
            text("plugin"): str(found.run.get("plugin") or ""),
            text("dataset"): str(found.run.get("dataset") or ""),
            text("model"): str(found.run.get("model") or ""),
            text("config"): config,
            text("seed"): str(found.run.get("seed", "")),
            text("fires"): text("fires_told", fires=found.fires, left_out=found.left_out),
            text("created"): text.moment(found.created_at),
        }
    )
    if found.newest_fires:
        terminal.table(
            [text("due"), text("fired"), text("run"), text("result")],
            [
                [text.moment(each.fire_time), text.moment(each.fired_at), each.run_id or "–", _result(terminal, each)]
                for each in found.newest_fires
            ],
        )


@app.command()
def pause(context: typer.Context, schedule: Named, json: AsJson = False) -> None:
    """Pause a schedule until it is resumed."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.schedules.pause(schedule)
    if json:
        terminal.json(found.raw)
    else:
        terminal.say(terminal.text("schedule_paused", name=found.name))


@app.command()
def resume(context: typer.Context, schedule: Named, json: AsJson = False) -> None:
    """Resume a schedule. Firings that were due during the pause are skipped."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.schedules.resume(schedule)
    if json:
        terminal.json(found.raw)
        return
    terminal.say(terminal.text("schedule_resumed", name=found.name))
    _say_next(terminal, found)


@app.command("run-now")
def run_now(context: typer.Context, schedule: Named, json: AsJson = False) -> None:
    """Queue the schedule's run once now, in addition to its regular firings."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        fire = connected.client.schedules.run_now(schedule)
        if json:
            terminal.json(fire.raw)
        else:
            terminal.say(terminal.text("run_queued", id=fire.run_id, name=fire.run_name))
            terminal.say(terminal.text("watch_hint", id=fire.run_id))
        if connected.is_temporary:
            terminal.note(terminal.text("goes_on_later"))


@app.command()
def delete(context: typer.Context, schedule: Named) -> None:
    """Delete a schedule. The runs that it queued are kept."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.schedules.delete(schedule)
    terminal.say(terminal.text("schedule_deleted", name=schedule))


def _interval(terminal: Terminal, given_text: str) -> tuple[int, Unit]:
    found = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", given_text.strip())
    if found is None:
        raise CommandError(
            terminal.text("not_an_interval", text=given_text),
            next_step=terminal.text("write_like", example="--every 6h"),
            exit_code=USAGE,
        )
    return int(found[1]), _UNITS[found[2]]


def _when(terminal: Terminal, schedule: Schedule) -> str:
    if schedule.interval is None:
        return f"{schedule.cron} ({schedule.timezone})"
    return terminal.text(f"every.{schedule.interval.unit}", count=schedule.interval.every)


def _result(terminal: Terminal, fire: Fire) -> str:
    if fire.error is not None:
        return fire.error.message
    return terminal.state(fire.run_state) if fire.run_state else terminal.text("run_gone")


def _say_next(terminal: Terminal, schedule: Schedule) -> None:
    if schedule.next_fires:
        terminal.say(terminal.text("fires_next", time=terminal.text.moment(schedule.next_fires[0])))


def _config(run: Mapping[str, object]) -> Mapping[str, object]:
    """Return the config of a run request; empty if it has none."""
    found = run.get("config")
    return found if isinstance(found, Mapping) else {}
