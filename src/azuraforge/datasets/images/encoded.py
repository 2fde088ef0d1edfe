"""Pictures that are still encoded, and the reading of their labels and parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from azuraforge.datasets.images.canonical import Picture

#: Names of a part. A validation set counts as training data.
TRAIN, TEST, VALIDATION = ("train", "training"), ("test", "testing"), ("val", "valid", "validation")


@dataclass(frozen=True)
class Encoded:
    """A picture that is still encoded; ``load`` returns its bytes."""

    picture: Picture
    load: Callable[[], bytes]


def label_text(value: object) -> str:
    """Return a label as text, without characters that would break a page or a path."""
    return re.sub(r"\s+", " ", str(value)).strip()[:200]


def unique_parts(values: Iterable[str | None]) -> dict[str | None, str | None]:
    """Return the meaning of the values in a table's part column; None for all if they are not train and test."""
    words = set(values)
    known = {word: part_of(word) for word in words}
    return known if {"train", "test"} <= set(known.values()) and None not in known.values() else dict.fromkeys(words)


def part_of(word: str | None) -> str | None:
    """Return ``train`` or ``test`` for a word that means one of them."""
    plain = (word or "").strip().lower()
    return "test" if plain in TEST else "train" if plain in (*TRAIN, *VALIDATION) else None
