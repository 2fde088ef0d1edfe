"""Entry points of the child processes that write reports. Only these processes load matplotlib and reportlab."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from typing import Protocol

from azuraforge.reports.document import markdown
from azuraforge.reports.material import Content, Figures, Material, Question, WriteInput, Written
from azuraforge.reports.words import Words
from azuraforge.strict_json import JsonObject

#: Embedded figures, which stand on lines of their own. Text from other sources is quoted or escaped, so cannot match.
_IMAGE = re.compile(r"^\[[a-z_]+\]: (data:image/svg\+xml;base64,[A-Za-z0-9+/=]+)$", re.M)
#: Added to the niceness of the child that writes reports of ended runs, so that computations have priority.
_NICENESS = 10

Answer = Callable[[JsonObject], JsonObject]


class Child(Protocol):
    """Protocol of the child process connection that ``write`` uses."""

    @property
    def payload(self) -> Mapping[str, object]: ...


def write(child: Child) -> Content:
    """Write one report. The payload is a ``WriteInput``."""
    asked = WriteInput.model_validate(child.payload)
    words = Words(asked.language)
    if asked.document is not None:
        from azuraforge.reports import pages

        text = asked.document
        content = pages.page(text, _title(asked.title, words), words.code, _images(text)).encode()
    else:
        assert asked.material is not None
        content = _document(asked.material, words, asked.format)
    return Content(content=base64.b64encode(content).decode())


def serve(opening: JsonObject) -> Answer:
    """Lower the priority of the process, and return the function that writes the documents of an ended run.

    The function takes a ``Question`` and returns a ``Written``, both as JSON.
    """
    os.nice(_NICENESS)

    def answer(question: JsonObject) -> JsonObject:
        asked = Question.model_validate(question)
        written = {each: _document(asked.material, Words(each), "md") for each in asked.languages}
        contents = {language: base64.b64encode(content).decode() for language, content in written.items()}
        return Written(contents=contents).model_dump(mode="json")

    return answer


def _document(material: Material, words: Words, wanted: str) -> bytes:
    drawn: dict[str, bytes] = {}
    if material.figures != Figures() or material.curves:  # loading matplotlib takes longer than writing the report
        from azuraforge.reports.drawing import draw

        drawn = draw(material, words, "png" if wanted == "pdf" else "svg")
    title = _title(material.run.name, words)
    if wanted == "pdf":
        from azuraforge.reports import pdf

        # The document refers to each figure by a placeholder URL, which is never requested.
        addresses = {name: f"https://figure.invalid/{name}" for name in drawn}
        text = markdown(material, words, addresses)
        return pdf.document(text, title, words.code, {addresses[name]: image for name, image in drawn.items()})
    addresses = {name: f"data:image/svg+xml;base64,{base64.b64encode(image).decode()}" for name, image in drawn.items()}
    text = markdown(material, words, addresses)
    if wanted == "html":
        from azuraforge.reports import pages

        text = pages.page(text, title, words.code, addresses.values())
    return text.encode()


def _title(name: str, words: Words) -> str:
    return f"{name} · {words('report')}"


def _images(document: str) -> list[str]:
    return _IMAGE.findall(document)
