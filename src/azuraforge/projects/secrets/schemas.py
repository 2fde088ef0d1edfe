"""API shapes of secrets."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from azuraforge.errors import InvalidValue
from azuraforge.paging import Page
from azuraforge.plugins.contract.fields.secret import SECRET_NAME

#: ``older_key``: not the key that encrypts now; ``unreadable``: the key is missing, or the row was damaged.
SecretState: TypeAlias = Literal["ready", "older_key", "unreadable"]


def _name(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(SECRET_NAME, value):
        raise InvalidValue(
            "write at most 64 lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit"
        )
    return value


#: Name of a secret. The validator runs first, so that its sentence replaces the one about a pattern.
Name = Annotated[str, BeforeValidator(_name), Field(pattern=SECRET_NAME, max_length=64)]


class SecretRequest(BaseModel):
    """The value of a secret. It is never shown again."""

    model_config = ConfigDict(extra="forbid")

    value: Annotated[SecretStr, Field(min_length=1, max_length=10_000)]


class SecretOut(BaseModel):
    """A secret without its value."""

    name: str
    state: SecretState = Field(
        description="ready; older_key: the secret is encrypted with an older key, and setting it again uses the"
        " current one; unreadable: the secret must be set again"
    )
    created_at: datetime
    updated_at: datetime
    updated_by: str


class SecretPage(Page[SecretOut]):
    """A page of secrets, by name."""
