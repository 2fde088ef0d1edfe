"""Reports as one HTML file with embedded figures, without scripts and external resources."""

from __future__ import annotations

import html
from collections.abc import Collection
from typing import Any

from markdown_it import MarkdownIt

#: Content security policy, embedded in the file because it may be opened without a server.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1f2430;
  background: #fff; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #d1d5db; padding-bottom: .25rem; }
img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #e5e7eb; text-align: left; vertical-align: top; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid #d1d5db; }
@media print { body { margin: 0; max-width: none; } h2, h3 { break-after: avoid; } img, table { break-inside: avoid; } }
"""


def reader(images: Collection[str] = ()) -> MarkdownIt:
    """Return the parser of report Markdown: with tables, without HTML, and with ``data:`` URLs for ``images`` only.

    Example:
        >>> reader().render("<script>x</script> [a](javascript:x)")
        '<p>&lt;script&gt;x&lt;/script&gt; [a](javascript:x)</p>\\n'
    """
    ours = frozenset(images)
    found = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")

    def is_safe(address: str) -> bool:
        return address in ours or address.lower().startswith(("https://", "http://", "mailto:"))

    found.validateLink = is_safe  # type: ignore[method-assign, assignment]
    renderer: Any = found.renderer
    # Loading an external image would reveal the reader to its server.
    plain = renderer.rules["image"]

    def image(tokens: Any, index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        if token.attrs.get("src") not in ours:
            return html.escape(token.content)
        return str(plain(tokens, index, options, env))

    renderer.rules["image"] = image
    renderer.rules["table_open"] = lambda *_: '<div class="wide" role="region" tabindex="0"><table>\n'
    renderer.rules["table_close"] = lambda *_: "</table></div>\n"
    return found


def page(markdown: str, title: str, language: str, images: Collection[str] = ()) -> str:
    """Return the HTML file for a Markdown document; ``images`` contains the ``data:`` URLs of its figures."""
    body = reader(images).render(markdown)
    return (
        f'<!doctype html>\n<html lang="{html.escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n"
        "</body>\n</html>\n"
    )
