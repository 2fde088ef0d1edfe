"""The builder: English pages at the root, Turkish pages under tr/, one search index for each language."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from guide.navigation import LISTED, NAVIGATION, UNLISTED, WORDS
from guide.search import index, sections
from guide.sources import Page

_ROOT = Path(__file__).parents[3]
_DASHBOARD = _ROOT / "dashboard" / "src"
log = logging.getLogger(__name__)

_MISSING = "404"
#: Where the platform serves the site.
_ADDRESS = "/docs/guide/"
#: A result on a page for contributors counts less: a user's words are in both.
_FOR_CONTRIBUTORS = 0.3


def _weight(page: Page) -> float:
    is_listed = page.name.startswith(tuple(LISTED))
    return _FOR_CONTRIBUTORS if is_listed or page.name in NAVIGATION[-1].pages else 1.0


class GuideTranslator(HTML5Translator):
    """Sphinx's HTML with tables that scroll inside of themselves, and permalinks in the page's language."""

    def visit_table(self, node: nodes.Element) -> None:
        self.body.append('<div class="table">')
        super().visit_table(node)

    def depart_table(self, node: nodes.Element) -> None:
        super().depart_table(node)
        self.body.append("</div>")

    def visit_thead(self, node: nodes.Element) -> None:
        if not node.astext().strip():
            raise nodes.SkipNode  # Markdown has no table without a head; screen readers would announce empty ones
        super().visit_thead(node)

    def visit_entry(self, node: nodes.Element) -> None:
        if isinstance(node.parent.parent, nodes.thead) and not node.astext().strip():
            self.body.append("<td>")
            self.context.append("</td>\n")
        else:
            super().visit_entry(node)

    def add_permalink_ref(self, node: nodes.Element, title: str) -> None:
        language = Page.of(self.builder.current_docname).language
        super().add_permalink_ref(node, WORDS[language]["permalink"])


class GuideBuilder(StandaloneHTMLBuilder):
    """HTML pages that need no inline script, no inline style and no other host."""

    name = "guide"
    search = False  # Sphinx's own index knows one language; ours is written by ``finish``
    default_translator_class = GuideTranslator
    allow_parallel = True

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return Page.of(docname).path

    def get_output_path(self, page_name: str, /) -> Path:
        return Path(self.outdir) / Page.of(page_name).path

    def get_outfilename(self, pagename: str) -> Any:  # Sphinx's own type of path
        return type(self.outdir)(self.get_output_path(pagename))

    def prepare_writing(self, docnames: Any) -> None:
        super().prepare_writing(docnames)
        self._docnames = {Page.of(each): each for each in self.env.found_docs}
        self._titles = {page: self.env.titles[docname].astext() for page, docname in self._docnames.items()}
        named = {name for group in NAVIGATION for name in group.pages} | UNLISTED
        for page, docname in sorted(self._docnames.items(), key=lambda each: each[1]):
            if page.name not in named and not page.name.startswith(tuple(LISTED)):
                log.warning("no group of docs/site/guide/navigation.py names this page", location=docname)

    def update_page_context(self, pagename: str, templatename: str, ctx: dict[str, Any], event_arg: Any) -> None:
        page = Page.of(pagename)
        groups = self._groups(page)
        ctx["language"], ctx["words"] = page.language, WORDS[page.language]
        ctx["groups"] = groups
        ctx["name"] = page.name
        ctx["other"] = self._other(page)
        ctx["home"] = Page("index", page.language).path
        entries = [each for _, pages in groups for each in pages]
        place = next((number for number, each in enumerate(entries) if each["here"]), None)
        own = place is not None and entries[place]["docname"] == pagename
        ctx["before"] = entries[place - 1] if own and place else None
        ctx["after"] = entries[place + 1] if own and place is not None and place + 1 < len(entries) else None
        ctx["group"] = next((title for title, pages in groups if any(each["here"] for each in pages)), "")
        ctx["outline"] = self._outline(pagename)
        if page.name == _MISSING:
            ctx["content_root"] = _ADDRESS  # it stands for pages in any folder

    def _groups(self, page: Page) -> list[tuple[str, list[dict[str, Any]]]]:
        """Return the navigation of a page: each group's title and its pages. English stands in where Turkish misses."""
        overview = next((each for start, each in LISTED.items() if page.name.startswith(start)), page.name)
        groups = []
        for group in NAVIGATION:
            pages = []
            for name in group.pages:
                shown = next(
                    (each for each in (Page(name, page.language), Page(name, "en")) if each in self._titles), None
                )
                if shown is not None:
                    pages.append({
                        "docname": self._docnames[shown], "title": self._titles[shown], "path": shown.path,
                        "here": name == overview, "foreign": shown.language != page.language,
                    })  # fmt: skip
            if pages:
                groups.append((group.titles[page.language], pages))
        return groups

    def _other(self, page: Page) -> dict[str, str]:
        """Return the same page in the other language, or where there is none, that language's first page."""
        language = "en" if page.language == "tr" else "tr"
        same = Page(page.name, language)
        return {"language": language, "path": (same if same in self._titles else Page("index", language)).path}

    def _outline(self, docname: str) -> list[tuple[int, str, str]]:
        """Return the headings below the title: level, anchor, text."""
        found = []
        contents = self.env.tocs.get(docname, nodes.bullet_list())
        for link in contents.findall(nodes.reference):
            depth, parent = 0, link.parent
            while parent is not None and parent is not contents:
                depth += isinstance(parent, nodes.bullet_list)
                parent = parent.parent
            if link["anchorname"] and depth in (1, 2):
                found.append((depth, link["anchorname"], link.astext()))
        return found

    def gen_additional_pages(self) -> None:
        """Write the page that stands where there is none, in both languages."""
        for name in (_MISSING, f"{_MISSING}.tr"):
            self.handle_page(name, {"title": WORDS[Page.of(name).language]["missing"], "body": ""}, "404.html")

    def copy_static_files(self) -> None:
        """Copy the theme's files and the dashboard's colours; Sphinx's own scripts and styles are not used."""
        self._static_dir.mkdir(parents=True, exist_ok=True)
        for folder in self.theme.get_theme_dirs():
            shutil.copytree(Path(folder) / "static", self._static_dir, dirs_exist_ok=True)
        for file in ("theme/tokens.css", "shell/favicon.svg"):
            shutil.copy(_DASHBOARD / file, self._static_dir)

    def write_buildinfo(self) -> None:
        """Write none: nothing reads it."""

    def dump_inventory(self) -> None:
        """Write none: no other site links here."""

    def handle_finish(self) -> None:
        """Write the search indexes, then compressed copies of all text."""
        super().handle_finish()
        self.finish_tasks.join()
        for language in WORDS:
            pages = [
                (self._titles[page], page.path, _weight(page), list(sections(self.env.get_doctree(docname))))
                for page, docname in sorted(self._docnames.items(), key=lambda each: each[1])
                if page.language == language and page.name not in UNLISTED
            ]
            (Path(self.outdir) / f"search.{language}.json").write_text(index(pages), encoding="utf-8")
        for file in Path(self.outdir).rglob("*"):
            if file.suffix in (".html", ".css", ".js", ".json", ".svg", ".txt") and file.is_file():
                file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), 6, mtime=0))
