"""The base of every typed shape exchanged between packages or processes."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

#: A text by language code: ``{"en": …, "tr": …}``.
Texts: TypeAlias = Annotated[dict[str, str], Field(description="by language code")]


class Shape(BaseModel):
    """An immutable set of fields; unknown ones are refused. Answers always include fields that have a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


def text_of(texts: dict[str, str], language: str) -> str:
    """Return the text in ``language``, else in English, else in any language.

    Example:
        >>> text_of({"en": "error rate", "tr": "hata oranı"}, "tr"), text_of({"en": "RMSE"}, "tr")
        ('hata oranı', 'RMSE')
    """
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")
