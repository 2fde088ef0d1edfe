"""Writes a report. The only place where matplotlib and reportlab are loaded: a child of its own."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from azuraforge.reports.document import markdown
from azuraforge.reports.material import Figures, Material
from azuraforge.reports.texts import Words

#: Our own pictures stand in lines of their own at the end; whatever others wrote is quoted or escaped.
_PICTURE = re.compile(r"^\[[a-z_]+\]: (data:image/svg\+xml;base64,[A-Za-z0-9+/=]+)$", re.M)
#: Added to the niceness of the child that writes reports of runs that ended: whoever computes goes first.
_NICENESS = 10

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class Child(Protocol):
    """The child side of a call, as this step sees it."""

    payload: dict[str, Any]


def write(child: Child) -> dict[str, Any]:
    """Payload: material (as of ``material.Material``), language, format (md, html or pdf); or for html: document (the
    Markdown that was written before) and title instead of the material.

    Result: ``{"content": base64}``.
    """
    payload = child.payload
    words = Words(payload["language"])
    if "document" in payload:
        from azuraforge.reports import pages

        text = payload["document"]
        content = pages.page(text, _title(payload["title"], words), words.code, _pictures(text)).encode()
    else:
        content = _document(Material.model_validate(payload["material"]), words, payload["format"])
    return {"content": base64.b64encode(content).decode()}


def serve(opening: Mapping[str, Any]) -> Answer:
    """The child that writes the documents of runs that ended, one after another, behind everybody else's work.

    Question: material, languages. Answer: ``{"contents": {language: base64 of the Markdown}}``.
    """
    os.nice(_NICENESS)

    def answer(question: dict[str, Any]) -> dict[str, Any]:
        material = Material.model_validate(question["material"])
        written = {language: _document(material, Words(language), "md") for language in question["languages"]}
        return {"contents": {language: base64.b64encode(content).decode() for language, content in written.items()}}

    return answer


def _document(material: Material, words: Words, wanted: str) -> bytes:
    drawn: dict[str, bytes] = {}
    if material.figures != Figures() or material.curves:  # loading matplotlib takes longer than all the rest
        from azuraforge.reports.drawing import draw

        drawn = draw(material, words, "png" if wanted == "pdf" else "svg")
    title = _title(material.run.name, words)
    if wanted == "pdf":
        from azuraforge.reports import pdf

        # Inside the document a picture goes by its name; the address is never followed.
        addresses = {name: f"https://figure.invalid/{name}" for name in drawn}
        text = markdown(material, words, addresses)
        return pdf.document(text, title, words.code, {addresses[name]: picture for name, picture in drawn.items()})
    addresses = {
        name: f"data:image/svg+xml;base64,{base64.b64encode(picture).decode()}" for name, picture in drawn.items()
    }
    text = markdown(material, words, addresses)
    if wanted == "html":
        from azuraforge.reports import pages

        text = pages.page(text, title, words.code, addresses.values())
    return text.encode()


def _title(name: str, words: Words) -> str:
    return f"{name} · {words('report')}"


def _pictures(document: str) -> list[str]:
    return _PICTURE.findall(document)
