"""``azuraforge predictions``: batch runs, the ledger, outcomes, live scores and drift."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.data_schemas import data_schemas
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.output.metrics import facts_of, metric_title, metric_value
from azuraforge.cli.output.results import page_url, run_path
from azuraforge.cli.parsing import values
from azuraforge.cli.runs import to_the_end
from azuraforge.cli.terminal import Terminal, terminal_of
from azuraforge.row_time import row_time

if TYPE_CHECKING:
    from azuraforge.client.predictions import LedgerLine

app = typer.Typer(help="Predictions: the ledger with outcomes, scores and drift, and batch predictions.",
                  no_args_is_help=True)  # fmt: skip

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Model = Annotated[str, typer.Argument(help="Name of the model.")]


@app.command()
def create(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="Name of the model.")],
    dataset: Annotated[
        str | None,
        typer.Option(help="Name or id of the dataset. Default: the dataset that the version was trained on."),
    ] = None,
    dataset_version: Annotated[
        int | None, typer.Option(min=1, help="Version of the dataset. Default: the newest.")
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Number of the version that predicts. Default: the version of --alias.")
    ] = None,
    alias: Annotated[str, typer.Option(help="Alias of the version that predicts.")] = "champion",
    start: Annotated[str | None, typer.Option(help="First forecast origin, as ISO 8601 with a UTC offset.")] = None,
    end: Annotated[str | None, typer.Option(help="Last forecast origin.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Number of rows between two forecast origins.")] = 1,
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--detach", help="Watch the run until it ends, or return immediately.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Start a run that predicts a whole dataset and stores the predictions as files."""
    terminal = terminal_of(context)
    given = {"version": version, "alias": alias, "start": start, "end": end, "every": every}
    config = {key: value for key, value in given.items() if value is not None}
    with connect(terminal) as connected:
        run = connected.client.predictions.create(
            model, dataset, dataset_version=dataset_version, config=config, name=name
        )
        if not (json and wait):
            if json:
                terminal.json(run.raw)
            else:
                terminal.say(terminal.text("run_queued", id=run.id, name=run.name))
        if wait:
            raise typer.Exit(to_the_end(terminal, connected, connected.client.runs.get(run.id), json))
        if not json and not connected.is_temporary:
            terminal.say(terminal.text("page", url=page_url(connected.client, run_path(connected.client, run.id))))
        if connected.is_temporary:
            terminal.note(terminal.text("goes_on_later"))


@app.command("list")
def list_predictions(
    context: typer.Context,
    model: Annotated[str | None, typer.Option(help="Show only predictions of this model.")] = None,
    version: Annotated[int | None, typer.Option(min=1)] = None,
    judged: Annotated[
        bool | None,
        typer.Option(
            "--judged/--waiting",
            help="Show only fully judged predictions, or only predictions with points that await their outcomes.",
        ),
    ] = None,
    limit: Limit = SHOWN,
    json: AsJson = False,
) -> None:
    """List the predictions in the ledger, newest first."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.predictions.list(model, version=version, judged=judged, limit=limit + 1)
        lines = found[:limit]
        named = {(each.model, each.version) for each in lines}
        schemas = {} if json else data_schemas(connected.client, named)
    if json:
        terminal.json([each.raw for each in lines])
        return
    text = terminal.text
    if not lines:
        terminal.say(text("no_predictions"))
        return
    terminal.table(
        ["id", text("model"), text("version"), text("forecast_origin"), text("predicted"), text("known"), text("made")],
        [
            [
                each.prediction_id,
                each.model,
                f"v{each.version}",
                row_time(each.origin, schemas[each.model, each.version]),
                _first(terminal, each),
                f"{each.outcome.known if each.outcome else 0}/{len(each.predictions)}",
                text.moment(each.created_at),
            ]
            for each in lines
        ],
        right=(4, 5),
    )
    say_more(terminal, found, limit)


@app.command()
def show(
    context: typer.Context,
    prediction: Annotated[str, typer.Argument(help="Id of the prediction.")],
    json: AsJson = False,
) -> None:
    """Show a prediction and its outcomes."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        line = connected.client.predictions.get(prediction)
        learned = line.model, line.version
        schema = None if json else data_schemas(connected.client, [learned])[learned]
    if json:
        terminal.json(line.raw)
        return
    text = terminal.text
    terminal.fields(
        {
            text("model"): f"{line.model} v{line.version}",
            text("forecast_origin"): row_time(line.origin, schema),
            text("made"): text.moment(line.created_at),
            text("request"): line.request_id or "",
            text("took"): f"{line.latency_seconds * 1000:.1f} ms" if line.latency_seconds is not None else "",
        }
    )
    known = {each.step: each for each in line.outcomes}
    rows = []
    for step, point in enumerate(line.predictions, 1):
        became = known.get(step)
        actual = text("not_yet_known") if became is None else became.label or text.number(became.actual)
        rows.append(
            [
                row_time(point.at, schema),
                point.label or text.number(point.value),
                actual,
                text.number(became.loss) if became else "–",
                text.number(became.naive_loss) if became and became.naive_loss is not None else "–",
            ]
        )
    columns = [text("at"), text("predicted"), text("actual"), text("error"), text("naive_error")]
    terminal.table(columns, rows, right=(1, 2, 3, 4))
    for became in line.outcomes:
        for former in became.earlier:
            terminal.say(
                text(
                    "was_judged_by",
                    at=row_time(became.at, schema),
                    actual=text.number(former.actual),
                    error=text.number(former.loss),
                    source=former.source,
                    replaced=text.moment(former.replaced_at),
                )
            )


@app.command()
def outcomes(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV or JSON file. Each row contains prediction_id, request_id or model, then at, and value or label."
        ),
    ],
    model: Annotated[str | None, typer.Option(help="Model to which every row refers.")] = None,
    json: AsJson = False,
) -> None:
    """Record outcomes and judge the predictions. Each point is judged once."""
    terminal = terminal_of(context)
    rows: list[dict[str, object]] = []
    for row in values.rows(terminal, file):
        said = {key: value for key, value in row.items() if value not in (None, "")}
        for key in ("prediction_id", "request_id", "label"):
            if key in said:
                said[key] = str(said[key])
        rows.append({**said, "model": model} if model else said)
    totals = {"judged": 0, "known": 0}
    with connect(terminal) as connected:
        for start in range(0, len(rows), 5000):
            answer = connected.client.predictions.judge(rows[start : start + 5000])
            totals = {key: totals[key] + answer[key] for key in totals}
    if json:
        terminal.json(totals)
    else:
        terminal.say(terminal.text("judged_told", **totals))


@app.command()
def scores(
    context: typer.Context,
    model: Model,
    days: Annotated[
        int | None, typer.Option(min=1, help="Number of days, up to the newest outcome, from which outcomes are used.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show the live scores of a model's judged predictions next to those of naive forecasts."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        live = connected.client.predictions.scores(model, days)
        if json:
            terminal.json(live.raw)
            return
        versions = connected.client.models.get(model).version_list
        kinds = {each.name: each.metrics for each in connected.client.plugins.task_kinds()} if versions else {}
        skill = facts_of(kinds.get(versions[0].kind, ()) if versions else (), "skill")
    text = terminal.text
    terminal.say(text("live_told", predictions=live.predictions, waiting=live.waiting, points=live.points))
    if live.judged_again:
        terminal.say(text("judged_again_told", points=live.judged_again))
    if not live.total:
        terminal.say(text("not_yet_known"))
        return
    compared = any(each.incumbent_count for each in live.total)
    errors = [text("error"), text("naive_error"), metric_title(text, skill)]
    heads = [text("version"), text("points"), *errors, text("hits")]
    present = [text("incumbent_error"), text("incumbent_skill"), text("incumbent_points")] if compared else []
    terminal.table(
        [*heads, *present, ""],
        [
            [
                f"v{each.version}",
                str(each.count),
                text.percent(each.loss) if live.classes else text.number(each.loss),
                "–"
                if each.naive_loss is None
                else text.percent(each.naive_loss)
                if live.classes
                else text.number(each.naive_loss),
                metric_value(text, skill, each.skill),
                text.percent(each.hits),
                *(
                    [
                        text.number(each.incumbent_loss) if each.incumbent_loss is not None else "–",
                        text.percent(each.incumbent_skill, signed=True),
                        str(each.incumbent_count),
                    ]
                    if compared
                    else []
                ),
                text("made_late") if each.late else "",
            ]
            for each in live.total
        ],
        right=tuple(range(1, 6 + len(present))),
    )


@app.command()
def drift(
    context: typer.Context,
    model: Model,
    version: Annotated[int | None, typer.Option(min=1, help="Version to check. Default: the champion.")] = None,
    look: Annotated[bool, typer.Option("--look", help="Run a new drift check first.")] = False,
    json: AsJson = False,
) -> None:
    """Show whether inputs and predictions have drifted from the version's training data."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.predictions.drift(model, version, look=look)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    if found.report is None:
        terminal.say(text("drift_nobody_looked", model=model))
        return
    report = found.report
    which = {"model": model, "version": found.version}
    if found.alarm:
        terminal.say(text("drift_alarm", **which))
    elif report.enough:
        terminal.say(text("drift_none", **which))
    else:
        terminal.say(text("drift_too_few", **which))
    terminal.table(
        [text("column"), text("values"), "PSI", "KS", "p", text("drifted")],
        [
            [
                each.name,
                f"{each.effective:.0f}",
                text.number(each.psi) if each.psi is not None else "–",
                text.number(each.ks) if each.ks is not None else "–",
                f"{each.p_value:.2g}" if each.p_value is not None else "–",
                text("not_yet_known") if each.drifted is None else text("yes" if each.drifted else "no"),
            ]
            for each in report.columns
        ],
        right=(1, 2, 3, 4),
    )
    if report.errors is not None:
        errors = report.errors
        terminal.say(
            text(
                "drift_errors_larger" if errors.drifted else "drift_errors_same",
                forecasts=errors.forecasts,
                mean=text.number(errors.mean),
                reference=text.number(errors.reference_mean),
                since=text.moment(errors.since),
            )
        )
    limits = report.thresholds
    terminal.note(text("drift_limits", psi=limits.psi, level=f"{limits.level:.2g}", least=limits.least))


def _first(terminal: Terminal, line: LedgerLine) -> str:
    point = line.predictions[0]
    return point.label or f"{terminal.text.number(point.value)} {line.unit}".strip()
