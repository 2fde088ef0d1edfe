"""Entry points of child processes that describe plugins and validate configs.

``describe`` and ``validate`` import the code of plugins, which the API process and the supervisor never do.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.metric import AnyMetric, Metric, MetricFacts
from azuraforge.plugins.contract.sentences import joined, of_field, reason_of
from azuraforge.plugins.contract.task_kind import AnyTaskKind, TaskKind, TaskKindFacts
from azuraforge.plugins.discovery import loading
from azuraforge.plugins.discovery.loading import ACCEPTS, EntryPoint
from azuraforge.plugins.discovery.messages import CheckedConfig, Described, DescribeInput, ValidateInput
from azuraforge.strict_json import JsonObject

_SHOWN_PROBLEMS = 3
_LIMITS = {
    "minimum": Message("at least {bound}"),
    "exclusiveMinimum": Message("above {bound}"),
    "maximum": Message("at most {bound}"),
    "exclusiveMaximum": Message("below {bound}"),
}


class Asked(Protocol):
    """Protocol of the connection of a child process, reduced to the payload of the request."""

    @property
    def payload(self) -> Mapping[str, object]: ...


def describe(child: Asked) -> Described:
    """Import the requested entry points and files, and return a description of each plugin.

    The payload is a ``DescribeInput``. Each description has the fields of ``schemas.PluginOut``; ``error`` is set if
    the plugin cannot be used.
    """
    asked = DescribeInput.model_validate(child.payload)
    described: list[JsonObject] = []
    for point in asked.entry_points:
        described.append(_described(point.kind, point.name, point.version, point.origin, point))
    for path in asked.files:
        described.extend(_describe_file(path))
    return Described(plugins=described)


def validate(child: Asked) -> CheckedConfig:
    """Return the config, options or request of a plugin in its canonical form: validated, with defaults filled in.

    The payload is a ``ValidateInput``. Raises NotFound if the plugin does not exist, and InvalidInput if it is broken
    or a value is invalid; the message names the field, the fault and the allowed values.
    """
    asked = ValidateInput.model_validate(child.payload)
    plugin = loading.load_plugin(asked.kind, asked.name, asked.plugins_folder)
    config = parse_config(getattr(plugin, ACCEPTS[asked.kind]), asked.config, asked.name)
    return CheckedConfig(config=config.model_dump(mode="json"), task=getattr(plugin, "kind", None))


def parse_config(model: type[BaseModel], config: Mapping[str, object], plugin: str) -> BaseModel:
    """Return ``config`` as an instance of ``model``.

    Raises InvalidInput, which states the first three errors, if ``config`` is invalid.
    """
    try:
        return model.model_validate(dict(config))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        problem = joined(_sentence(model, each) for each in problems[:_SHOWN_PROBLEMS])
        left = len(problems) - _SHOWN_PROBLEMS
        raise InvalidInput(
            "{problem}; and {left} more" if left > 0 else "{problem}",
            where="config of {plugin}",
            next_step="run azuraforge plugins show {plugin}, which lists every field and its range",
            problem=problem,
            left=left,
            details={"fields": [".".join(map(str, each["loc"])) for each in problems]},
            plugin=plugin,
        ) from error


def _sentence(model: type[BaseModel], problem: ErrorDetails) -> Message:
    path = [str(part) for part in problem["loc"]]
    values: dict[str, object] = {"field": ".".join(path)}
    if problem["type"] == "extra_forbidden":
        if close := difflib.get_close_matches(path[-1], list(model.model_fields), n=1):
            return Message("{field} does not exist; did you mean {close}?", {**values, "close": close[0]})
        return Message("{field} does not exist; known fields: {known}", {**values, "known": sorted(model.model_fields)})
    if problem["type"] == "missing":
        return Message("{field} is missing", values)
    values["problem"] = of_field(problem)
    if _may_be_secret(model, path):
        if problem["type"] == "too_short":
            values["problem"] = Message("the text is too short")
        elif problem["type"] == "too_long":
            values["problem"] = Message("the text is too long")
        sentence = Message("{field}: {problem}", values)
    elif path:
        sentence = Message("{field}: {problem}, got {found}", {**values, "found": f"{problem['input']!r:.80}"})
    else:
        sentence = Message("{problem}", values)
    if (allowed := _allowed(model, path)) is None:
        return sentence
    return Message("{sentence} (allowed: {allowed})", {"sentence": sentence, "allowed": allowed})


def _may_be_secret(model: type[BaseModel], path: list[str]) -> bool:
    """Return whether the value at this path of a config may be a secret, which errors must not quote."""
    if not path:
        return False
    schema = model.model_json_schema()
    if len(path) > 1:
        return '"password"' in json.dumps(schema)
    field = schema.get("properties", {}).get(path[0], {})
    return '"password"' in json.dumps(field) or ("$ref" in json.dumps(field) and '"password"' in json.dumps(schema))


def _allowed(model: type[BaseModel], path: list[str]) -> Message | None:
    """Return the allowed values or range of a top-level field from its JSON schema; None if it has no limits."""
    if not path:
        return None
    field = model.model_json_schema().get("properties", {}).get(path[0], {})
    branches = [field, *field.get("anyOf", ())]
    for branch in branches:
        if "enum" in branch:
            return Message("{values}", {"values": [repr(value) for value in branch["enum"]]})
        limits = [replace(limit, values={"bound": branch[key]}) for key, limit in _LIMITS.items() if key in branch]
        if limits:
            return limits[0] if len(limits) == 1 else Message("{low} and {high}", {"low": limits[0], "high": limits[1]})
    return None


def _line(error: Exception) -> JsonObject:
    """Return language code → text of an error in one line."""
    return {**reason_of(error)}


def _describe_file(path: Path) -> Iterator[JsonObject]:
    origin = f"plugins/{path.name}"
    version = loading.file_version(path)
    try:
        found = list(loading.classes_of(loading.load_file(path)))
        if not found:
            raise InvalidInput(
                "the file defines no subclass of Pipeline, Source, Agent, Notifier, TaskKind, Metric, Learner or "
                "Features with a name",
                next_step="derive a class from one of them and give it a name",
            )
    except InvalidInput as error:
        yield _row("unknown", path.stem, version, origin) | {"error": _line(error)}
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
        row["task"] = getattr(plugin, "task" if kind in ("metric", "learner") else "kind", None)
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
        row["error"] = _line(error)
    return row


def _facts_of_kind(plugin: type[AnyTaskKind], origin: str) -> TaskKindFacts:
    """Return the description of a task kind.

    Raises InvalidInput if it names an unknown metric, has a gate metric that the gate cannot compare by, or lacks a
    gate metric or a baseline.
    """
    facts = plugin.facts(origin)
    known = {metric.name: metric for metric in facts.metrics}
    for name in (facts.ranked_by, *facts.gate_metrics):
        if name not in known:
            raise InvalidInput(
                "the task kind {kind} has no metric {name!r}",
                next_step="add the metric to the task kind",
                kind=facts.name,
                name=name,
            )
    for name in facts.gate_metrics:
        if not known[name].gate_can_compare:
            raise _not_comparable(name)
    if not facts.gate_metrics or not facts.baselines:
        raise InvalidInput(
            "the task kind {kind} has no gate metric or no baseline",
            next_step="declare at least one gate metric and one baseline in the task kind",
            kind=facts.name,
        )
    return facts


def _facts_of_metric(plugin: type[AnyMetric]) -> MetricFacts:
    """Return the description of a metric.

    Raises InvalidInput if its name differs from the plugin's, or if it has a pairing but lower values are not better.
    """
    if plugin.facts.name != plugin.name:
        raise InvalidInput(
            "the facts of the metric {plugin!r} have another name: {facts!r}",
            next_step="use the same name in both",
            plugin=plugin.name,
            facts=plugin.facts.name,
        )
    if plugin.facts.pairing is not None and not plugin.facts.gate_can_compare:
        raise _not_comparable(plugin.name)
    return plugin.facts


def _not_comparable(metric: str) -> InvalidInput:
    return InvalidInput(
        "the gate cannot compare contenders by the metric {name!r}",
        next_step="give the metric a pairing and the direction lower",
        name=metric,
    )


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
        raise InvalidInput(
            "title and summary must be texts by language code", next_step='write them as {"en": …, "tr": …}'
        )
    return {str(language): str(text) for language, text in texts.items()}
