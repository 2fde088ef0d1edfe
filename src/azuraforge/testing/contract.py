"""Checks shared by all contract suites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel, JsonValue, ValidationError

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.search import DeclaredRange, declared_ranges
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import ACCEPTS, check_class


class ContractBroken(AssertionError):
    """Raised when a plugin breaks the contract of its kind; the message names the rule."""


def require(kept: bool, rule: str) -> None:
    """Raise ContractBroken with the message ``rule`` unless ``kept``."""
    if not kept:
        raise ContractBroken(rule)


def check_shape(kind: str, plugin: type[Any]) -> None:
    """Check that a plugin class is complete, has no empty title or summary, and has a schema that JSON can represent.

    The class needs no ``name``: the entry point names a pipeline of an installed package.
    """
    try:
        check_class(kind, plugin)
    except InvalidInput as error:
        raise ContractBroken(error.message) from error
    accepts = getattr(plugin, ACCEPTS[kind])
    require(
        isinstance(accepts, type) and issubclass(accepts, BaseModel),
        f"{plugin.__name__}.{ACCEPTS[kind]} must be a pydantic model",
    )
    must_be_json(accepts.model_json_schema(), f"the schema of {plugin.__name__}.{ACCEPTS[kind]}")
    for attribute in ("title", "summary"):
        for language, text in dict(getattr(plugin, attribute)).items():
            require(bool(language) and bool(str(text).strip()), f"{attribute} holds an empty text")


def accepted(kind: str, plugin: type[Any], values: BaseModel | Mapping[str, Any]) -> Any:
    """Return ``values`` parsed as the plugin's config, options or request.

    Raises InvalidInput if they are not valid, and ContractBroken if a round trip through JSON changes them.
    """
    model: type[BaseModel] = getattr(plugin, ACCEPTS[kind])
    if isinstance(values, model):
        parsed: BaseModel = values
    else:
        fields = values.model_dump() if isinstance(values, BaseModel) else values
        parsed = parse_config(model, fields, plugin.__name__)
    stored = parsed.model_dump(mode="json")
    require(
        model.model_validate(orjson.loads(orjson.dumps(stored))) == parsed,
        f"{model.__name__} does not survive a turn through JSON, as which it is stored",
    )
    return parsed


def must_be_json(value: Any, what: str) -> None:
    """Raise ContractBroken if JSON cannot represent ``value``."""
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise ContractBroken(f"{what} is not JSON: {error}") from error


def check_search(config: type[BaseModel]) -> None:
    """Check the search ranges that a config declares: the field accepts their ends, and they contain its default.

    Raises ContractBroken that names the field.

    Example:
        >>> from azuraforge.apps.forecasting.lstm import LstmConfig
        >>> check_search(LstmConfig)
    """
    schema = config.model_json_schema()
    try:
        ranges = declared_ranges(schema)
    except ValidationError as error:
        raise ContractBroken(f"{config.__name__}: a search range is not valid: {error}") from error
    for name, declared in ranges.items():
        for value in _ends(declared):
            try:
                parse_config(config, {name: value}, config.__name__)
            except InvalidInput as error:
                raise ContractBroken(
                    f"{config.__name__}.{name}: its search range contains {value!r}: {error}"
                ) from error
        default = schema["properties"][name].get("default")
        require(
            default is None or _contains(declared, default),
            f"{config.__name__}.{name}: its search range does not contain its default, {default!r}",
        )


def _ends(declared: DeclaredRange) -> list[JsonValue]:
    return list(declared.choices) if declared.choices is not None else [declared.low, declared.high]


def _contains(declared: DeclaredRange, value: JsonValue) -> bool:
    if declared.choices is not None:
        return value in declared.choices
    if declared.low is None or declared.high is None or not isinstance(value, int | float):
        return False
    return declared.low <= value <= declared.high
