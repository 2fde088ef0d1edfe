"""Further commands of ``azuraforge models``: aliases, policies, lineage, cards, bundles, shadows and canaries."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client import Deployment, ExtremeLosses, GatePolicy, PairCounts

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="Name of the model.")]
Version = Annotated[int, typer.Argument(min=1, help="Number of the version.")]
Why = Annotated[str, typer.Option("--reason", help="Reason to record in the history.")]


def policy(
    context: typer.Context, name: Name, history: bool = False, limit: Limit = SHOWN, json: AsJson = False
) -> None:
    """Show the conditions of a model's promotion. With --history, show all policies with their authors and reasons."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        models = connected.client.models
        found = models.policies(name, limit=limit + 1) if history else [models.policy(name)]
    if json:
        terminal.json([each.raw for each in found[:limit]] if history else found[0].raw)
        return
    text = terminal.text
    terminal.table(
        [text("number"), text("terms"), text("by"), text("reason"), text("at")],
        [
            [str(each.number), _terms(terminal, each), each.by or "–", each.reason or "–", text.moment(each.at)]
            for each in found[:limit]
        ],
    )
    say_more(terminal, found, limit)


def set_policy(
    context: typer.Context,
    name: Name,
    reason: Why,
    metric: Annotated[
        str | None,
        typer.Option(help="Metric to compare: rmse, mae, error_rate or log_loss. Default: the metric of the task."),
    ] = None,
    margin: Annotated[float, typer.Option(help="Required improvement beyond noise, as a share: 0.02 is 2 %.")] = 0.0,
    absolute: Annotated[
        bool, typer.Option("--absolute", help="Interpret --margin in the metric's unit instead of as a share.")
    ] = False,
    guard: Annotated[
        list[str] | None,
        typer.Option(
            help="Slice that must not get worse, as KEY=MARGIN, such as hour:7,8=0.05. Keys: hour, weekday, month, "
            "horizon and class."
        ),
    ] = None,
    max_latency_ms: Annotated[float | None, typer.Option(help="Maximum time per prediction, in milliseconds.")] = None,
    max_bytes: Annotated[int | None, typer.Option(help="Maximum size of the predictor's files, in bytes.")] = None,
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="The gate only approves versions; a person promotes them.")
    ] = False,
    approvals: Annotated[
        int, typer.Option(min=0, max=2, help="Number of other members who must approve each promotion: 0, 1 or 2.")
    ] = 0,
    pass_unknown: Annotated[
        bool, typer.Option("--pass-unknown", help="Slices with too few rows do not block promotion.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Set the conditions of future promotions of a model. Omitted options take the platform's defaults."""
    terminal = terminal_of(context)
    terms: dict[str, object] = {
        "metric": metric,
        "margin": margin,
        "margin_kind": "absolute" if absolute else "relative",
        "slices": [_guarded(terminal, each) for each in guard or ()],
        "max_latency_ms": max_latency_ms,
        "max_bytes": max_bytes,
        "automatic": not by_hand,
        "approvals": approvals,
        "unknown_slices": "pass" if pass_unknown else "block",
    }
    with connect(terminal) as connected:
        made = connected.client.models.set_policy(name, reason, **terms)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("policy_set", model=name, number=made.number, terms=_terms(terminal, made)))


def lineage(context: typer.Context, name: Name, json: AsJson = False) -> None:
    """Show the data and runs that the versions come from, and their predictions."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        graph = connected.client.models.lineage(name)
    if json:
        terminal.json(graph.raw)
        return
    text = terminal.text
    labels = {each.id: f"{text('lineage.' + each.kind)} {each.label}" for each in graph.nodes}
    rows = [[labels[each.start], text("edge." + each.kind), labels[each.end]] for each in graph.edges]
    terminal.table([text("edge_from"), "", text("edge_to")], rows)


def card(
    context: typer.Context,
    name: Name,
    version: Version,
    language: Annotated[
        str | None, typer.Option(help="Language of the card: en or tr. Default: the language of this command.")
    ] = None,
) -> None:
    """Print a version's card as Markdown."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        typer.echo(connected.client.models.card(name, version, language or terminal.text.code), nl=False)


def describe(
    context: typer.Context, name: Name, text: Annotated[str, typer.Argument(help="Intended use of the model.")]
) -> None:
    """Set the intended use of a model, which the cards of all versions show."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.models.set_intended_use(name, text)


def bundle(
    context: typer.Context,
    name: Name,
    version: Version,
    to: Annotated[
        Path | None, typer.Option(help="File to write. Default: NAME-vVERSION.zip in the current directory.")
    ] = None,
) -> None:
    """Download a version as one self-contained zip file."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        written = connected.client.models.bundle(name, version, to or Path(f"{name}-v{version}.zip"))
    terminal.say(terminal.text("bundle_written", path=written, bytes=written.stat().st_size))


def import_bundle(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Bundle file, as written by `azuraforge models bundle`.")],
    name: Annotated[str | None, typer.Option(help="Name of the model. Default: the name in the bundle.")] = None,
    json: AsJson = False,
) -> None:
    """Verify a bundle and add its version to a model."""
    terminal = terminal_of(context)
    values.existing_file(terminal, file)
    with connect(terminal) as connected:
        made = connected.client.models.import_bundle(file, name)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("bundle_imported", model=made.model, version=made.version))


def alias(
    context: typer.Context,
    name: Name,
    alias: Annotated[str, typer.Argument(help="Name of the alias.")],
    reason: Why,
    version: Annotated[
        int | None, typer.Argument(min=1, help="Version the alias points to; omit to remove the alias.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Set or move an alias, or remove it if no version is given."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        models = connected.client.models
        if version is None:
            change = models.remove_alias(name, alias, reason)
        else:
            change = models.set_alias(name, alias, version, reason)
    if json:
        terminal.json(change.raw)
    elif version is None:
        terminal.say(terminal.text("alias_gone", model=name, alias=alias))
    elif change.waits:
        terminal.say(terminal.text("promotion_waits", model=name, alias=alias, version=version))
    else:
        terminal.say(terminal.text("alias_set", model=name, alias=alias, after=version))


def deploy(
    context: typer.Context,
    name: Name,
    version: Version,
    mode: Annotated[str, typer.Argument(help="Mode of the deployment: shadow or canary.")],
    reason: Why,
    share: Annotated[float, typer.Option(help="Share of the requests that a canary answers, in percent.")] = 10.0,
    alias: Annotated[str, typer.Option(help="Alias to deploy alongside.")] = "champion",
    error_margin: Annotated[
        float,
        typer.Option(help="Margin of the failure rate: with 0.01, one more failure per 100 requests is tolerated."),
    ] = 0.01,
    loss_margin: Annotated[
        float, typer.Option(help="Margin of the loss: with 0.1, a loss more than 10 % higher counts as worse.")
    ] = 0.1,
    json: AsJson = False,
) -> None:
    """Deploy a version alongside an alias: as a shadow, or as a canary for a share of the requests."""
    terminal = terminal_of(context)
    settings = {"alias": alias, "share_percent": share, "error_margin": error_margin, "loss_margin": loss_margin}
    with connect(terminal) as connected:
        made = connected.client.models.deploy(name, version, mode, reason, **settings)
    _show(terminal, [made], json)


def deployments(context: typer.Context, name: Name, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List a model's shadows and canaries with their results."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.models.deployments(name, limit=limit + 1)
    _show(terminal, found[:limit], json)
    if not json:
        say_more(terminal, found, limit)


def end(
    context: typer.Context,
    name: Name,
    number: Annotated[int, typer.Argument(min=1, help="Number of the deployment.")],
    reason: Why,
    json: AsJson = False,
) -> None:
    """End a shadow or a canary."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.models.end_deployment(name, number, reason)
    _show(terminal, [made], json)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module with ``azuraforge models``."""
    commands: dict[str, Callable[..., None]] = {
        "policy": policy,
        "set-policy": set_policy,
        "alias": alias,
        "lineage": lineage,
        "card": card,
        "describe": describe,
        "bundle": bundle,
        "import": import_bundle,
        "deploy": deploy,
        "deployments": deployments,
        "end": end,
    }
    for called, command in commands.items():
        app.command(called)(command)


def _show(terminal: Terminal, found: list[Deployment], json: bool) -> None:
    if json:
        terminal.json([each.raw for each in found])
        return
    text = terminal.text
    if not found:
        terminal.say(text("no_deployments"))
        return
    heads = ("number", "mode", "version", "share", "state", "errors_pairs", "loss_pairs", "extreme_losses", "reason")
    terminal.table(
        [text(head) for head in heads],
        [
            [
                str(each.number),
                text(f"mode.{each.mode}"),
                f"v{each.version} / {each.alias} v{each.alongside}",
                f"{each.share_percent:g} %",
                text(f"deployment.{each.state}"),
                _pairs(each.errors),
                _pairs(each.losses),
                _extremes(each.extremes),
                each.ended_reason or each.reason,
            ]
            for each in found
        ],
    )


def _extremes(test: ExtremeLosses) -> str:
    return "–" if test.bound is None else f"{test.beyond} / {test.beyond + test.within}"


def _pairs(test: PairCounts) -> str:
    return f"{test.worse} / {test.even} / {test.better}"


def _guarded(terminal: Terminal, given: str) -> dict[str, object]:
    key, _, margin = given.partition("=")
    by, _, named = key.partition(":")
    try:
        return {"by": by, "margin": float(margin or 0.1), "values": [each for each in named.split(",") if each]}
    except ValueError as error:
        message = terminal.text("not_key_value", text=given)
        raise CommandError(message, next_step="--guard hour:7,8=0.05", exit_code=USAGE) from error


def _terms(terminal: Terminal, each: GatePolicy) -> str:
    shown = {
        name: value
        for name, value in each.raw.items()
        if name not in ("number", "reason", "by", "at", "automatic") and value not in (None, 0, [], "relative", "block")
    }
    if not each.automatic:
        shown["automatic"] = False
    said = ", ".join(f"{name}={json_module.dumps(value)}" for name, value in shown.items())
    return said or terminal.text("own_policy")
