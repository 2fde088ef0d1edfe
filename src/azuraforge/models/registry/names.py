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
    """Return ``name`` if it is a valid model name: at most 200 letters, digits, ``.``, ``_`` and ``-``.

    It must not begin with ``.`` or ``-``. Raises InvalidInput if it is not valid.
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
    """Return ``alias`` if it is valid: at most 40 lower-case letters, digits, ``_`` and ``-``.

    Raises InvalidInput if it is not valid, is a reserved word, or is a version number such as ``3`` or ``v3``.
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
