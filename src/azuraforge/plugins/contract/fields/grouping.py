"""Grouping of config fields in forms: essential fields, and named groups of the others."""

from __future__ import annotations

from pydantic import JsonValue

#: Keys of the declarations in a field's JSON schema.
ESSENTIAL_KEY, GROUP_KEY = "essential", "group"
#: Declaration of a field that most users set. Forms show essential fields first and fold the others into groups.
ESSENTIAL: dict[str, JsonValue] = {ESSENTIAL_KEY: True}


def group(title: str, turkish: str = "") -> dict[str, JsonValue]:
    """Return the group of a config field, as part of its ``json_schema_extra``.

    Forms fold fields with the same group under its title, in the order in which the groups first appear. Fields that
    are neither essential nor in a group are folded under *Other settings*. If no field of a config is essential, forms
    show all fields.

    Args:
        title: English title of the group.
        turkish: Turkish title; empty to use the English one.

    Raises:
        ValueError: the title is empty.

    Example:
        >>> group("Training", "Eğitim")
        {'group': {'en': 'Training', 'tr': 'Eğitim'}}
    """
    if not title.strip():
        raise ValueError("a group of fields needs a title")
    return {GROUP_KEY: {"en": title, "tr": turkish or title}}


#: Groups of the built-in pipelines, which other pipelines may use as well.
SPLIT = group("Split and evaluation", "Bölünme ve değerlendirme")
INPUTS = group("Inputs", "Girdiler")
MODEL = group("Model", "Model")
TRAINING = group("Training", "Eğitim")
FORECASTS = group("Forecasts", "Tahminler")
