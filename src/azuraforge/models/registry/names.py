"""Syntax of model names and aliases."""

from __future__ import annotations

from azuraforge.errors import InvalidInput

CHAMPION = "champion"
#: Alias of a version that passed the gate and awaits a person's decision.
CANDIDATE = "candidate"
#: Author of moves made by the platform.
BY_GATE = "gate"
#: Words that cannot be aliases because they have another meaning.
RESERVED = ("all", "latest", "newest", "none", "version")


def check_name(name: str) -> str:
    """Return a model's name if it is valid; it is part of URLs: letters, digits, ``.``, ``_`` and ``-``.

    Raises InvalidInput otherwise.
    """
    if (
        not name
        or len(name) > 200
        or name[0] in ".-"
        or not all(letter.isalnum() or letter in "._-" for letter in name)
    ):
        raise InvalidInput(
            "{name!r} is not a valid model name",
            next_step="use at most 200 letters, digits, '.', '_' and '-', and begin with a letter, a digit or '_'",
            name=name,
        )
    return name


def check_alias(alias: str) -> str:
    """Return an alias if it is valid: at most 40 lower-case letters, digits, ``_`` and ``-``.

    Raises InvalidInput otherwise, and for reserved words and version numbers.
    """
    if (
        not alias
        or len(alias) > 40
        or not all(letter.islower() or letter.isdigit() or letter in "_-" for letter in alias)
    ):
        raise InvalidInput(
            "{alias!r} is not a valid alias",
            next_step="use at most 40 lower-case letters, digits, '_' and '-', such as champion",
            alias=alias,
        )
    if alias in RESERVED or alias.removeprefix("v").isdigit():
        raise InvalidInput(
            "{alias!r} is reserved and cannot be an alias", next_step="choose another word, such as night", alias=alias
        )
    return alias
