"""Secrets that stay in the child: neither an error nor what is stored repeats them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from azuraforge.errors import AzuraError, InvalidInput, one_line

_MASK = "•••"
#: Shorter passwords are also ordinary words, and masking them would garble every sentence.
_SHORTEST = 4


@contextmanager
def no_secret_leaves(secrets: Mapping[str, SecretStr], source: str) -> Iterator[None]:
    """Mask the values of secrets in errors that leave the block; an unexpected error that holds one loses its text."""
    values = _values(secrets)
    try:
        yield
    except AzuraError as error:
        if not _holds(str(error.to_dict()), values):
            raise
        masked = type(error)(
            _masked(error.message, values),
            where=_masked(error.where, values),
            next_step=_masked(error.next_step, values),
            code=error.error_code,
        )
        raise masked from None
    except Exception as error:
        if values:  # a traceback shows lines of code and texts of errors, and goes to a log
            raise InvalidInput(
                f"the source {source} failed: {_masked(one_line(error), values)}", where=f"source {source}"
            ) from None
        raise


def refuse_secrets(secrets: Mapping[str, SecretStr], stored: Sequence[object], source: str) -> None:
    """Raise InvalidInput where something that a source wants stored holds a secret."""
    if _holds(str(stored), _values(secrets)):
        raise InvalidInput(
            f"the source {source} states a secret in what is stored with the dataset",
            where=f"source {source}",
            next_step="keep it out of provenance, cursor and findings",
            code="secret_stated",
        )


def _values(secrets: Mapping[str, SecretStr]) -> list[str]:
    """Return what must not be seen, the longest first: the values, and the passwords of those that are addresses."""
    found: set[str] = set()
    for secret in secrets.values():
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


def _masked(text: str, values: Sequence[str]) -> str:
    for value in values:
        text = text.replace(value, _MASK)
    return text
