"""``azuraforge plugins``: list and show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, TypedDict, cast

import typer
from rich.text import Text

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.output.summaries import plain
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client.plugins import Plugin

app = typer.Typer(help="Installed plugins.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_plugins(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the installed plugins, with the errors of broken plugins."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.plugins.list(limit=limit + 1)
    plugins = found[:limit]
    if json:
        terminal.json([each.raw for each in plugins])
        return
    text = terminal.text
    terminal.table(
        [text("name"), text("kind"), text("version"), text("origin"), text("state")],
        [
            [
                each.name,
                _kind(terminal, each),
                each.version or "–",
                each.origin,
                text("broken") if each.error else text("works"),
            ]
            for each in plugins
        ],
    )
    say_more(terminal, found, limit)
    for each in plugins:
        if each.error:
            terminal.console.print(Text(f"✗ {each.name}: {text.of(each.error)}", style="red"), soft_wrap=True)


@app.command()
def show(context: typer.Context, name: Annotated[str, typer.Argument()], json: AsJson = False) -> None:
    """Show a plugin and all its options."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        plugin = connected.client.plugins.get(name)
    if json:
        terminal.json(plugin.raw)
        return
    text = terminal.text
    terminal.fields(
        {
            text("name"): plugin.name,
            text("kind"): _kind(terminal, plugin),
            text("description"): " – ".join(part for part in (text.of(plugin.title), text.of(plugin.summary)) if part),
            text("version"): plugin.version or "",
            text("origin"): plugin.origin,
            text("error"): text.of(plugin.error) if plugin.error else "",
        }
    )
    if plugin.error is None:
        _show_options(terminal, plugin.config_schema or {})
    if plugin.kind in ("pipeline", "agent") and plugin.error is None:
        terminal.say(text(f"start_hint.{plugin.kind}", name=plugin.name))


def _kind(terminal: Terminal, plugin: Plugin) -> str:
    """Return a plugin's kind, with the task kind of a pipeline or metric."""
    kind = terminal.text(f"plugin_kind.{plugin.kind}")
    return f"{kind} ({plugin.task})" if plugin.task else kind


class _Field(TypedDict, total=False):
    """The keys of a field's JSON schema that the output uses."""

    type: str
    enum: Sequence[object]
    const: object
    anyOf: Sequence[_Field]
    minimum: float
    maximum: float
    exclusiveMinimum: float
    exclusiveMaximum: float
    default: object
    title: str
    titles: Mapping[str, str]
    description: str
    descriptions: Mapping[str, str]


def _show_options(terminal: Terminal, schema: Mapping[str, object]) -> None:
    text = terminal.text
    properties = cast(Mapping[str, _Field], schema.get("properties") or {})  # JSON schema's own shape
    if not properties:
        terminal.say(text("no_options"))
        return
    needed = cast(Sequence[str], schema.get("required") or ())
    rows = []
    for name, field in properties.items():
        default = "*" if name in needed else plain(terminal, field.get("default"))
        rows.append([name, _type(field), default, _described(terminal, field)])
    terminal.table([text("option"), text("type"), text("default"), text("description")], rows)


def _described(terminal: Terminal, field: _Field) -> str:
    """Return what a field means in the language of the command; without a description, its title."""
    for kind, own in (("description", field.get("description")), ("title", field.get("title"))):
        texts = field.get(f"{kind}s")
        found = (texts.get(terminal.text.code) if isinstance(texts, Mapping) else None) or own
        if found:
            return str(found)
    return ""


def _type(field: _Field) -> str:
    """Return a short description of a field's type and limits.

    Example:
        >>> _type({"type": "integer", "minimum": 1, "maximum": 9}), _type({"enum": ["a", "b"]})
        ('integer 1…9', 'a | b')
    """
    if "enum" in field:
        return " | ".join(str(each) for each in field["enum"])
    if "const" in field:
        return str(field["const"])
    if "anyOf" in field:
        return " | ".join(_type(each) for each in field["anyOf"])
    name = str(field.get("type") or str(field.get("$ref") or "").rpartition("/")[2] or "any")
    low = field.get("minimum", f">{field['exclusiveMinimum']}" if "exclusiveMinimum" in field else None)
    high = field.get("maximum", f"<{field['exclusiveMaximum']}" if "exclusiveMaximum" in field else None)
    if low is None and high is None:
        return name
    return f"{name} {'' if low is None else low}…{'' if high is None else high}"
