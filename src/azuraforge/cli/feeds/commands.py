"""``azuraforge feeds``: create feeds, post and show rows, start and stop collectors, cut datasets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.feeds import reading
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client.feeds.shapes import Feed

app = typer.Typer(help="Feeds: numbered logs of arriving rows, for learners and datasets.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Named = Annotated[str, typer.Argument(metavar="FEED", help="Name or id of the feed.")]
Start = Annotated[str | None, typer.Option(metavar="TIME", help="First time of the range.")]
End = Annotated[str | None, typer.Option(metavar="TIME", help="Last time of the range.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the feed.")],
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=CLASS,CLASS…]", help="Column of numbers or of classes. May be repeated."),
    ] = None,
    key: Annotated[list[str] | None, typer.Option(help="Name of a key, such as a sensor. May be repeated.")] = None,
    interval: Annotated[float | None, typer.Option(help="Distance of consecutive times in seconds.")] = None,
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that rows wait for missing earlier rows and other keys.")
    ] = 0.0,
    fill: Annotated[
        int, typer.Option(min=0, help="Longest outage, in intervals, that is filled with a straight line.")
    ] = 0,
    source: Annotated[str | None, typer.Option(help="Source that the collector polls, such as replay.")] = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="Option of the source. May be repeated."),
    ] = None,
    every: Annotated[float, typer.Option(help="Seconds between two polls of a source that sets none.")] = 10.0,
    historical: Annotated[
        bool, typer.Option("--historical", help="The rows belong to the past: times are not compared with the clock.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Create a feed. Rows are posted, or a collector polls a source."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.feeds.create(
            name,
            reading.columns(column or ()),
            keys=key or (),
            interval_seconds=interval,
            grace_seconds=grace,
            fill=fill,
            source=source,
            options=values.pairs(terminal, options or (), "--option"),
            every_seconds=every,
            historical=historical,
        )
    if json:
        terminal.json(made.raw)
        return
    terminal.say(terminal.text("feed_made", name=made.name))


@app.command("list")
def list_feeds(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the feeds with their states, newest first."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.feeds.list(limit=limit + 1)
    if json:
        terminal.json([each.raw for each in found[:limit]])
        return
    text = terminal.text
    if not found:
        terminal.say(text("no_feeds"))
        return
    terminal.table(
        [text("feed"), text("state"), text("source"), text("rows"), text("feed_watermark"), text("size"), "id"],
        [
            [
                each.name,
                text(f"feed_state.{each.state}"),
                each.source or "—",
                text.number(each.rows, 0),
                "—" if each.watermark is None else text.moment(each.watermark),
                text.bytes(each.bytes),
                each.id,
            ]
            for each in found[:limit]
        ],
        right=(3, 5),
    )
    say_more(terminal, found, limit)


@app.command()
def show(context: typer.Context, feed: Named, json: AsJson = False) -> None:
    """Show a feed: its state, columns and keys, and numbers of rows."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.feeds.get(feed)
    if json:
        terminal.json(found.raw)
        return
    _show(terminal, found)


@app.command()
def rows(
    context: typer.Context,
    feed: Named,
    last: Annotated[int, typer.Option(min=1, max=5000, help="Number of the newest rows.")] = 20,
    after: Annotated[
        int | None, typer.Option(min=0, help="Number of a row: show the rows that follow it instead of the newest.")
    ] = None,
    start: Start = None,
    end: End = None,
    json: AsJson = False,
) -> None:
    """Show rows of a feed's log by number."""
    terminal = terminal_of(context)
    bounded = after is not None or start is not None or end is not None
    with connect(terminal) as connected:
        found = connected.client.feeds.rows(
            feed,
            after=after,
            limit=last,
            last=None if bounded else last,
            start=None if start is None else values.moment(terminal, start, "--start"),
            end=None if end is None else values.moment(terminal, end, "--end"),
        )
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    if not found.rows:
        terminal.say(text("no_feed_rows"))
        return
    names = list(found.rows[0].values)
    keyed = any(row.key for row in found.rows)
    keys = [text("feed_key")] if keyed else []
    terminal.table(
        ["#", text("feed_time"), *keys, text("kind"), *names],
        [
            [
                str(row.seq),
                text.moment(row.at),
                *([row.key or ""] if keyed else []),
                text(f"row_kind.{row.kind}"),
                *("" if row.values[name] is None else f"{row.values[name]}" for name in names),
            ]
            for row in found.rows
        ],
        right=(0, *range(3 + len(keys), 3 + len(keys) + len(names))),
    )


@app.command()
def post(
    context: typer.Context,
    feed: Named,
    file: Annotated[Path, typer.Argument(help="CSV file with columns at and key, or JSON lines; - for stdin.")],
    json: AsJson = False,
) -> None:
    """Append the rows of a file. Repeating the command has no effect."""
    terminal = terminal_of(context)
    found = reading.rows(terminal, file)
    with connect(terminal) as connected:
        taken = connected.client.feeds.post(feed, found)
    if json:
        terminal.json(vars(taken))
        return
    terminal.say(
        terminal.text("feed_posted", count=taken.numbered, duplicates=taken.duplicates, held=taken.held, name=feed)
    )


@app.command()
def start(context: typer.Context, feed: Named, json: AsJson = False) -> None:
    """Start the collector of a feed: a run that polls its source."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        run = connected.client.feeds.start(feed)
        if json:
            terminal.json(run.raw)
        else:
            terminal.say(terminal.text("run_queued", id=run.id, name=run.name))
        if connected.is_temporary:
            terminal.note(terminal.text("goes_on_later"))


@app.command()
def stop(context: typer.Context, feed: Named) -> None:
    """Stop the collector of a feed. It continues from the same position when it is started again."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.feeds.stop(feed)
    terminal.say(terminal.text("feed_stopped", name=found.name))


@app.command()
def close(context: typer.Context, feed: Named) -> None:
    """End a feed: rows that wait are numbered, and no more rows are taken."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.feeds.close(feed)
    terminal.say(terminal.text("feed_closed", name=found.name, count=found.rows))


@app.command()
def cut(
    context: typer.Context,
    feed: Named,
    dataset: Annotated[str | None, typer.Option(help="Name of the dataset. Default: the feed's name.")] = None,
    target: Annotated[str | None, typer.Option(help="Column to predict. Default: the first.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="Column of the dataset. May be repeated.")] = None,
    start: Start = None,
    end: End = None,
    filled: Annotated[bool, typer.Option("--filled", help="Include values that were filled in.")] = False,
    gaps: Annotated[
        Literal["auto", "forward_fill", "keep", "error"], typer.Option(help="Action for missing rows.")
    ] = "auto",
    missing: Annotated[
        Literal["error", "forward_fill", "drop"], typer.Option(help="Action for rows whose target is missing.")
    ] = "drop",
    json: AsJson = False,
) -> None:
    """Make a dataset version of a range of a feed."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.feeds.cut(
            feed,
            dataset,
            target=target,
            columns=column,
            start=None if start is None else values.moment(terminal, start, "--start"),
            end=None if end is None else values.moment(terminal, end, "--end"),
            filled=filled,
            gaps=gaps,
            missing=missing,
        )
    if json:
        terminal.json(made.raw)
        return
    terminal.say(terminal.text("feed_cut", name=made.name, version=made.version, count=made.rows))


@app.command()
def delete(context: typer.Context, feed: Named) -> None:
    """Move a feed to the trash. Its collector must be stopped."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.feeds.delete(feed)
    terminal.say(terminal.text("feed_deleted", name=feed))


@app.command()
def restore(context: typer.Context, feed: Named) -> None:
    """Restore a feed from the trash, by its id or its former name."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.feeds.restore(feed)
    terminal.say(terminal.text("feed_restored", name=found.name))


def _show(terminal: Terminal, feed: Feed) -> None:
    text = terminal.text
    terminal.fields(
        {
            text("state"): text(f"feed_state.{feed.state}"),
            text("columns"): ", ".join(each.name for each in feed.columns),
            text("feed_keys"): ", ".join(feed.keys) or "—",
            text("source"): feed.source or "—",
            text("run"): feed.run_id or "—",
            text("rows"): text.number(feed.rows, 0),
            text("feed_held"): text.number(feed.held_rows, 0),
            text("feed_duplicates"): text.number(feed.duplicates, 0),
            text("feed_refused"): text.number(feed.refused, 0),
            text("feed_watermark"): "—" if feed.watermark is None else text.moment(feed.watermark),
            text("size"): text.bytes(feed.bytes),
        }
    )
    if feed.problem is not None:
        terminal.say(text.of(feed.problem))
