"""``azuraforge runs``: start, list, show, watch, cancel, resume, report, compare and ship."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from azuraforge.cli.connecting import Connected, connect
from azuraforge.cli.failures import FAILED, INTERRUPTED
from azuraforge.cli.output.comparing import show_comparison
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.output.plan import DryRun, show_plan
from azuraforge.cli.output.results import page_url, run_path, show_findings, show_result
from azuraforge.cli.output.run_cells import cells, score_of
from azuraforge.cli.output.summaries import plain
from azuraforge.cli.output.watching import watch as watch_live
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client import Run
    from azuraforge.client.run import Attempt, LinkedRun

app = typer.Typer(help="Runs: training, predictions, agents and your own code.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.")]


@app.command()
def start(
    context: typer.Context,
    plugin: Annotated[
        str | None,
        typer.Argument(help="Pipeline or agent to run. Default: forecasting.auto, or vision.cnn for images."),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Name or id of the dataset.")] = None,
    dataset_version: Annotated[
        int | None, typer.Option(min=1, help="Version of the dataset. Default: the newest.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Field of the config. May be repeated.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="JSON file with the config. --set overrides its values.")] = None,
    budget: values.Budget = None,
    no_refit: Annotated[
        bool, typer.Option("--no-refit", help="Serve the evaluated predictor instead of refitting it on all rows.")
    ] = False,
    model: Annotated[str | None, typer.Option(help="Name of the model. Default: the dataset's name.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    kind: Annotated[
        Literal["train", "agent"] | None,
        typer.Option(help="Kind of the run. Default: the kind that the plugin implies."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the run. The same seed gives the same result.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Number of threads that the engine uses.")] = 1,
    priority: Annotated[
        int, typer.Option(min=-100, max=100, help="Priority among queued runs; higher values run first.")
    ] = 0,
    depends_on: Annotated[
        list[str] | None,
        typer.Option(metavar="RUN", help="Run that must succeed before this run starts. May be repeated."),
    ] = None,
    on_failure: values.OnFailure = "cancel",
    time_limit_seconds: Annotated[float | None, typer.Option(help="Time limit of each attempt, in seconds.")] = None,
    memory_limit_bytes: Annotated[
        int | None, typer.Option(help="Memory limit of all processes of the run together, in bytes.")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--detach", help="Watch the run until it ends, or return immediately.")
    ] = False,
    dry_run: DryRun = False,
    json: AsJson = False,
) -> None:
    """Start a run."""
    terminal = terminal_of(context)
    given = values.json_object(terminal, config) if config else {}
    given.update(values.pairs(terminal, settings or (), "--set"))
    given.update(values.budget(terminal, budget))
    if no_refit:
        given["refit"] = False
    with connect(terminal) as connected:
        if dry_run:
            show_plan(terminal, connected.client.runs.dry_run(plugin, dataset, given, dataset_version), json)
            return
        run = connected.client.runs.start(
            plugin,
            dataset=dataset,
            dataset_version=dataset_version,
            config=given,
            model=model,
            name=name,
            kind=kind,
            seed=seed,
            threads=threads,
            priority=priority,
            depends_on=depends_on or (),
            on_failure=on_failure,
            time_limit_seconds=time_limit_seconds,
            memory_limit_bytes=memory_limit_bytes,
        )
        if wait:
            if not json:
                terminal.say(terminal.text("run_queued", id=run.id, name=run.name))
            raise typer.Exit(to_the_end(terminal, connected, connected.client.runs.get(run.id), json))
        if json:
            terminal.json(run.raw)
        else:
            terminal.say(terminal.text("run_queued", id=run.id, name=run.name))
            terminal.say(terminal.text("watch_hint", id=run.id))
            if not connected.is_temporary:
                terminal.say(terminal.text("page", url=page_url(connected.client, run_path(connected.client, run.id))))
        if connected.is_temporary:
            terminal.note(terminal.text("goes_on_later"))


@app.command("list")
def list_runs(
    context: typer.Context,
    state: Annotated[
        Literal["queued", "running", "succeeded", "failed", "cancelled", "quarantined"] | None, typer.Option()
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="Show only runs of this kind, such as train, forecast, refresh, predict, agent or external."),
    ] = None,
    limit: Limit = SHOWN,
    everything: Annotated[bool, typer.Option("--all", help="Include the trials of studies.")] = False,
    filter: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="CONDITION",
            help="Condition on fields, such as 'state = failed AND metrics.loss.min < 0.1'. "
            "azuraforge runs fields lists the fields.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="FIELDS",
            help="Up to 3 fields to sort by, separated by commas. A leading - sorts in descending order.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="FIELDS",
            help="Fields to show, separated by commas, such as 'config.learning_rate, metrics.loss.min, curve.loss'.",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """List runs, newest first. To list the trials of a study: azuraforge studies trials STUDY."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.runs.list(
            state=state, kind=kind, filter=filter, sort=sort, columns=columns, limit=limit + 1, trials=everything
        )
    runs = found[:limit]
    if json:
        terminal.json([each.raw for each in runs])
        return
    text = terminal.text
    if not runs:
        terminal.say(text("no_runs"))
        return
    more = list(runs[0].columns)
    terminal.table(
        ["id", text("name"), text("state"), text("progress"), text("score"), text("created"), *more],
        [
            [
                run.id,
                run.name,
                terminal.state(run.state),
                text.percent(run.progress.share, 0) if run.state == "running" else "",
                score_of(terminal, run),
                text.moment(run.created_at),
                *cells(terminal, run.columns),
            ]
            for run in runs
        ],
        right=(3, *range(6, 6 + len(more))),
    )
    say_more(terminal, found, limit)


@app.command()
def show(context: typer.Context, run_id: RunId, json: AsJson = False) -> None:
    """Show a run with its progress, config, lineage and verdict."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        run = connected.client.runs.get(run_id)
        if json:
            terminal.json(_whole(connected, run))
            return
        _show(terminal, run)
        if run.has_ended:
            show_findings(terminal, connected.client, run)
        if not connected.is_temporary:
            terminal.say(terminal.text("page", url=page_url(connected.client, run_path(connected.client, run.id))))
    if run.error:
        terminal.error(run.error.message, where=run.error.where or "", next_step=run.error.next_step or "")


@app.command()
def watch(context: typer.Context, run_id: RunId, json: AsJson = False) -> None:
    """Watch a run until it ends, then print its verdict. Ctrl-C does not stop the run."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        raise typer.Exit(to_the_end(terminal, connected, connected.client.runs.get(run_id), json))


@app.command()
def cancel(context: typer.Context, run_id: RunId, json: AsJson = False) -> None:
    """Cancel a run."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        run = connected.client.runs.cancel(run_id)
    if json:
        terminal.json(run.raw)
    else:
        terminal.say(terminal.text("cancel_done" if run.state == "cancelled" else "cancel_asked", id=run.id))


@app.command()
def resume(
    context: typer.Context,
    run_id: RunId,
    wait: Annotated[
        bool, typer.Option("--wait/--detach", help="Watch the run until it ends, or return immediately.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Requeue a failed, cancelled or quarantined run. It resumes from its newest checkpoint."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        run = connected.client.runs.resume(run_id)
        if not json:
            terminal.say(terminal.text("resume_asked", id=run.id))
        if wait:
            raise typer.Exit(to_the_end(terminal, connected, connected.client.runs.get(run.id), json))
        if json:
            terminal.json(run.raw)
        if connected.is_temporary:
            terminal.note(terminal.text("goes_on_later"))


@app.command()
def report(
    context: typer.Context,
    run_id: RunId,
    format: Annotated[
        Literal["html", "pdf", "md"], typer.Option(help="Format of the report: a single HTML file, PDF or Markdown.")
    ] = "html",
    language: Annotated[
        Literal["en", "tr"] | None, typer.Option(help="Language of the report. Default: the language of this command.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="File to write. Default: a file named after the run in the current directory.")
    ] = None,
) -> None:
    """Write the report of a run, including its figures, to one file."""
    terminal = terminal_of(context)
    spoken: Literal["en", "tr"] = language or ("tr" if terminal.text.code == "tr" else "en")
    with connect(terminal) as connected:
        content = connected.client.runs.report(run_id, format, spoken)
    path = output or Path(f"{run_id}-report.{spoken}.{format}")
    try:
        path.write_bytes(content)
    except OSError as error:
        terminal.error(terminal.text("not_written", path=path, problem=error.strerror or str(error)))
        raise typer.Exit(FAILED) from error
    terminal.say(terminal.text("report_written", path=path, bytes=terminal.text.bytes(len(content))))


@app.command()
def compare(
    context: typer.Context,
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids of two or more runs.")],
    json: AsJson = False,
) -> None:
    """Compare the metrics and configs of runs; for two runs, also print whether their difference exceeds noise."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        comparison = connected.client.runs.compare(run_ids)
        pair = connected.client.runs.compare_pair(*run_ids) if len(run_ids) == 2 else None
    if json:
        terminal.json({**comparison.raw, "pair": dict(pair.raw) if pair else None})
        return
    show_comparison(terminal, comparison, pair)


@app.command()
def ship(context: typer.Context, json: AsJson = False) -> None:
    """Send the local journals of external runs that could not reach the platform."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        shipped = connected.client.ship_journals()
    if json:
        terminal.json([{**vars(each), "kept_at": str(each.kept_at) if each.kept_at else None} for each in shipped])
    elif not shipped:
        terminal.say(terminal.text("nothing_to_ship"))
    for each in () if json else shipped:
        if each.problem is None:
            terminal.say(terminal.text("shipped", name=each.name, run=each.run_id))
        else:
            terminal.error(terminal.text("not_shipped", name=each.name, problem=each.problem, path=each.kept_at))
    if any(each.problem for each in shipped):
        raise typer.Exit(FAILED)


def to_the_end(terminal: Terminal, connected: Connected, run: Run, json: bool) -> int:
    try:
        run = watch_live(terminal, connected.client, run)
    except KeyboardInterrupt:
        if connected.is_temporary:
            terminal.note(terminal.text("goes_on_later"))
        else:
            terminal.note(terminal.text("goes_on", id=run.id))
        return INTERRUPTED
    if not json:
        return show_result(terminal, connected.client, run)
    terminal.json(_whole(connected, run))
    return 0 if run.state == "succeeded" else FAILED


def _whole(connected: Connected, run: Run) -> dict[str, object]:
    """Return the run's JSON with the key ``evaluation``, which is None if there is no evaluation."""
    evaluation = connected.client.runs.evaluation(run.id) if run.has_ended else None
    return {**run.raw, "evaluation": dict(evaluation.raw) if evaluation else None}


def _limits(terminal: Terminal, run: Run) -> str:
    parts = []
    if run.time_limit_seconds is not None:
        parts.append(terminal.text("time_limit", duration=terminal.text.duration(run.time_limit_seconds)))
    if run.memory_limit_bytes is not None:
        parts.append(terminal.text("memory_limit", bytes=terminal.text.bytes(run.memory_limit_bytes)))
    return ", ".join(parts)


def _engine(run: Run) -> str:
    """Return the engine's backend and instruction set; empty if the run recorded none."""
    said = run.environment or {}
    return " · ".join(str(said[name]) for name in ("backend", "instruction_set") if said.get(name))


def _linked(terminal: Terminal, runs: list[LinkedRun]) -> str:
    return ", ".join(f"{each.id} ({terminal.state(each.state)})" for each in runs)


def _resumption(terminal: Terminal, attempt: Attempt) -> str:
    if attempt.resumed_from_step is None and not attempt.steps_recomputed:
        return ""
    step, recomputed = attempt.resumed_from_step or 0, attempt.steps_recomputed or 0
    return terminal.text("resumed_from", step=step, recomputed=recomputed)


def _show(terminal: Terminal, run: Run) -> None:
    text = terminal.text
    dataset = f"{run.dataset_name} v{run.dataset_version}" if run.dataset_name else ""
    progress = text.percent(run.progress.share, 0) if run.state == "running" else ""
    if run.state == "queued" and run.waiting_on:
        progress = text("waiting_on", count=run.waiting_on)
    terminal.fields(
        {
            text("run"): run.id,
            text("name"): run.name,
            text("state"): " · ".join(part for part in (terminal.state(run.state), progress) if part),
            text("plugin"): run.plugin or "",
            text("dataset"): dataset,
            text("fingerprint"): run.dataset_fingerprint or "",
            text("model"): run.model or "",
            text("config"): ", ".join(f"{key}={plain(terminal, value)}" for key, value in run.config.items()),
            text("seed"): "" if run.seed is None else str(run.seed),
            text("threads"): "" if run.threads is None else str(run.threads),
            text("priority"): str(run.priority) if run.priority else "",
            text("limits"): _limits(terminal, run),
            text("study"): f"{run.study.name} #{run.study.trial}" if run.study else "",
            text("needs"): _linked(terminal, run.depends_on),
            text("needed_by"): _linked(terminal, run.needed_by),
            text("engine"): _engine(run),
            text("code"): run.code_version or "",
            text("created"): text.moment(run.created_at),
            text("started"): text.moment(run.started_at) if run.started_at else "",
            text("finished"): text.moment(run.finished_at) if run.finished_at else "",
            text("artifacts"): ", ".join(f"{each.name} ({text.bytes(each.bytes)})" for each in run.artifacts),
        }
    )
    if len(run.attempts) > 1:
        terminal.say(text("attempts"))
        for each in run.attempts:
            parts = [terminal.state(each.ended_as or "running"), each.reason or "", _resumption(terminal, each)]
            terminal.say(f"  {each.attempt}  " + " · ".join(part for part in parts if part))
    for note in run.notes:
        terminal.say(note)
