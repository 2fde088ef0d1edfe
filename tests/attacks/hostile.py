"""Requests that the API's document allows and no client intends: each value too long, too large or not storable."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

Schema = dict[str, Any]


class Raw(str):
    """JSON that ``json.dumps`` would not write."""


LONG = "x" * 5000
INTEGERS = [2**31, 2**63, -(2**63) - 1, 2**70, 10**400]
NUMBERS = [Raw("1e999"), Raw("-1e999"), Raw("NaN"), Raw("Infinity"), 1.7e308, -1.7e308, *INTEGERS]
TEXTS = [LONG, "a\0b", Raw('"\\ud800"'), Raw('"\\u0000"'), "\x1b[2J", "\N{RIGHT-TO-LEFT OVERRIDE}", "'; --", ""]
MOMENTS = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-00-00T00:00:00Z", 1e300, *TEXTS]
FREQUENCIES = ["99999999999999999999y", "9" * 500 + "ms", "999999999w", "0h"]
#: What an address can hold: percent-encoded NUL, an overlong path part, dots, halves of surrogates in UTF-8.
PARTS = [
    "x" * 300,
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF%FE",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "-1",
    str(2**63),
    "1e999",
]

_PART = b"--x\r\nContent-Disposition: form-data; %s\r\n\r\ndata\r\n--x--\r\n"
#: Content types and bodies of forms.
FORMS = [
    ("multipart/form-data; boundary=" + "x" * 257, b""),
    ("multipart/form-data; boundary=" + "x" * 5000, b"--x"),
    ("multipart/form-data; boundary=", b""),
    ('multipart/form-data; boundary="', b""),
    ("multipart/form-data; boundary=\xff", b"--\xff\r\n"),
    ("multipart/form-data; boundary*=utf-8''%E2%82%AC", b""),
    ("multipart/form-data; boundary*=nothing''x", b""),
    ("multipart/form-data; boundary*=x", b""),
    ("multipart/form-data; boundary*0*=utf-8''x; boundary*2=y", b""),
    *(("multipart/form-data; boundary=x", each) for each in (b"", b"x", b"--x", b"--x\r\n\0: y\r\n\r\n", b"--x--\r\n")),
    *(
        ("multipart/form-data; boundary=x", _PART % named)
        for named in (b"", b"name=\xff", b"name*=utf-8''%E2%82%AC", b"name*=nothing''x", b'name="file"; filename="\0"')
    ),
]


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    template: str
    query: str = ""
    body: bytes | None = None
    what: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Document:
    """The operations of an OpenAPI document."""

    def __init__(self, document: dict[str, Any], known: dict[str, Any]) -> None:
        self.document = document
        self._known = known

    def resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Method, path and operation; what deletes comes last."""
        found = [
            (method, path, each) for path, methods in self.document["paths"].items() for method, each in methods.items()
        ]
        yield from sorted(found, key=lambda each: each[0] == "delete")

    def calls(self) -> Iterator[Call]:
        """Every hostile value at every place of every operation, the rest as it should be."""
        for method, path, operation in self.operations():
            parameters = operation.get("parameters", [])
            body = self._body(operation)
            for parameter in parameters:
                yield from self._of_parameter(method, path, parameter, parameters, body)
            if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
                for media_type, form in FORMS:
                    headers = {"Content-Type": media_type}
                    yield self._call(method, path, parameters, body=form, headers=headers, what=media_type[:60])
            if body is not None:
                for place, value in self._hostile_bodies(body):
                    yield self._call(method, path, parameters, body=encoded(value), what=f"body {place} {value!r:.80}")
                for raw in (
                    b"{",
                    b"[" * 5000,
                    b'{"\\ud800": 1}',
                    b"\xff",
                    b"null",
                    b"1e999",
                    b'"' + b"x" * 9999 + b'"',
                ):
                    yield self._call(method, path, parameters, body=raw, what=f"body {raw[:20]!r}")

    def _of_parameter(
        self, method: str, path: str, parameter: dict[str, Any], parameters: list[Any], body: Any
    ) -> Iterator[Call]:
        name = parameter["name"]
        sent = encoded(body) if body is not None else None
        if parameter["in"] == "path":
            for part in PARTS:
                yield self._call(method, path, parameters, {name: part}, body=sent, what=f"{name}={part[:40]}")
        elif parameter["in"] == "query":
            for value in ["x" * 5000, "a\0b", str(2**63), "-1", "1e999", "nan", *FREQUENCIES, *map(str, MOMENTS[:3])]:
                query = urlencode({**self._required(parameters), name: value})
                yield self._call(method, path, parameters, query=query, body=sent, what=f"{name}={value[:40]!r}")
            query = urlencode([(name, "\ud800".encode("utf-8", "surrogatepass")), (name, "x")] * 3)
            yield self._call(method, path, parameters, query=query, body=sent, what=f"{name} repeated")
        elif parameter["in"] == "header":
            for value in ("x" * 5000, "\xff", ""):
                headers = {name: value}
                yield self._call(method, path, parameters, body=sent, what=f"{name}={value[:40]!r}", headers=headers)

    def _call(
        self, method: str, path: str, parameters: list[Any], parts: dict[str, str] | None = None, **more: Any
    ) -> Call:
        filled = path
        for parameter in parameters:
            if parameter["in"] == "path":
                name = parameter["name"]
                part = (parts or {}).get(name) or quote(self._known.get(f"{path} {name}", self._known.get(name, "no")))
                filled = filled.replace(f"{{{name}}}", part)
        more.setdefault("query", urlencode(self._required(parameters)))
        return Call(method.upper(), filled, path, **more)

    def _required(self, parameters: list[Any]) -> dict[str, Any]:
        needed = [each for each in parameters if each["in"] == "query" and each.get("required")]
        return {each["name"]: self._known.get(each["name"], "no") for each in needed}

    def _body(self, operation: dict[str, Any]) -> Any:
        content = operation.get("requestBody", {}).get("content", {})
        return self.sample(content["application/json"]["schema"]) if "application/json" in content else None

    def sample(self, schema: Schema, name: str = "", depth: int = 0) -> Any:
        """A value that a schema allows, with every optional field."""
        schema = self.resolved(schema)
        for alternatives in ("anyOf", "oneOf", "allOf"):
            if alternatives in schema:
                return self.sample(schema[alternatives][0], name, depth)
        if name in self._known:
            return self._known[name]
        if "default" in schema and schema["default"] is not None:
            return schema["default"]
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema.get("type")
        if kind == "object":
            properties = schema.get("properties", {}) if depth < 5 else {}
            return {each: self.sample(inner, each, depth + 1) for each, inner in properties.items()}
        if kind == "array":
            if "prefixItems" in schema:
                return [self.sample(each, "", depth + 1) for each in schema["prefixItems"]]
            return [self.sample(schema.get("items", {}), "", depth + 1)] * max(1, schema.get("minItems", 1))
        if kind in ("integer", "number"):
            return max(1, schema.get("minimum", 1))
        if schema.get("format") == "date-time":
            return "2024-01-01T00:00:00Z"
        return {"string": "x" * max(1, schema.get("minLength", 1)), "boolean": True}.get(kind or "")

    def _hostile_bodies(self, body: Any) -> Iterator[tuple[str, Any]]:
        """The body with one leaf replaced, for every leaf and each value that does not fit there."""
        for place in list(_leaves(body)):
            leaf = _at(body, place)
            values: list[Any] = [*TEXTS, *FREQUENCIES] if isinstance(leaf, str) else list(NUMBERS)
            if isinstance(leaf, str) and leaf.startswith("2024"):
                values = MOMENTS
            if isinstance(leaf, dict):
                values = [{"a\0": 1}, {Raw('"\\ud800"'): 1}, {"x": Raw("1e999")}, {"x": 2**70}, {"x": LONG}]
            for value in values:
                changed = copy.deepcopy(body)
                _at(changed, place[:-1])[place[-1]] = value
                yield ".".join(map(str, place)), changed


def _leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    entries = list(inner)
    if not entries and place:
        yield place
    for key, each in entries:
        yield from _leaves(each, (*place, key))


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def encoded(value: Any) -> bytes:
    """JSON, with ``Raw`` texts as they are."""
    if isinstance(value, Raw):
        return value.encode()
    if isinstance(value, dict):
        inner = (
            encoded(key if isinstance(key, Raw) else str(key)) + b":" + encoded(each) for key, each in value.items()
        )
        return b"{" + b",".join(inner) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(encoded, value)) + b"]"
    if isinstance(value, int) and not isinstance(value, bool):
        return b"1" + b"0" * 400 if value == 10**400 else str(value).encode()
    return json.dumps(value).encode()
