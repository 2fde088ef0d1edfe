"""The base class of typed records that packages and processes exchange."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

#: A text by language code: ``{"en": …, "tr": …}``.
Texts: TypeAlias = Annotated[dict[str, str], Field(description="text by language code, such as en")]


class Shape(BaseModel):
    """Base class of immutable records.

    Unknown fields are refused. In the API's schema, fields with a default are required in responses.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


def in_turkish(title: str, description: str = "") -> dict[str, JsonValue]:
    """Return the Turkish title and description of a config field, in the form of its ``json_schema_extra``.

    The field's ``title`` and ``description`` contain the English texts. Forms and commands show the texts in the user's
    language.

    Example:
        >>> in_turkish("Ufuk")
        {'titles': {'tr': 'Ufuk'}}
    """
    texts: dict[str, JsonValue] = {"titles": {"tr": title}}
    return texts | ({"descriptions": {"tr": description}} if description else {})


def text_of(texts: dict[str, str], language: str) -> str:
    """Return the text in ``language``, else the English text, else any text; empty if ``texts`` is empty.

    Example:
        >>> text_of({"en": "error rate", "tr": "hata oranı"}, "tr"), text_of({"en": "RMSE"}, "tr")
        ('hata oranı', 'RMSE')
    """
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")
