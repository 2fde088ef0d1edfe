"""Syntax of names of models and aliases."""

from __future__ import annotations

from azuraforge.errors import InvalidInput

CHAMPION = "champion"
#: The alias of a version that passed the gate and waits for a person's decision.
CANDIDATE = "candidate"
#: Author of the moves that the platform makes.
BY_GATE = "gate"
#: Words that have another meaning than an alias.
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
            f"{name!r} cannot be a model's name", next_step="use letters, digits, '.', '_' and '-', at most 200"
        )
    return name


def check_alias(alias: str) -> str:
    """Check and return an alias, a short lower-case word."""
    if (
        not alias
        or len(alias) > 40
        or not all(letter.islower() or letter.isdigit() or letter in "_-" for letter in alias)
    ):
        raise InvalidInput(f"{alias!r} cannot be an alias", next_step="use a short lower-case word such as champion")
    if alias in RESERVED or alias.removeprefix("v").isdigit():
        raise InvalidInput(f"{alias!r} would be read as a version", next_step="use another word, such as night")
    return alias
