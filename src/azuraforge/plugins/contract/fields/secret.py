"""Options that contain the name of a secret, whose value the platform passes to the child process only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import Field, JsonValue

#: Pattern of the name of a secret.
SECRET_NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"  # noqa: S105
_FORMAT = "secret-name"

#: Type of an option that names a secret of the project: ``connection: SecretName``. It works in top-level fields only.
SecretName: TypeAlias = Annotated[str, Field(pattern=SECRET_NAME, json_schema_extra={"format": _FORMAT})]


def named_secrets(schema: Mapping[str, JsonValue] | None, options: Mapping[str, JsonValue]) -> list[str]:
    """Return the names of secrets in the top-level ``options`` that the plugin's ``schema`` declares as ``SecretName``.

    Example:
        >>> named_secrets({"properties": {"key": {"type": "string", "format": "secret-name"}}}, {"key": "db"})
        ['db']
    """
    properties = (schema or {}).get("properties")
    if not isinstance(properties, dict):
        return []
    names = [options.get(field) for field, found in properties.items() if _declares(found)]
    return [name for name in names if isinstance(name, str) and name]


def _declares(field: JsonValue) -> bool:
    if not isinstance(field, dict):
        return False
    branches = field.get("anyOf")
    inner = branches if isinstance(branches, list) else []
    return field.get("format") == _FORMAT or any(_declares(each) for each in inner)
