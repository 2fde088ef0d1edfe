"""Reports as PDF, written by reportlab in matplotlib's DejaVu font, which contains all Turkish letters."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import matplotlib
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from azuraforge.reports.pages import reader

_FACES = {"": "DejaVuSans", "-Bold": "DejaVuSans-Bold", "-Oblique": "DejaVuSans-Oblique", "-Mono": "DejaVuSansMono"}
_WIDTH = A4[0] - 36 * mm
_TEXT = ParagraphStyle(
    "text", fontName="DejaVu", bulletFontName="DejaVu", fontSize=9, leading=12.5, spaceAfter=4, splitLongWords=True
)
_CELL = ParagraphStyle("cell", _TEXT, fontSize=7.5, leading=9.5, spaceAfter=0)
_NUMBER = ParagraphStyle("number", _CELL, alignment=2)
_QUOTE = ParagraphStyle("quote", _TEXT, leftIndent=12, textColor=HexColor("#4b5563"))
_HEADS = {
    level: ParagraphStyle(f"h{level}", _TEXT, fontName="DejaVu-Bold", fontSize=size, leading=size * 1.25,
                          spaceBefore=before, spaceAfter=5, keepWithNext=1)
    for level, size, before in ((1, 17, 0), (2, 13, 14), (3, 10.5, 9))
}  # fmt: skip
_RULE = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor("#e5e7eb")),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, HexColor("#9ca3af")),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
)


def document(markdown: str, title: str, language: str, image_bytes: Mapping[str, bytes]) -> bytes:
    """Return the PDF file for a Markdown document; ``image_bytes`` maps the URLs in the document to PNG images."""
    _use_letters()
    tokens = reader(image_bytes).parse(markdown)
    written = io.BytesIO()
    margin = 18 * mm
    template = SimpleDocTemplate(
        written,
        pagesize=A4,
        title=title,
        lang=language,
        author="AzuraForge",
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
    )
    template.build(list(_blocks(SyntaxTreeNode(tokens), image_bytes, _TEXT)), onFirstPage=_number, onLaterPages=_number)
    return written.getvalue()


def _use_letters() -> None:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name, file in _FACES.items():
        pdfmetrics.registerFont(TTFont(f"DejaVu{name}", str(folder / f"{file}.ttf")))
    pdfmetrics.registerFontFamily(
        "DejaVu", normal="DejaVu", bold="DejaVu-Bold", italic="DejaVu-Oblique", boldItalic="DejaVu-Bold"
    )


def _number(canvas: Any, template: Any) -> None:
    canvas.saveState()
    canvas.setFont("DejaVu", 7.5)
    canvas.setFillColor(HexColor("#6b7280"))
    canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, str(template.page))
    canvas.restoreState()


def _blocks(node: SyntaxTreeNode, image_bytes: Mapping[str, bytes], style: ParagraphStyle) -> Iterator[Flowable]:
    for each in node.children:
        match each.type:
            case "heading":
                yield Paragraph(_inline(each), _HEADS[min(3, int(each.tag[1]))])
            case "paragraph":
                yield from _paragraph(each, image_bytes, style)
            case "bullet_list" | "ordered_list":
                yield from _list(each, image_bytes, style)
            case "blockquote":
                yield from _blocks(each, image_bytes, _QUOTE)
            case "table":
                yield _table(each)
                yield Spacer(1, 6)
            case "code_block" | "fence":
                for line in each.content.splitlines():
                    yield Paragraph(f'<font name="DejaVu-Mono" size="7.5">{html.escape(line) or " "}</font>', style)
            case "hr":
                yield Spacer(1, 8)
            case _:
                yield from _blocks(each, image_bytes, style)


def _paragraph(node: SyntaxTreeNode, image_bytes: Mapping[str, bytes], style: ParagraphStyle) -> Iterator[Flowable]:
    images = [each for each in node.walk() if each.type == "image"]
    drawn = [image_bytes[str(each.attrs["src"])] for each in images if each.attrs.get("src") in image_bytes]
    if drawn:
        for image in drawn:
            width, height = ImageReader(io.BytesIO(image)).getSize()
            yield Image(io.BytesIO(image), width=_WIDTH, height=_WIDTH * height / width)
    else:
        yield Paragraph(_inline(node), style)


def _list(node: SyntaxTreeNode, image_bytes: Mapping[str, bytes], style: ParagraphStyle) -> Iterator[Flowable]:
    for number, item in enumerate(node.children, 1):
        mark = "•" if node.type == "bullet_list" else f"{number}."
        inside = ParagraphStyle("item", style, leftIndent=style.leftIndent + 12, bulletIndent=style.leftIndent)
        for place, each in enumerate(item.children):
            if each.type == "paragraph" and place == 0:
                yield Paragraph(_inline(each), inside, bulletText=mark)
                continue
            if place == 0:
                yield Paragraph("", inside, bulletText=mark)
            yield from _blocks(_of(each), image_bytes, inside)


def _of(node: SyntaxTreeNode) -> SyntaxTreeNode:
    """Return a new root node whose only child is ``node``."""
    tokens: list[Token] = node.to_tokens()
    return SyntaxTreeNode(tokens)


def _table(node: SyntaxTreeNode) -> Table:
    rows = [
        [
            Paragraph(
                f"<b>{_inline(cell)}</b>" if cell.type == "th" else _inline(cell),
                _NUMBER if "right" in str(cell.attrs.get("style", "")) else _CELL,
            )
            for cell in row.children
        ]
        for part in node.children
        for row in part.children
    ]
    columns = len(rows[0])
    numeric = [cell.style is _NUMBER for cell in rows[0]]
    # Columns of numbers are narrow; columns of text share the remaining width.
    number_width = min(26 * mm, _WIDTH * 0.7 / max(1, sum(numeric)))
    words = columns - sum(numeric)
    rest = _WIDTH - number_width * sum(numeric)
    widths = [number_width if each else min(rest / max(1, words), 110 * mm) for each in numeric]
    return Table(rows, colWidths=widths, style=_RULE, repeatRows=1, hAlign="LEFT")


def _inline(node: SyntaxTreeNode) -> str:
    """Return the inline content of a node in reportlab's markup, with all text escaped."""
    match node.type:
        case "text":
            return html.escape(node.content)
        case "code_inline":
            return f'<font name="DejaVu-Mono">{html.escape(node.content)}</font>'
        case "softbreak":
            return " "
        case "hardbreak":
            return "<br/>"
        case "image":
            return html.escape(node.content)
    inside = "".join(_inline(each) for each in node.children)
    match node.type:
        case "strong":
            return f"<b>{inside}</b>"
        case "em":
            return f"<i>{inside}</i>"
        case "link":
            return f'<a href="{html.escape(str(node.attrs.get("href", "")), quote=True)}" color="#1d4ed8">{inside}</a>'
    return inside
