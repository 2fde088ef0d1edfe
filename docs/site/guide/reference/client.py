"""Reference of the Python client, from its docstrings."""

from __future__ import annotations

from collections.abc import Iterator

import azuraforge.client
from azuraforge.client import Client
from guide.reference.docstrings import documented


def generate(_language: str) -> str:
    """Return the client, a section for each of its attributes, the results they return, and the errors."""
    parts = ["## Client", documented(Client, 3, shown="client.")]
    for name, noun in _nouns():
        parts += [f"## client.{name}", documented(noun, 3, shown=f"{name}.", signature=False, inherited=True)]
    shapes = [getattr(azuraforge.client, name) for name in azuraforge.client.__all__ if name != "Client"]
    for title, is_error in (("Results", False), ("Errors", True)):
        parts.append(f"## {title}")
        for each in shapes:
            if issubclass(each, Exception) is is_error:
                parts += [f"### {each.__name__}", documented(each, 4, shown=f"{each.__name__}.")]
    return "\n\n".join(parts)


def _nouns() -> Iterator[tuple[str, type]]:
    """Yield the attributes of a client that have methods. Creating a client does not connect."""
    for name, value in vars(Client(url="http://127.0.0.1:8787", token="unused")).items():  # noqa: S106 - no token
        if not name.startswith("_"):
            yield name, type(value)
