"""``azuraforge learners``: create, start and stop learners, show their scores and timeline, send commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.learners import exporting
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client.learners.shapes import Learner, LearnerScore

app = typer.Typer(help="Learners: models that learn row by row from a feed.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Named = Annotated[str, typer.Argument(metavar="LEARNER", help="Name or id of the learner.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the learner.")],
    feed: Annotated[str, typer.Option(help="Name or id of the feed.")],
    plugin: Annotated[str, typer.Option(help="Plugin, such as online.linear.number.")],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Column to predict.")],
    kind: Annotated[
        Literal["value", "change", "sign", "log_return"],
        typer.Option(help="What is predicted: the column itself, its change, its sign or its log return."),
    ] = "value",
    ahead: Annotated[int, typer.Option(min=0, help="Rows ahead; 0: the column is a label of the row.")] = 0,
    column: Annotated[
        list[str] | None, typer.Option("--input", metavar="COLUMN", help="Column that is a feature. May be repeated.")
    ] = None,
    features: Annotated[list[str] | None, typer.Option(help="Feature set. May be repeated.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="Key to learn from. May be repeated. Default: all.")] = None,
    config: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Config of the plugin. May be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed.")] = 0,
    json: AsJson = False,
) -> None:
    """Create a learner of a feed."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.learners.create(
            name,
            feed,
            plugin,
            target={"column": target, "kind": kind, "ahead_rows": ahead},
            inputs=column or (),
            features=features or (),
            config=values.pairs(terminal, config or (), "--set"),
            keys=list(key or ()),
            seed=seed,
        )
    if json:
        terminal.json(made.raw)
        return
    terminal.say(terminal.text("learner_made", name=made.name))


@app.command("list")
def list_learners(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the learners with their states, newest first."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.learners.list(limit=limit + 1)
    if json:
        terminal.json([each.raw for each in found[:limit]])
        return
    text = terminal.text
    if not found:
        terminal.say(text("no_learners"))
        return
    terminal.table(
        [text("learner"), text("state"), text("feed"), text("plugin"), text("rows"), text("learner_lag"), "id"],
        [
            [
                each.name,
                text(f"learner_state.{each.state}"),
                each.feed,
                each.plugin,
                text.number(each.seq, 0),
                text.number(each.lag_rows, 0),
                each.id,
            ]
            for each in found[:limit]
        ],
        right=(4, 5),
    )
    say_more(terminal, found, limit)


@app.command()
def show(context: typer.Context, learner: Named, json: AsJson = False) -> None:
    """Show a learner: its state, target and position."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.learners.get(learner)
    if json:
        terminal.json(found.raw)
        return
    _show(terminal, found)


@app.command()
def scores(context: typer.Context, learner: Named, json: AsJson = False) -> None:
    """Show the scores of a learner next to its baselines, with 95 % intervals."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.learners.scores(learner)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    if not found.outcomes:
        terminal.say(text("no_learner_outcomes"))
        return
    metrics = [each.metric for each in found.contenders[0].scores]
    terminal.table(
        [text("learner_contender"), *metrics],
        [
            [each.name if each.baseline else f"{each.name} *", *(_score(terminal, one) for one in each.scores)]
            for each in found.contenders
        ],
        right=tuple(range(1, 1 + len(metrics))),
    )
    verdict = "unknown" if found.better is None else "better" if found.better else "worse"
    terminal.say(text(f"learner_verdict.{verdict}", count=found.outcomes))


@app.command()
def hours(
    context: typer.Context,
    learner: Named,
    last: Annotated[int, typer.Option(min=1, max=10_000, help="Number of the newest hours.")] = 24,
    json: AsJson = False,
) -> None:
    """Show the ranking metric of a learner and its baselines hour by hour."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.learners.hours(learner, last=last)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    names = sorted({name for each in found.hours for name in each.baselines})
    terminal.table(
        [text("feed_time"), text("learner_outcomes"), found.metric, *names],
        [
            [
                text.moment(each.at),
                text.number(each.outcomes, 0),
                *(_number(terminal, value) for value in (each.learner, *(each.baselines.get(one) for one in names))),
            ]
            for each in found.hours
        ],
        right=tuple(range(1, 3 + len(names))),
    )


@app.command()
def answers(
    context: typer.Context,
    learner: Named,
    last: Annotated[int, typer.Option(min=1, max=5000, help="Number of the newest rows.")] = 20,
    json: AsJson = False,
) -> None:
    """Show the answers of the newest rows with the outcomes that are known."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.learners.answers(learner, last=last)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    columns = ("feed_time", "feed_key", "learner_answer", "outcome", "learner_loss")
    terminal.table(
        ["#", *(text(each) for each in columns)],
        [
            [
                text.number(each.seq, 0),
                text.moment(each.at),
                each.key or "—",
                "—" if each.answer is None else _number(terminal, each.answer[0]),
                _number(terminal, each.outcome),
                _number(terminal, each.loss),
            ]
            for each in found.answers
        ],
        right=(0, 3, 4, 5),
    )


@app.command()
def export(
    context: typer.Context,
    learner: Named,
    file: Annotated[Path, typer.Argument(help="File to write: .csv or .jsonl. It must not exist.")],
) -> None:
    """Write all answers of a learner with their outcomes to a file."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        count = exporting.write(terminal, file, connected.client.learners.ledger(learner))
    terminal.say(terminal.text("learner_exported", count=count, file=file))


@app.command()
def timeline(
    context: typer.Context,
    learner: Named,
    last: Annotated[int, typer.Option(min=1, max=1000, help="Number of the newest entries of each kind.")] = 20,
    json: AsJson = False,
) -> None:
    """Show the newest states, notices and commands of a learner."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.learners.timeline(learner, limit=last)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    entries = [
        *((each.at, each.seq, text("learner_archive" if each.archive else "learner_saved"), text.bytes(each.bytes))
          for each in found.states),
        *((each.at, each.seq, each.kind, ", ".join(f"{name}={value}" for name, value in each.body.items()))
          for each in found.notices),
    ]  # fmt: skip
    terminal.table(
        [text("feed_time"), "#", text("kind"), ""],
        [[text.moment(at), text.number(seq, 0), kind, body] for at, seq, kind, body in sorted(entries, reverse=True)],
        right=(1,),
    )


@app.command()
def start(context: typer.Context, learner: Named, json: AsJson = False) -> None:
    """Start a learner from its last state."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        run = connected.client.learners.start(learner)
        if json:
            terminal.json(run.raw)
        else:
            terminal.say(terminal.text("run_queued", id=run.id, name=run.name))
        if connected.is_temporary:
            terminal.note(terminal.text("goes_on_later"))


@app.command()
def copy(
    context: typer.Context,
    learner: Named,
    name: Annotated[str, typer.Argument(help="Name of the new learner.")],
    row: Annotated[int | None, typer.Option(min=0, help="Row of the state. Default: the newest state.")] = None,
    json: AsJson = False,
) -> None:
    """Create a learner that continues from a saved state of another one."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.learners.copy(learner, name, seq=row)
    if json:
        terminal.json(made.raw)
        return
    terminal.say(terminal.text("learner_made", name=made.name))


@app.command()
def stop(context: typer.Context, learner: Named) -> None:
    """Stop a learner after the newest row. It saves its state and an archive first."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.learners.stop(learner)
    terminal.say(terminal.text("learner_stopped", name=found.name))


@app.command()
def act(
    context: typer.Context,
    learner: Named,
    action: Annotated[str, typer.Argument(help="Name of the action.")],
    fields: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Field of the request. May be repeated.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Send a command to a learner. The response is an entry of its timeline."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        fact = connected.client.learners.command(learner, action, values.pairs(terminal, fields or (), "--set"))
    if json:
        terminal.json(fact.raw)
        return
    terminal.say(terminal.text("learner_commanded", number=fact.number, name=learner))


@app.command()
def delete(context: typer.Context, learner: Named) -> None:
    """Move a learner to the trash. It must be stopped."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.learners.delete(learner)
    terminal.say(terminal.text("learner_deleted", name=learner))


@app.command()
def restore(context: typer.Context, learner: Named) -> None:
    """Restore a learner from the trash, by its id or its former name."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.learners.restore(learner)
    terminal.say(terminal.text("learner_restored", name=found.name))


def _show(terminal: Terminal, learner: Learner) -> None:
    text = terminal.text
    terminal.fields(
        {
            text("state"): text(f"learner_state.{learner.state}"),
            text("feed"): learner.feed,
            text("plugin"): learner.plugin,
            text("run"): learner.run_id or "—",
            text("rows"): text.number(learner.seq, 0),
            text("learner_lag"): text.number(learner.lag_rows, 0),
            text("feed_time"): "—" if learner.at is None else text.moment(learner.at),
            text("learner_answers"): text.number(learner.answers, 0),
            text("learner_outcomes"): text.number(learner.outcomes, 0),
            text("size"): text.bytes(learner.bytes),
        }
    )
    if learner.problem is not None:
        terminal.say(text.of(learner.problem))


def _number(terminal: Terminal, value: float | None) -> str:
    return "—" if value is None else terminal.text.number(value, 4)


def _score(terminal: Terminal, score: LearnerScore) -> str:
    if score.value is None:
        return "—"
    value = terminal.text.number(score.value, 4)
    if score.low is None or score.high is None:
        return value
    return f"{value} ({terminal.text.number(score.low, 4)}–{terminal.text.number(score.high, 4)})"
