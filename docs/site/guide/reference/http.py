"""Reference of the HTTP API, from the API's own document."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from guide.reference.tables import code, prose, sentence, table
from guide.sources import slug

_DOCUMENT = Path(__file__).parents[4] / "dashboard" / "openapi.json"
_METHODS = ("get", "post", "put", "patch", "delete")
_PREFIX = "/api/v1"


def generate(_language: str) -> str:
    """Return a section for each noun, with each route, and the shapes of bodies and answers."""
    document = json.loads(_DOCUMENT.read_text(encoding="utf-8"))
    by_noun = defaultdict(list)
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                by_noun[item[method]["tags"][0]].append((method.upper(), path, item[method]))
    parts = []
    for noun in sorted(by_noun):
        parts.append(f"## {noun}")
        for method, path, operation in by_noun[noun]:
            parts += _operation(method, path, operation)
    parts.append("## Shapes")
    for name, schema in sorted(document["components"]["schemas"].items()):
        described = prose(schema.get("description", ""))
        content = _fields(schema) if "properties" in schema else _value(schema)
        parts += [f"### {name}", described, content]
    return "\n\n".join(each for each in parts if each)


def _operation(method: str, path: str, operation: Any) -> list[str]:
    rows = [
        (
            code(each["name"]),
            each["in"],
            _value(each["schema"]),
            _meaning(each, each["schema"], bool(each.get("required"))),
        )
        for each in operation.get("parameters", ())
    ]
    parts = [
        f"### `{method} {path.removeprefix(_PREFIX)}`",
        prose(operation.get("description", "")),
        table(("Parameter", "In", "Value", "Meaning"), rows),
    ]
    if "requestBody" in operation:
        parts.append(f"Request body: {_content(operation['requestBody'])}")
    answers = [
        f"{status} {_content(answer)}" for status, answer in operation["responses"].items() if status.startswith("2")
    ]
    errors = [code(status) for status in operation["responses"] if not status.startswith("2")]
    return [*parts, f"Answer: {', '.join([*answers, *errors])}"]


def _content(holder: Any) -> str:
    kinds = holder.get("content", {})
    return ", ".join(
        _value(each["schema"]) if name == "application/json" and each.get("schema") else code(name)
        for name, each in kinds.items()
    )


def _fields(schema: Any) -> str:
    required = schema.get("required", ())
    rows = [
        (code(name), _value(each), _meaning(each, each, name in required))
        for name, each in schema["properties"].items()
    ]
    return table(("Field", "Value", "Meaning"), rows)


def _meaning(holder: Any, schema: Any, required: bool) -> str:
    text = sentence(holder.get("description") or schema.get("description") or "")
    if required:
        text += " Required."
    elif schema.get("default") not in (None, "", [], {}):
        text += f" Default: {code(json.dumps(schema['default'], ensure_ascii=False))}."
    return text.strip()


def _value(schema: Any) -> str:
    """Return the type of a value, with its bounds; a shape of its own is a link."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return code(name) if name == "JsonValue" else f"[{name}](#{slug(name)})"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " / ".join(dict.fromkeys(_value(each) for each in schema[key]))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ", ".join(code(json.dumps(each, ensure_ascii=False)) for each in values)
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_value(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_value(schema['additionalProperties'])}"
    return " ".join([str(schema.get("format") or kind), *_bounds(schema)])


def _bounds(schema: Any) -> list[str]:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    shown = [f"{sign} {schema[name]:g}" for name, sign in signs.items() if name in schema]
    if "maxLength" in schema:
        shown.append(f"(1–{schema['maxLength']})" if schema.get("minLength") else f"(≤ {schema['maxLength']})")
    return shown
