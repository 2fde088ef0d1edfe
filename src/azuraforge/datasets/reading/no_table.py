"""Detection of text that is not a table despite its file name: JSON, XML, or a web page such as a login form.

Runs only in child processes.
"""

from __future__ import annotations

import html
import re

import orjson

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

_PAGE = re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_MARKUP = re.compile(r"<\?xml\b", re.I)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.I | re.S)
#: JSON fields in which programs report an error.
_COMPLAINTS = ("error_description", "message", "error", "errors", "detail", "title", "msg", "reason")
_HEAD = 16 * 1024
_SHOWN = 120


def refuse_markup(text: str, name: str) -> None:
    """Raise InvalidInput if the text is a web page or XML; messages call it ``name``.

    Example:
        >>> refuse_markup("<!doctype html><title>Sign in</title>", "sales.csv")
        Traceback (most recent call last):
            ...
        azuraforge.errors.InvalidInput: sales.csv is a web page (“Sign in”), not a table ...
    """
    head = text[:_HEAD].lstrip("\ufeff \t\r\n")
    if not head.startswith("<"):
        return
    if _PAGE.match(head):
        title = _TITLE.search(head)
        shown = _short(html.unescape(title[1])) if title else ""
        raise _no_table(
            name,
            Message("a web page (“{title}”)", {"title": shown}) if shown else Message("a web page"),
            Message(
                "open the address of the file in a browser: the page may require a login, or link to the file itself"
            ),
        )
    if _MARKUP.match(head):
        raise _no_table(
            name,
            Message("an XML document"),
            Message("export the table as CSV, or read the document, which may contain an error message"),
        )


def refuse_json(text: str, name: str) -> None:
    """Raise InvalidInput if the text is JSON, with the error message that the JSON contains, if any.

    Example:
        >>> refuse_json('{"error": "token expired"}', "sales.csv")
        Traceback (most recent call last):
            ...
        azuraforge.errors.InvalidInput: sales.csv is a JSON response (“token expired”), not a table ...
    """
    body = text.lstrip("\ufeff \t\r\n")
    if body[:1] not in ("{", "["):
        return
    for part in (body, body.partition("\n")[0]):
        try:
            found = orjson.loads(part)
        except orjson.JSONDecodeError:
            continue
        if (said := complaint_of(found)) is not None:
            raise _no_table(
                name,
                Message("a JSON response (“{answer}”)", {"answer": said}),
                Message("resolve the error stated in the response, and download the file again"),
            )
        raise _no_table(
            name, Message("JSON"), Message("save the table as CSV; the sources http and folder also read JSON Lines")
        )


def complaint_of(answer: object) -> str | None:
    """Return the error message of a JSON response; None if it has none."""
    if isinstance(answer, str):
        return _short(answer) or None
    if isinstance(answer, list):
        return complaint_of(answer[0]) if len(answer) == 1 else None
    if isinstance(answer, dict):
        for key in _COMPLAINTS:
            if key in answer and (said := complaint_of(answer[key])) is not None:
                return said
    return None


def _no_table(name: str, kind: Message, next_step: Message) -> InvalidInput:
    return InvalidInput(
        "{name} is {kind}, not a table",
        where="{name}",
        next_step="{step}",
        code="not_a_table",
        name=name,
        kind=kind,
        step=next_step,
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
