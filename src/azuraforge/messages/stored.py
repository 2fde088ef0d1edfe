"""Errors and other texts in their stored form: templates and values as JSON, translated when they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, TypedDict, cast

from azuraforge.messages.catalogue import Message, translated
from azuraforge.messages.languages import LANGUAGES, Code

if TYPE_CHECKING:
    from pydantic import JsonValue  # the command line starts without pydantic

#: A text that is stored: in one language only, as a message, or in each language.
StoredText = str | Message | Mapping[str, str]

_MESSAGE = "template"
#: Values nested deeper than this become text; a list that holds itself has no end.
_DEPTH = 6


class Templates(TypedDict):
    """The constant English texts of an error; a part that it lacks is empty."""

    message: str
    where: str
    next_step: str


def source_of(templates: Templates, values: Mapping[str, object]) -> JsonValue:
    """Return templates and values as JSON: ``{"message": …, "next_step": …, "values": {…}}``.

    Lists stay lists, messages become ``{"template": …, "values": …}``, other objects their text.
    """
    source: dict[str, JsonValue] = {"message": templates["message"]}
    source |= {name: text for name, text in cast("Mapping[str, str]", templates).items() if text}
    if values:
        source["values"] = {name: _stored(value) for name, value in values.items()}
    return source


def restored(source: object) -> tuple[Templates, dict[str, object]] | None:
    """Return the templates and values of a stored source; None if it has another form."""
    if not isinstance(source, Mapping) or not isinstance(source.get("message"), str):
        return None
    kept = {name: text for name in ("message", "where", "next_step") if isinstance(text := source.get(name), str)}
    templates = Templates(message=kept["message"], where=kept.get("where", ""), next_step=kept.get("next_step", ""))
    values = source.get("values")
    return templates, {
        str(name): _restored(value) for name, value in (values.items() if isinstance(values, Mapping) else ())
    }


def shown(source: object, language: Code) -> Templates | None:
    """Return the texts of a stored source in ``language``; None if it has another form."""
    if (known := restored(source)) is None:
        return None
    templates, values = known
    return Templates(
        message=translated(Message(templates["message"], values), language),
        where=translated(Message(templates["where"], values), language),
        next_step=translated(Message(templates["next_step"], values), language),
    )


def text_to_json(text: StoredText) -> JsonValue:
    """Return a text as JSON: a string, ``{"template": …, "values": …}``, or ``{"en": …, "tr": …}``.

    Example:
        >>> text_to_json(Message("{rows} [row|rows]", {"rows": 2}))
        {'template': '{rows} [row|rows]', 'values': {'rows': 2}}
    """
    return dict(text) if isinstance(text, Mapping) else _stored(text)


def text_from_json(stored: object) -> StoredText:
    """Return a text that ``text_to_json`` wrote. Another object becomes its string form."""
    if isinstance(stored, Mapping) and all(isinstance(stored.get(code), str) for code in LANGUAGES):
        return {code: stored[code] for code in LANGUAGES}
    text = _restored(stored)
    return text if isinstance(text, Message) else str(text)


def in_language(text: StoredText, language: Code) -> str:
    """Return a text in ``language``; one that exists in one language only is returned as it is.

    Example:
        >>> in_language({"en": "row", "tr": "satır"}, "tr"), in_language("row", "tr")
        ('satır', 'row')
    """
    if isinstance(text, Message):
        return translated(text, language)
    return text if isinstance(text, str) else text[language]


def stored_sentence(error: Mapping[str, object] | None) -> StoredText | None:
    """Return the sentence of an error that ``AzuraError.to_dict`` wrote; None without an error."""
    if error is None:
        return None
    known = restored(error.get("source"))
    return str(error["message"]) if known is None else Message(known[0]["message"], known[1])


def _stored(value: object, depth: int = 0) -> JsonValue:
    if depth > _DEPTH:
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Message):
        return {
            _MESSAGE: value.template,
            "values": {name: _stored(each, depth + 1) for name, each in value.values.items()},
        }
    if isinstance(value, Real):  # numpy's, too
        return float(value) if not isinstance(value, Integral) else int(value)
    if isinstance(value, list):
        return [_stored(each, depth + 1) for each in value]
    return str(value)


def _restored(value: object) -> object:
    if isinstance(value, Mapping) and isinstance(template := value.get(_MESSAGE), str):
        inner = value.get("values")
        values = inner.items() if isinstance(inner, Mapping) else ()
        return Message(template, {str(name): _restored(each) for name, each in values})
    if isinstance(value, list):
        return [_restored(each) for each in value]
    return value
