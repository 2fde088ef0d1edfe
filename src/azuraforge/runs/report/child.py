"""Writes a report. The only place where matplotlib and reportlab are loaded: a child of its own."""

from __future__ import annotations

import base64
from typing import Any, Protocol

from azuraforge.runs.report.document import Material, markdown
from azuraforge.runs.report.texts import Words


class Child(Protocol):
    """The child side of a call, as this step sees it."""

    payload: dict[str, Any]


def write(child: Child) -> dict[str, Any]:
    """Payload: material (see ``document.Material``), language, format (md, html or pdf).

    Result: ``{"content": base64}``.
    """
    from azuraforge.runs.report.drawing import draw

    payload = child.payload
    material, words, wanted = Material(**payload["material"]), Words(payload["language"]), payload["format"]
    drawn = draw(material, words, "png" if wanted == "pdf" else "svg")
    title = f"{material.run['name']} · {words('report')}"
    if wanted == "pdf":
        from azuraforge.runs.report import pdf

        # Inside the document a picture goes by its name; the address is never followed.
        addresses = {name: f"https://figure.invalid/{name}" for name in drawn}
        text = markdown(material, words, addresses)
        content = pdf.document(text, title, words.code, {addresses[name]: picture for name, picture in drawn.items()})
    else:
        addresses = {
            name: f"data:image/svg+xml;base64,{base64.b64encode(picture).decode()}" for name, picture in drawn.items()
        }
        text = markdown(material, words, addresses)
        if wanted == "html":
            from azuraforge.runs.report import pages

            text = pages.page(text, title, words.code, addresses.values())
        content = text.encode()
    return {"content": base64.b64encode(content).decode()}
