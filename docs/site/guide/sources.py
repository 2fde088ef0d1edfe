"""Names of pages, and the preparation of their sources before they are parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sphinx.application import Sphinx

#: The line under a title that leads to the same page in the other language; the site has a switch.
_OTHER_LANGUAGE = re.compile(
    r"^(?:\*\((?:Türkçesi|English|İngilizcesi):? .*\)\*|\[(?:Türkçe|English)\]\(\S+\))\n+", re.M
)
#: Why a test does not run a block.
_NOTE = re.compile(r"^<!-- not run: .* -->$", re.M)
_FOLDER = re.compile(r"\]\((?!https?:|/)([\w./-]+)/\)")


@dataclass(frozen=True)
class Page:
    """One page in one language: ``models`` in Turkish is ``docs/models.tr.md``."""

    name: str
    language: str

    @classmethod
    def of(cls, docname: str) -> Page:
        """Return the page of a Sphinx document.

        Example:
            >>> Page.of("docs/concepts/gate.tr")
            Page(name='concepts/gate', language='tr')
        """
        language = "tr" if docname.endswith(".tr") else "en"
        return cls(docname.removesuffix(".tr").removeprefix("docs/"), language)

    @property
    def path(self) -> str:
        """The file below the site's root."""
        name = self.name.removesuffix("README") + "index" if self.name.endswith("/README") else self.name
        return f"tr/{name}.html" if self.language == "tr" else f"{name}.html"


def slug(title: str) -> str:
    """Return the anchor of a heading as code hosts make it, so that a link works there and on the site.

    Example:
        >>> slug("What `fit` does"), slug("İki soru?") == "i\\u0307ki-soru"
        ('what-fit-does', True)
    """
    return re.sub(r"[^\w\u0300-\u036f -]", "", title.lower()).replace(" ", "-")


def prepare(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Remove the line that leads to the other language and notes for tests; a link to a folder leads to its README."""
    source[0] = _NOTE.sub("", source[0])
    source[0] = _FOLDER.sub(r"](\1/README.md)", _OTHER_LANGUAGE.sub("", source[0], count=1))
