"""``azuraforge models``: list, show, history, as-of, promote, roll back and predict."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli import approvals, model_life
from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.output.as_of import show_as_of
from azuraforge.cli.output.data_schemas import _data_schema, data_schemas
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.output.model import show_model, show_models, show_waiting
from azuraforge.cli.output.verdict import show_prediction
from azuraforge.cli.parsing import scenarios, values
from azuraforge.cli.terminal import Terminal, terminal_of
from azuraforge.cli.triggers import freshness

if TYPE_CHECKING:
    from azuraforge.client import AliasChange, Client

app = typer.Typer(help="Models and their versions. The champion serves predictions.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="Name of the model.")]
_BAR, _CLASSES_SHOWN = 30, 10
#: Maximum number of forecasts per file, as limited by the platform.
_MOST_IN_FILE = 500
Alias = Annotated[str, typer.Option(help="Alias to move.")]


@app.command("list")
def list_models(
    context: typer.Context,
    live: Annotated[
        bool, typer.Option("--live", help="Show the live errors of the champions next to those of naive forecasts.")
    ] = False,
    limit: Limit = SHOWN,
    json: AsJson = False,
) -> None:
    """List the models with their champions."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.models.list(live=live, limit=limit + 1)
    models = found[:limit]
    if json:
        terminal.json([each.raw for each in models])
        return
    if not models:
        terminal.say(terminal.text("no_models"))
        return
    show_models(terminal, models, live=live)
    say_more(terminal, found, limit)


@app.command()
def show(context: typer.Context, name: Name, json: AsJson = False) -> None:
    """Show a model's versions and the runs that trained them."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        model = connected.client.models.get(name)
        kinds = [] if json else connected.client.plugins.task_kinds()
        waiting = connected.client.models.promotions(name, waiting=True) if model.deleted_at is None else []
    if json:
        terminal.json({**model.raw, "waiting": [each.raw for each in waiting]})
        return
    show_model(terminal, model, kinds)
    show_waiting(terminal, waiting)


@app.command()
def history(
    context: typer.Context,
    name: Name,
    at: Annotated[
        datetime | None, typer.Option(help="Show the versions that the aliases pointed to at this time (UTC).")
    ] = None,
    limit: Limit = SHOWN,
    json: AsJson = False,
) -> None:
    """List the changes of a model's aliases with their periods and reasons, newest first."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        moment = at.replace(tzinfo=at.tzinfo or UTC) if at else None
        found = connected.client.models.history(name, at=moment, limit=None if at else limit + 1)
    if at is not None:  # the newest change of each alias contains the version that it pointed to
        found = list({each.alias: each for each in reversed(found)}.values())
    changes = found[:limit]
    if json:
        terminal.json([each.raw for each in changes])
        return
    text = terminal.text
    terminal.table(
        [
            *(text(head) for head in ("from", "until", "alias", "version", "before", "action", "by", "reason")),
        ],
        [
            [
                text.moment(each.at),
                text.moment(each.until) if each.until else text("today"),
                each.alias,
                f"v{each.version}" if each.version else "–",
                f"v{each.previous_version}" if each.previous_version else "–",
                _word(terminal, each.action),
                _word(terminal, each.by),
                (each.said or {}).get(text.code, each.reason),
            ]
            for each in changes
        ],
    )
    say_more(terminal, found, limit)


def _word(terminal: Terminal, name: str) -> str:
    """Return the translated name of an action or of the gate; other names, such as a person's, stay unchanged."""
    key = f"move.{name}"
    return terminal.text(key) if terminal.text.has(key) else name


@app.command("as-of")
def as_of(
    context: typer.Context,
    name: Name,
    at: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="Past time such as 2026-03-01T12:00, or a date. Without a UTC offset, this machine's "
            "time zone applies.",
        ),
    ],
    alias: Annotated[str, typer.Option(help="Alias whose version and forecast are shown.")] = "champion",
    series: Annotated[str | None, typer.Option(help="Series to show, if the model was trained on several.")] = None,
    json: AsJson = False,
) -> None:
    """Show the champion, the forecast and the data at a past time, next to the outcomes."""
    terminal = terminal_of(context)
    moment = values.moment(terminal, at, "--at")
    with connect(terminal) as connected:
        found = connected.client.models.as_of(name, moment, alias=alias, series=series)
    if json:
        terminal.json(found.raw)
    else:
        show_as_of(terminal, found)


@app.command()
def promote(
    context: typer.Context,
    name: Name,
    version: Annotated[int, typer.Argument(min=1, help="Version to move the alias to.")],
    reason: Annotated[str, typer.Option(help="Reason to record in the history.")],
    alias: Alias = "champion",
    json: AsJson = False,
) -> None:
    """Move an alias to a version manually."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        change = connected.client.models.promote(name, version, reason, alias)
    _say_change(terminal, name, change, json)
    if not json and alias == "champion" and not change.waits:
        terminal.note(terminal.text("fresh_offer", model=name))


@app.command()
def rollback(
    context: typer.Context,
    name: Name,
    reason: Annotated[str | None, typer.Option(help="Reason to record in the history.")] = None,
    alias: Alias = "champion",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show where the alias would go, and change nothing.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Move an alias back to the version it pointed to before."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        if dry_run:
            target = connected.client.models.rollback_target(name, alias)
            if json:
                terminal.json(target.raw)
            elif target.to_version is None:
                terminal.say(terminal.text("rollback_nowhere", model=name, alias=alias))
            else:
                values = {"start": f"v{target.from_version}", "end": f"v{target.to_version}"}
                terminal.say(terminal.text("rollback_would", model=name, alias=alias, **values))
            return
        change = connected.client.models.rollback(name, reason, alias)
    _say_change(terminal, name, change, json)


@app.command()
def predict(
    context: typer.Context,
    name: Name,
    rows: Annotated[
        Path | None,
        typer.Option(
            help="CSV or JSON file with the recent history. Default: the newest version of the model's dataset."
        ),
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Number of the version that predicts. Default: the version of --alias.")
    ] = None,
    alias: Annotated[str, typer.Option(help="Alias of the version that predicts.")] = "champion",
    dataset_version: Annotated[
        int | None,
        typer.Option(
            min=1, help="Version of the model's dataset after whose last row the forecast begins. Default: the newest."
        ),
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Number of rows to predict. Default: the version's whole horizon.")
    ] = None,
    series: Annotated[
        list[str] | None, typer.Option(help="Series to predict, if the model was trained on several. May be repeated.")
    ] = None,
    continues: Annotated[
        str | None,
        typer.Option(
            help=(
                "Dataset that the rows of --rows continue. Rows of its later versions are the outcomes of the forecast."
            )
        ),
    ] = None,
    all_series: Annotated[
        bool, typer.Option("--all-series", help="Predict all series of the dataset that the model was trained on.")
    ] = False,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            help="Scenario for columns known ahead: 'promo: price*0.9, ads+2' or 'sale: price=9 9 "
            "8.5'. May be repeated."
        ),
    ] = None,
    known_ahead: Annotated[
        list[str] | None,
        typer.Option(
            help="With --scenario: values of a column at the rows to predict, as 'price=10 10 12'. May be repeated."
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help=".csv or .xlsx file to write the forecast to, with intervals and unit.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Print the next values with their intervals. Predictions are recorded in the ledger; scenarios are not."""
    terminal = terminal_of(context)
    if to is not None and to.suffix.lower() not in (".csv", ".xlsx"):
        raise CommandError(terminal.text("to_ending", path=to), exit_code=USAGE)
    if to is not None and scenario:
        raise CommandError(terminal.text("to_alone"), exit_code=USAGE)
    given = values.rows(terminal, rows) if rows else None
    if scenario:
        if all_series or continues or len(series or ()) > 1:
            raise CommandError(terminal.text("scenario_alone"), exit_code=USAGE)
        changes = scenarios.parse_scenarios(terminal, scenario)
        ahead = scenarios.parse_values(terminal, known_ahead or (), "--known-ahead")
        one = series[0] if series else None
        with connect(terminal) as connected:
            answer = connected.client.models.what_if(
                *(name, changes, given),
                version=version,
                alias=alias,
                horizon=horizon,
                series=one,
                known_ahead=ahead,
                dataset_version=dataset_version,
            )
            schemas = {} if json else data_schemas(connected.client, {(name, answer.version)})
        if json:
            terminal.json(answer.raw)
        else:
            scenarios.show_what_if(terminal, answer, schemas[name, answer.version])
        return
    if known_ahead:
        raise CommandError(terminal.text("known_ahead_alone"), exit_code=USAGE)
    from azuraforge.client import ApiError

    with connect(terminal) as connected:
        named: list[str | None] = [*series] if series else [None]
        asked = _all_series(connected.client, name, version) if all_series else named
        if to is not None and len(asked) > _MOST_IN_FILE:
            raise CommandError(terminal.text("to_too_many", count=len(asked), most=_MOST_IN_FILE), exit_code=USAGE)
        predictions = []
        for wanted in asked:
            try:
                predictions.append(
                    connected.client.models.predict(
                        *(name, given),
                        version=version,
                        alias=alias,
                        horizon=horizon,
                        series=wanted,
                        continues=continues,
                        dataset_version=dataset_version,
                    )
                )
            except ApiError as error:  # a dataset may contain series that were too short or too constant to learn
                if not all_series or error.code != "unknown_series":
                    raise
                terminal.note(terminal.text("series_refused", series=wanted, why=error.message))
        schemas = {} if json else data_schemas(connected.client, {(name, each.version) for each in predictions})
        if to is not None and predictions:
            ids = [each.prediction_id for each in predictions]
            connected.client.predictions.download(ids, to, language=terminal.text.code)
            terminal.note(terminal.text("forecast_written", path=to))
    if json:
        terminal.json([each.raw for each in predictions] if all_series or series else predictions[0].raw)
        return
    for each in predictions:
        show_prediction(terminal, each, schemas[name, each.version])


def _all_series(client: Client, name: str, version: int | None) -> list[str | None]:
    """Return the names of the series that a version can forecast; ``[None]`` if its data is a single series."""
    found = client.models.get(name)
    number = version if version is not None else found.champion
    if number is None:
        return [None]
    shown = {each.version: each for each in found.version_list}
    schema = _data_schema(client, name, number, shown)
    names = schema.forecast_names if schema is not None else None
    return [*names] if names else [None]


@app.command("predict-image")
def predict_image(
    context: typer.Context,
    name: Name,
    image: Annotated[Path, typer.Argument(help="PNG, JPEG, WebP, BMP, GIF or TIFF image of at most 10 MiB.")],
    version: Annotated[
        int | None, typer.Option(min=1, help="Number of the version that predicts. Default: the version of --alias.")
    ] = None,
    alias: Annotated[str, typer.Option(help="Alias of the version that classifies.")] = "champion",
    json: AsJson = False,
) -> None:
    """Classify an image and print the probability of each class."""
    terminal = terminal_of(context)
    values.existing_file(terminal, image)
    with connect(terminal) as connected:
        answer = connected.client.models.predict_image(name, image, version=version, alias=alias)
    if json:
        terminal.json(answer.raw)
        return
    text = terminal.text
    by = {"model": answer.model, "version": answer.version, "plugin": answer.plugin, "run": answer.run_id or "–"}
    terminal.say(text("prediction_by", **by))
    terminal.table(
        [text("class"), text("probability"), ""],
        [
            [each.name, text.percent(round(each.probability, 4)), "█" * round(each.probability * _BAR)]
            for each in answer.classes[:_CLASSES_SHOWN]
        ],
        right=(1,),
    )


model_life.add_to(app)
approvals.add_to(app)
app.command("keep-fresh")(freshness.keep_fresh)


def _say_change(terminal: Terminal, model: str, change: AliasChange, json: bool) -> None:
    if json:
        terminal.json(change.raw)
    elif change.waits:
        terminal.say(terminal.text("promotion_waits", model=model, alias=change.alias, version=change.version))
    elif change.version is None:
        terminal.say(terminal.text("alias_gone", model=model, alias=change.alias))
    elif change.previous_version is None:
        terminal.say(terminal.text("alias_set", model=model, alias=change.alias, after=change.version))
    else:
        moved = {"before": change.previous_version, "after": change.version}
        terminal.say(terminal.text("alias_moved", model=model, alias=change.alias, **moved))
