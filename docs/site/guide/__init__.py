"""The Sphinx extension that makes the documentation site: pages in two languages, search, generated reference."""

from __future__ import annotations

from sphinx.application import Sphinx

from guide import reference
from guide.builder import GuideBuilder
from guide.sources import prepare


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the builder ``guide`` and what happens to a page before it is parsed."""
    app.add_builder(GuideBuilder)
    app.connect("source-read", prepare)
    app.connect("source-read", reference.insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
