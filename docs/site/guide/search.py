"""The search index: one entry for each section of a language's pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from docutils import nodes

#: Characters of a section that are searched; what stands further down in a long listing is found by its heading.
_LENGTH = 4000
_TAG = re.compile(r"<[^>]*>")


class Section(NamedTuple):
    """A part of a page that a result leads to."""

    anchor: str
    heading: str
    text: str


def sections(doctree: nodes.document) -> Iterator[Section]:
    """Yield the sections of a page, the page itself first."""
    for section in doctree.findall(nodes.section):
        yield Section(section["ids"][0], section[0].astext(), _text(section))


def _text(part: nodes.Element) -> str:
    """Return the text of a part, without the parts inside it that are entries themselves."""
    words: list[str] = []
    _gather(part, words)
    return " ".join(" ".join(words).split())[:_LENGTH]


def _gather(part: nodes.Node, words: list[str]) -> None:
    for child in part.children:
        if isinstance(child, nodes.section | nodes.title | nodes.comment):
            continue
        if isinstance(child, nodes.raw):
            words.append(html.unescape(_TAG.sub(" ", child.astext())))
        elif isinstance(child, nodes.TextElement):
            words.append(child.astext())
        else:
            _gather(child, words)


def index(pages: list[tuple[str, str, float, list[Section]]]) -> str:
    """Return the index as JSON: pages with title, path and weight, sections with the number of their page."""
    return json.dumps(
        {
            "pages": [page[:3] for page in pages],
            "sections": [
                [number, each.anchor, each.heading, each.text] for number, page in enumerate(pages) for each in page[3]
            ],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
