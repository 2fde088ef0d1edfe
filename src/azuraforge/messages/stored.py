"""Storage of errors as JSON: templates and values, which are translated when they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, TypedDict, cast

from azuraforge.messages.catalogue import Message, translated
from azuraforge.messages.languages import Code

if TYPE_CHECKING:
    from pydantic import JsonValue  # imported for types only, because the command line starts without pydantic

_MESSAGE = "template"
#: Maximum nesting of values; deeper values become text, because a list may contain itself.
_DEPTH = 6


class Templates(TypedDict):
    """The constant English templates of an error; a missing part is empty."""

    message: str
    where: str
    next_step: str


def source_of(templates: Templates, values: Mapping[str, object]) -> JsonValue:
    """Return templates and values as JSON: ``{"message": …, "next_step": …, "values": {…}}``.

    Lists are kept, messages become ``{"template": …, "values": …}``, and other objects become text.
    """
    source: dict[str, JsonValue] = {"message": templates["message"]}
    source |= {name: text for name, text in cast("Mapping[str, str]", templates).items() if text}
    if values:
        source["values"] = {name: _stored(value) for name, value in values.items()}
    return source


def restored(source: object) -> tuple[Templates, dict[str, object]] | None:
    """Return the templates and values of a stored error; None if ``source`` has another form."""
    if not isinstance(source, Mapping) or not isinstance(source.get("message"), str):
        return None
    kept = {name: text for name in ("message", "where", "next_step") if isinstance(text := source.get(name), str)}
    templates = Templates(message=kept["message"], where=kept.get("where", ""), next_step=kept.get("next_step", ""))
    values = source.get("values")
    return templates, {
        str(name): _restored(value) for name, value in (values.items() if isinstance(values, Mapping) else ())
    }


def shown(source: object, language: Code) -> Templates | None:
    """Return the texts of a stored error in ``language``; None if ``source`` has another form."""
    if (known := restored(source)) is None:
        return None
    templates, values = known
    return Templates(
        message=translated(Message(templates["message"], values), language),
        where=translated(Message(templates["where"], values), language),
        next_step=translated(Message(templates["next_step"], values), language),
    )


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
    if isinstance(value, Real):  # includes NumPy scalars
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
