"""Reference of the Python client, from its docstrings."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

import azuraforge.client
from azuraforge.client import Client
from guide.reference.tables import prose, table

_WORDS = {
    "en": {"nouns": "Nouns", "results": "Results", "errors": "Errors"},
    "tr": {"nouns": "Bölümler", "results": "Sonuçlar", "errors": "Hatalar"},
}


def generate(language: str) -> str:
    """Return the client, a section for each of its attributes, the results they return, and the errors."""
    words = _WORDS[language]
    parts = ["## Client", _documented(Client)]
    for name, noun in _nouns():
        parts += [f"## client.{name}", _documented(noun)]
    shapes = [getattr(azuraforge.client, name) for name in azuraforge.client.__all__ if name != "Client"]
    parts.append(f"## {words['results']}")
    parts += [_documented(each) for each in shapes if not issubclass(each, Exception)]
    parts.append(f"## {words['errors']}")
    parts += [_documented(each) for each in shapes if issubclass(each, Exception)]
    return "\n\n".join(parts)


def _nouns() -> Iterator[tuple[str, type]]:
    """Yield the attributes of a client that have methods. Creating a client does not connect."""
    client = Client(url="http://127.0.0.1:8787", token="not-used")  # noqa: S106 - no token
    for name, value in vars(client).items():
        if not name.startswith("_"):
            yield name, type(value)


def _documented(each: type) -> str:
    members = "\n   :members:\n   :undoc-members:" if not issubclass(each, Exception) else ""
    return f"```{{eval-rst}}\n.. autoclass:: {each.__module__}.{each.__qualname__}{members}\n```"
