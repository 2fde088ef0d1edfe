"""Reference pages: a page with the line ``<!-- generated: NAME -->`` gets what the code says in its place."""

from __future__ import annotations

import re
from collections.abc import Callable

from sphinx.application import Sphinx

from guide.reference import cli, client, errors, http, plugin_contract, settings
from guide.sources import Page

_MARKER = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.M)

#: Each returns Markdown in a language.
GENERATORS: dict[str, Callable[[str], str]] = {
    "cli": cli.generate,
    "client": client.generate,
    "errors": errors.generate,
    "http": http.generate,
    "plugin-contract": plugin_contract.generate,
    "settings": settings.generate,
}


def insert(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the markers of a page. Raises KeyError for a name that no generator has."""
    language = Page.of(docname).language
    source[0] = _MARKER.sub(lambda found: GENERATORS[found[1]](language), source[0])
