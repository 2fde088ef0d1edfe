"""Child entry points about plugins: descriptions for the catalogue, and canonical configs.

Both functions are child entry points: they import app code, which the API and the supervisor never do.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from azuraforge.errors import InvalidInput, one_line
from azuraforge.plugins.contract.metric import AnyMetric, Metric, MetricFacts
from azuraforge.plugins.contract.task_kind import AnyTaskKind, TaskKind, TaskKindFacts
from azuraforge.plugins.discovery import loading
from azuraforge.plugins.discovery.loading import ACCEPTS, EntryPoint
from azuraforge.plugins.discovery.messages import CheckedConfig, Described, DescribeInput, ValidateInput
from azuraforge.strict_json import JsonObject

_SHOWN_PROBLEMS = 3
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
}


class Asked(Protocol):
    """The part of a child that these entry points need."""

    @property
    def payload(self) -> Mapping[str, object]: ...


def describe(child: Asked) -> Described:
    """Import the requested entry points and files; return one description each, with ``error`` for a broken one.

    ``DescribeInput`` → ``Described``, each with the fields of ``schemas.PluginOut``.
    """
    asked = DescribeInput.model_validate(child.payload)
    described: list[JsonObject] = []
    for point in asked.entry_points:
        described.append(_described(point.kind, point.name, point.version, point.origin, point))
    for path in asked.files:
        described.extend(_describe_file(path))
    return Described(plugins=described)


def validate(child: Asked) -> CheckedConfig:
    """Return the canonical form of a config (or options, or request): checked, defaults filled in.

    ``ValidateInput`` → ``CheckedConfig``. Raises InvalidInput naming the field, what is wrong, what is allowed and what
    to do next.
    """
    asked = ValidateInput.model_validate(child.payload)
    plugin = loading.load_plugin(asked.kind, asked.name, asked.plugins_folder)
    config = parse_config(getattr(plugin, ACCEPTS[asked.kind]), asked.config, asked.name)
    return CheckedConfig(config=config.model_dump(mode="json"), task=getattr(plugin, "kind", None))


def parse_config(model: type[BaseModel], config: Mapping[str, object], plugin: str) -> BaseModel:
    """Return ``config`` as the plugin's own model; pydantic's findings become one sentence."""
    try:
        return model.model_validate(dict(config))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        sentences = [_sentence(model, problem) for problem in problems[:_SHOWN_PROBLEMS]]
        left = len(problems) - len(sentences)
        more = f"; and {left} more" if left else ""
        raise InvalidInput(
            "; ".join(sentences) + more,
            where=f"config of {plugin}",
            next_step=f"see `azuraforge plugins show {plugin}` for every field and its range",
            fields=[".".join(str(part) for part in problem["loc"]) for problem in problems],
        ) from error


def _sentence(model: type[BaseModel], problem: ErrorDetails) -> str:
    path = [str(part) for part in problem["loc"]]
    field = ".".join(path)
    if problem["type"] == "extra_forbidden":
        close = difflib.get_close_matches(path[-1], list(model.model_fields), n=1)
        hint = f"; did you mean {close[0]}?" if close else f" (known: {', '.join(sorted(model.model_fields))})"
        return f"{field} is no field{hint}"
    if problem["type"] == "missing":
        return f"{field} is missing"
    allowed = _allowed(model, path)
    text = problem["msg"][0].lower() + problem["msg"][1:]
    if _may_be_secret(model, path):
        if problem["type"] in ("too_short", "too_long"):
            text = "the text is too short" if problem["type"] == "too_short" else "the text is too long"
        return f"{field}: {text} (allowed: {allowed})" if allowed else f"{field}: {text}"
    sentence = f"{field}: {text}, got {problem['input']!r:.80}" if field else text
    return f"{sentence} (allowed: {allowed})" if allowed else sentence


def _may_be_secret(model: type[BaseModel], path: list[str]) -> bool:
    """Return whether the value at this path may hold a secret, which no error shows."""
    if not path:
        return False
    schema = model.model_json_schema()
    if len(path) > 1:
        return '"password"' in json.dumps(schema)
    field = schema.get("properties", {}).get(path[0], {})
    return '"password"' in json.dumps(field) or ("$ref" in json.dumps(field) and '"password"' in json.dumps(schema))


def _allowed(model: type[BaseModel], path: list[str]) -> str:
    """Return the range of a top-level field as text, read from its JSON schema."""
    if not path:
        return ""
    field = model.model_json_schema().get("properties", {}).get(path[0], {})
    branches = [field, *field.get("anyOf", ())]
    for branch in branches:
        if "enum" in branch:
            return ", ".join(repr(value) for value in branch["enum"])
        limits = [text.format(branch[key]) for key, text in _LIMITS.items() if key in branch]
        if limits:
            return " and ".join(limits)
    return ""


def _describe_file(path: Path) -> Iterator[JsonObject]:
    origin = f"plugins/{path.name}"
    version = loading.file_version(path)
    try:
        found = list(loading.classes_of(loading.load_file(path)))
        if not found:
            raise InvalidInput(
                "it defines no subclass of Pipeline, Source, Agent, Notifier, TaskKind or Metric with a name"
            )
    except InvalidInput as error:
        yield _row("unknown", path.stem, version, origin) | {"error": error.message}
        return
    for kind, name, plugin in found:
        yield _described(kind, name, version, origin, plugin)


def _described(kind: str, name: str, version: str, origin: str, what: EntryPoint | type[object]) -> JsonObject:
    row = _row(kind, name, version, origin)
    try:
        loading.check_name(name)
        plugin = loading.load_entry_point(what) if isinstance(what, EntryPoint) else what
        loading.check_class(kind, plugin)
        title = _texts(getattr(plugin, "title", {}))
        row["task"] = getattr(plugin, "task" if kind == "metric" else "kind", None)
        row["summary"] = {**_texts(getattr(plugin, "summary", {}))}
        row["capabilities"] = [str(ability) for ability in getattr(plugin, "capabilities", ())]
        if kind in ACCEPTS:
            row["schema"] = getattr(plugin, ACCEPTS[kind]).model_json_schema()
        if issubclass(plugin, TaskKind):
            row["task_kind"] = _facts_of_kind(plugin, origin).model_dump(mode="json")
        if issubclass(plugin, Metric):
            facts = _facts_of_metric(plugin)
            row["metric"], title = facts.model_dump(mode="json"), title or dict(facts.title)
        row["title"] = {**title}
    except Exception as error:
        row["error"] = one_line(error)
    return row


def _facts_of_kind(plugin: type[AnyTaskKind], origin: str) -> TaskKindFacts:
    """Return the facts after checking that every metric they name is known and may be compared."""
    facts = plugin.facts(origin)
    known = {metric.name: metric for metric in facts.metrics}
    for name in (facts.ranked_by, *facts.gate_metrics):
        if name not in known:
            raise InvalidInput(f"the task kind {facts.name} has no metric {name!r}")
    for name in facts.gate_metrics:
        if known[name].pairing is None or known[name].direction != "lower":
            raise InvalidInput(f"the gate cannot compare by {name!r}: it needs a pairing, and lower must be better")
    if not facts.gate_metrics or not facts.baselines:
        raise InvalidInput(f"the task kind {facts.name} needs a metric for the gate, and a baseline")
    return facts


def _facts_of_metric(plugin: type[AnyMetric]) -> MetricFacts:
    if plugin.facts.name != plugin.name:
        raise InvalidInput(f"the facts of {plugin.name!r} are of {plugin.facts.name!r}")
    return plugin.facts


def _row(kind: str, name: str, version: str, origin: str) -> JsonObject:
    return {
        "name": name,
        "kind": kind,
        "task": None,
        "version": version,
        "origin": origin,
        "title": {},
        "summary": {},
        "capabilities": [],
        "schema": None,
        "task_kind": None,
        "metric": None,
        "error": None,
    }


def _texts(texts: object) -> dict[str, str]:
    if isinstance(texts, str):
        return {"en": texts}
    if not isinstance(texts, Mapping):
        raise InvalidInput("title and summary are texts by language code")
    return {str(language): str(text) for language, text in texts.items()}
