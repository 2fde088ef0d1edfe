"""``azuraforge studies``: create, show, pause, resume, stop, retrain, delete and restore studies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import FAILED, USAGE, CommandError
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.output.studies import (
    baseline_of,
    counted,
    range_of,
    score_of,
    show_importance,
    show_study,
    show_trials,
    state_of,
)
from azuraforge.cli.output.summaries import plain
from azuraforge.cli.parsing import spaces, values
from azuraforge.cli.terminal import terminal_of

if TYPE_CHECKING:
    pass

app = typer.Typer(help="Studies: searches over a pipeline's config. Each trial is a run.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Named = Annotated[str, typer.Argument(metavar="STUDY", help="Name or id of the study.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the study.")],
    plugin: Annotated[str | None, typer.Argument(help="Name of the pipeline.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Name or id of the dataset. Its newest version is used.")] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=LOW..HIGH[:log|:STEP]", help="Range to search. May be repeated."),
    ] = None,
    choose: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=A,B,…", help="Choices to search. May be repeated.")
    ] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=A,B,…", help="Values of a grid search, which tries every combination. May be repeated."
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="YAML or JSON file that defines the study. Options override its values.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Field of the config with a fixed value. May be repeated."),
    ] = None,
    time_budget: values.Budget = None,
    sampler: Annotated[
        Literal["tpe", "cmaes", "random", "grid", "qmc"] | None,
        typer.Option(help="Method that chooses the next config."),
    ] = None,
    pruner: Annotated[
        Literal["none", "median", "hyperband"] | None, typer.Option(help="Method that ends unpromising trials early.")
    ] = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC", help="Metric to optimize, such as rmse. Repeat it for a Pareto front."),
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Maximum number of trials.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Time limit in seconds; no trial starts after it.")] = None,
    cpu_seconds: Annotated[
        float | None, typer.Option(help="Limit of CPU time in seconds; no trial starts after it.")
    ] = None,
    parallel: Annotated[int | None, typer.Option(min=1, help="Maximum number of concurrent trials.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the study. The same seed gives the same search.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name of the winner's model. Default: the dataset's name.")] = None,
    warm_start: Annotated[
        list[str] | None,
        typer.Option(metavar="STUDY", help="Earlier study whose trials the search starts from. May be repeated."),
    ] = None,
    retrain: Annotated[
        bool | None,
        typer.Option(
            "--retrain/--no-retrain", help="Whether to train again with the winner's config when the study ends."
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the study ends.")] = False,
    json: AsJson = False,
) -> None:
    """Search for the best config. The whole search space is validated first."""
    terminal = terminal_of(context)
    body: dict[str, object] = {**spaces.file(terminal, file), "name": name}
    space = _section(body, "space")
    space.update(spaces.span(terminal, given) for given in search or ())
    space.update(spaces.choices(terminal, given, "--choose") for given in choose or ())
    space.update(spaces.choices(terminal, given, "--grid") for given in grid or ())
    body["space"] = space
    body["config"] = {
        **_section(body, "config"),
        **values.pairs(terminal, settings or (), "--set"),
        **values.budget(terminal, time_budget),
    }
    given = {
        "plugin": plugin,
        "dataset": dataset,
        "sampler": sampler or ("grid" if grid else None),
        "pruner": {"name": pruner} if pruner else None,
        "objectives": [{"metric": each} for each in objective] if objective else None,
        "parallel": parallel,
        "seed": seed,
        "model": model,
        "warm_start_from": warm_start or None,
        "retrain": retrain,
    }
    body.update({key: value for key, value in given.items() if value is not None})
    limits = {"trials": trials, "seconds": seconds, "cpu_seconds": cpu_seconds}
    named = {key: value for key, value in limits.items() if value is not None}
    if named:
        body["budget"] = {**_section(body, "budget"), **named}
    if missing := [key for key in ("plugin", "dataset") if not body.get(key)]:
        raise CommandError(terminal.text(f"study_without.{missing[0]}"), exit_code=USAGE)
    with connect(terminal) as connected:
        made = connected.client.studies.create_from(body)
        if not json:
            terminal.say(terminal.text("study_made", name=made.name, trials=made.budget.trials))
        if connected.is_temporary and not wait:
            terminal.note(terminal.text("study_goes_on_later"))
        if wait:
            made = connected.client.studies.wait(made.id)
            if not json:
                show_study(terminal, connected.client, made)
    if json:
        terminal.json(made.raw)
    if wait and made.state == "failed":
        raise typer.Exit(FAILED)


@app.command("list")
def list_studies(
    context: typer.Context,
    state: Annotated[
        Literal["running", "paused", "stopped", "finished", "failed"] | None,
        typer.Option(help="Only studies in this state."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Part of the study's name.")] = None,
    limit: Limit = SHOWN,
    json: AsJson = False,
) -> None:
    """List the studies with their best scores, newest first."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.studies.list(state=state, name=name, limit=limit + 1)
    studies = found[:limit]
    if json:
        terminal.json([each.raw for each in studies])
        return
    text = terminal.text
    if not studies:
        terminal.say(text("no_studies"))
        return
    terminal.table(
        [
            text("name"),
            text("state"),
            text("plugin"),
            text("dataset"),
            text("trials"),
            text("best"),
            text("baseline"),
            "id",
        ],
        [
            [
                each.name,
                state_of(terminal, each),
                each.plugin,
                each.dataset_name,
                counted(each),
                score_of(terminal, each),
                baseline_of(terminal, each),
                each.id,
            ]
            for each in studies
        ],
    )
    say_more(terminal, found, limit)


@app.command()
def show(context: typer.Context, study: Named, json: AsJson = False) -> None:
    """Show a study with its best trials next to the baselines, and the importance of each field."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.studies.get(study)
        if not json:
            show_study(terminal, connected.client, found)
    if json:
        terminal.json(found.raw)


@app.command()
def trials(context: typer.Context, study: Named, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List a study's trials with their configs, scores and runs."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.studies.trials(study, limit=limit + 1)
    if json:
        terminal.json([each.raw for each in found[:limit]])
        return
    show_trials(terminal, found[:limit])
    say_more(terminal, found, limit)


@app.command()
def importance(context: typer.Context, study: Named, json: AsJson = False) -> None:
    """Show the importance of each field of the search space (fANOVA)."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.studies.importance(study)
    if json:
        terminal.json(found.raw)
        return
    show_importance(terminal, found)


@app.command()
def space(
    context: typer.Context,
    plugin: Annotated[str, typer.Argument(help="Name of the pipeline.")],
    json: AsJson = False,
) -> None:
    """Show the fields of a pipeline that can be searched, with suggested ranges."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.studies.space_of(plugin)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    terminal.table(
        [text("field"), text("kind"), text("default"), text("range"), ""],
        [
            [
                each.name,
                each.kind,
                plain(terminal, each.default),
                range_of(each.range),
                each.description,
            ]
            for each in found.fields
        ],
    )
    terminal.say(f"{text('objectives')}: {', '.join(found.metrics)}")


@app.command()
def pause(context: typer.Context, study: Named) -> None:
    """Pause a study. Running trials are completed; no further trial starts."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.studies.pause(study)
    terminal.say(terminal.text("study_paused", name=found.name))


@app.command()
def resume(context: typer.Context, study: Named) -> None:
    """Resume a paused study."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.studies.resume(study)
    terminal.say(terminal.text("study_resumed", name=found.name))


@app.command()
def stop(context: typer.Context, study: Named) -> None:
    """Stop a study. Running trials are cancelled."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.studies.stop(study)
    terminal.say(terminal.text("study_stopped", name=found.name))


@app.command()
def retrain(
    context: typer.Context,
    study: Named,
    trial: Annotated[int | None, typer.Option(min=0, help="Number of the trial. Default: the best trial.")] = None,
    json: AsJson = False,
) -> None:
    """Train with the config of a trial and let the gate compare the result with the champion."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        run = connected.client.studies.retrain(study, trial)
        if json:
            terminal.json(run.raw)
        else:
            terminal.say(terminal.text("run_queued", id=run.id, name=run.name))
            terminal.say(terminal.text("watch_hint", id=run.id))
        if connected.is_temporary:
            terminal.note(terminal.text("goes_on_later"))


@app.command()
def delete(context: typer.Context, study: Named) -> None:
    """Move a study that has ended to the trash. Purging the study also deletes the runs of its trials."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.studies.delete(study)
    terminal.say(terminal.text("study_deleted", name=study))


@app.command()
def restore(context: typer.Context, study: Named) -> None:
    """Restore a study from the trash, by its id or its former name."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.studies.restore(study)
    terminal.say(terminal.text("study_restored", name=found.name))


def _section(body: dict[str, object], name: str) -> dict[str, object]:
    """Return the mapping ``name`` of a study's definition; empty if there is none."""
    found = body.get(name)
    return dict(found) if isinstance(found, dict) else {}
