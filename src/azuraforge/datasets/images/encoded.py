"""Pictures that are still files, and how their labels and parts are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from azuraforge.datasets.images.canonical import Picture

#: Words that name a part. A validation part counts as training data.
TRAIN, TEST, VALIDATION = ("train", "training"), ("test", "testing"), ("val", "valid", "validation")


@dataclass(frozen=True)
class Encoded:
    """A picture that is still a file; ``load`` gives its bytes."""

    picture: Picture
    load: Callable[[], bytes]


def label_text(value: object) -> str:
    """Return a label as text, without what would break a page or a path."""
    return re.sub(r"\s+", " ", str(value)).strip()[:200]


def unique_parts(values: Iterable[str | None]) -> dict[str | None, str | None]:
    """Return how the words in a table's part column are understood; None for all where they are not train and test."""
    words = set(values)
    known = {word: part_of(word) for word in words}
    return known if {"train", "test"} <= set(known.values()) and None not in known.values() else dict.fromkeys(words)


def part_of(word: str | None) -> str | None:
    """Return ``train`` or ``test`` for a word that means one of them."""
    plain = (word or "").strip().lower()
    return "test" if plain in TEST else "train" if plain in (*TRAIN, *VALIDATION) else None
