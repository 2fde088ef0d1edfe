"""Reference of the HTTP API, from the API's own document."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from guide.reference.tables import code, prose, table

_DOCUMENT = Path(__file__).parents[4] / "dashboard" / "openapi.json"
_METHODS = ("get", "post", "put", "patch", "delete")
_WORDS = {
    "en": {
        "parameters": ("Parameter", "In", "Value", "Meaning"),
        "fields": ("Field", "Value", "Meaning"),
        "body": "Request body: {}",
        "answer": "Answer: {}",
        "shapes": "Shapes",
        "required": "Required.",
        "default": "Default: {}.",
    },
    "tr": {
        "parameters": ("Parametre", "Yeri", "Değer", "Anlamı"),
        "fields": ("Alan", "Değer", "Anlamı"),
        "body": "İstek gövdesi: {}",
        "answer": "Yanıt: {}",
        "shapes": "Şemalar",
        "required": "Zorunlu.",
        "default": "Varsayılan: {}.",
    },
}


def generate(language: str) -> str:
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
            parts += _operation(method, path, operation, _WORDS[language])
    parts.append(f"## {_WORDS[language]['shapes']}")
    for name, schema in sorted(document["components"]["schemas"].items()):
        if "properties" in schema:
            parts += [f"### {name}", prose(schema.get("description", "")), _fields(schema, _WORDS[language])]
    return "\n\n".join(each for each in parts if each)


def _operation(method: str, path: str, operation: Any, words: Any) -> list[str]:
    rows = [
        (
            code(each["name"]),
            each["in"],
            _value(each["schema"]),
            _meaning(each, each["schema"], bool(each.get("required")), words),
        )
        for each in operation.get("parameters", ())
    ]
    parts = [f"### {method} {path}", prose(operation.get("description", "")), table(words["parameters"], rows)]
    if "requestBody" in operation:
        parts.append(words["body"].format(_content(operation["requestBody"])))
    answers = [
        f"{status} {_content(answer)}"
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    ]
    errors = [code(status) for status in operation["responses"] if not status.startswith("2")]
    return [*parts, words["answer"].format(", ".join([*answers, *errors]))]


def _content(holder: Any) -> str:
    kinds = holder.get("content", {})
    return ", ".join(
        _value(each["schema"]) if name == "application/json" and each.get("schema") else code(name)
        for name, each in kinds.items()
    )


def _fields(schema: Any, words: Any) -> str:
    required = schema.get("required", ())
    rows = [
        (code(name), _value(each), _meaning(each, each, name in required, words))
        for name, each in schema["properties"].items()
    ]
    return table(words["fields"], rows)


def _meaning(holder: Any, schema: Any, required: bool, words: Any) -> str:
    text = prose(holder.get("description") or schema.get("description") or "")
    if required:
        text += f" {words['required']}"
    elif schema.get("default") not in (None, "", [], {}):
        text += " " + words["default"].format(code(json.dumps(schema["default"], ensure_ascii=False)))
    return text.strip()


def _value(schema: Any) -> str:
    """Return the type of a value, with its bounds; a shape of its own is a link."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return code(name) if name == "JsonValue" else f"[{name}](#{_anchor(name)})"
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


def _anchor(name: str) -> str:
    """Return the anchor of a shape's heading."""
    return re.sub(r"[^\w-]", "", name.lower())
