"""Encoded images, and the interpretation of their labels and parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from azuraforge.datasets.images.canonical import Image

#: Names of the parts of an official split. A validation set counts as training data.
TRAIN, TEST, VALIDATION = ("train", "training"), ("test", "testing"), ("val", "valid", "validation")


@dataclass(frozen=True)
class Encoded:
    """An image that is not decoded yet; ``load`` returns its bytes."""

    image: Image
    load: Callable[[], bytes]


def label_text(value: object) -> str:
    """Return a label as text of at most 200 characters, with each run of whitespace as one space."""
    return re.sub(r"\s+", " ", str(value)).strip()[:200]


def unique_parts(values: Iterable[str | None]) -> dict[str | None, str | None]:
    """Map the values of a table's part column to ``train`` and ``test``; map all to None if they form no split."""
    words = set(values)
    known = {word: part_of(word) for word in words}
    return known if {"train", "test"} <= set(known.values()) and None not in known.values() else dict.fromkeys(words)


def part_of(word: str | None) -> str | None:
    """Return the part that a word denotes, ``train`` or ``test``; None if it denotes neither."""
    plain = (word or "").strip().lower()
    return "test" if plain in TEST else "train" if plain in (*TRAIN, *VALIDATION) else None
