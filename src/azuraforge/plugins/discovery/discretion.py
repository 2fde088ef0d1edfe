"""Protection of secrets against disclosure in errors and in stored data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, SecretStr

from azuraforge.errors import AzuraError, InvalidInput, one_line
from azuraforge.messages import Message

_MASK = "•••"
#: Shortest secret that is masked. Shorter ones may be ordinary words, and masking them would garble the text.
_SHORTEST = 4
#: Shortest part of an address that may be a token. Shorter parts are usually words such as ``hooks``.
_SHORTEST_PIECE = 8


@contextmanager
def no_secret_leaves(secrets: Iterable[SecretStr], plugin: str) -> Iterator[None]:
    """Return a context manager that masks secrets of at least 4 characters in errors raised in its block.

    If there are such secrets, errors other than ``AzuraError`` are replaced by InvalidInput with the masked text,
    because a traceback could disclose a secret. An ``AzuraError`` that contains one loses its details.

    Args:
        secrets: secrets to mask.
        plugin: name of the plugin in error messages, such as ``source sql``.
    """
    values = _values(secrets)
    try:
        yield
    except AzuraError as error:
        if not _holds(str(error.to_dict()), values):
            raise
        texts = error.templates
        hidden: dict[str, Any] = {name: _without(each, values) for name, each in error.values.items()}
        masked = type(error)(
            _masked(texts["message"], values),
            where=_masked(texts["where"], values),
            next_step=_masked(texts["next_step"], values),
            code=error.error_code,
            details=None,
            **hidden,
        )
        raise masked from None
    except Exception as error:
        if values:  # the traceback of the original error would be logged with its text
            raise InvalidInput(
                "{plugin} failed: {reason}",
                where="{plugin}",
                next_step="repair the plugin",
                plugin=plugin,
                reason=_masked(one_line(error), values),
            ) from None
        raise


def refuse_secrets(secrets: Iterable[SecretStr], stored: Sequence[object], source: str) -> None:
    """Raise InvalidInput if data that a source returns for storage contains a secret of at least 4 characters."""
    if _holds(str(stored), _values(secrets)):
        raise InvalidInput(
            "the source {source} writes a secret into data that is stored with the dataset",
            where="source {source}",
            next_step="remove the secret from provenance, cursor and findings",
            code="secret_stated",
            source=source,
        )


def secrets_in(value: object) -> Iterator[SecretStr]:
    """Yield the secrets in a plugin's options at any depth, and the parts of secret addresses that may be tokens."""
    if isinstance(value, SecretStr):
        yield value
        yield from _pieces(value.get_secret_value())
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from secrets_in(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from secrets_in(each)


def _pieces(address: str) -> Iterator[SecretStr]:
    """Yield the parts of an address's path and query that are long enough to be tokens."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return
    if parts.netloc:
        for piece in (*parts.path.split("/"), *(text for _, text in parse_qsl(parts.query))):
            if len(piece) >= _SHORTEST_PIECE:
                yield SecretStr(piece)


def _values(secrets: Iterable[SecretStr]) -> list[str]:
    """Return the texts to mask, longest first: the secrets, and the passwords inside secrets that are addresses."""
    found: set[str] = set()
    for secret in secrets:
        value = secret.get_secret_value()
        found.add(value)
        try:
            password = urlsplit(value).password
        except ValueError:
            password = None
        if password:
            found.update((password, unquote(password)))
    return sorted((each for each in found if len(each) >= _SHORTEST), key=len, reverse=True)


def _holds(text: str, values: Sequence[str]) -> bool:
    return any(value in text for value in values)


def _without(value: object, values: Sequence[str]) -> object:
    """Return a value of an error with its secrets masked; a ``Message`` remains a ``Message``."""
    if isinstance(value, Message):
        inner = {name: _without(each, values) for name, each in value.values.items()}
        return replace(value, template=_masked(value.template, values), values=inner)
    if isinstance(value, list | tuple):
        return [_without(each, values) for each in value]
    return (
        value
        if isinstance(value, bool | int | float) and not _holds(str(value), values)
        else _masked(str(value), values)
    )


def _masked(text: str, values: Sequence[str]) -> str:
    for value in values:
        text = text.replace(value, _MASK)
    return text
