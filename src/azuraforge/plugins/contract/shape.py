"""The base of every typed shape exchanged between packages or processes."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

#: A text by language code: ``{"en": …, "tr": …}``.
Texts: TypeAlias = Annotated[dict[str, str], Field(description="by language code")]


class Shape(BaseModel):
    """An immutable set of fields; unknown ones are refused. Answers always include fields that have a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


def in_turkish(title: str, description: str = "") -> dict[str, JsonValue]:
    """Return the Turkish title and description of a config's field, for its ``json_schema_extra``.

    The English ones are the field's ``title`` and ``description``. Forms and commands show those of the user's
    language.

    Example:
        >>> in_turkish("Ufuk")
        {'titles': {'tr': 'Ufuk'}}
    """
    texts: dict[str, JsonValue] = {"titles": {"tr": title}}
    return texts | ({"descriptions": {"tr": description}} if description else {})


def text_of(texts: dict[str, str], language: str) -> str:
    """Return the text in ``language``, else in English, else in any language.

    Example:
        >>> text_of({"en": "error rate", "tr": "hata oranı"}, "tr"), text_of({"en": "RMSE"}, "tr")
        ('hata oranı', 'RMSE')
    """
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")
