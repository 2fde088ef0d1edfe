"""Syntax of names of models and aliases."""

from __future__ import annotations

from azuraforge.errors import InvalidInput

CHAMPION = "champion"
#: The alias of a version that passed the gate and waits for a person's decision.
CANDIDATE = "candidate"
#: Author of the moves that the platform makes.
BY_GATE = "gate"
#: Words that would be read as something other than an alias.
RESERVED = ("all", "latest", "newest", "none", "version")


def check_name(name: str) -> str:
    """Check and return a model's name, which is part of URLs: letters, digits, ``.``, ``_`` and ``-``."""
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
    """Check and return an alias, a short lower-case word."""
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
            "{alias!r} would be read as a version number", next_step="choose another word, such as night", alias=alias
        )
    return alias
