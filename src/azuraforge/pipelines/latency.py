"""How long one prediction takes: measured where the candidate predicts its test part, in the process that loaded it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.vision.config import ImagePart

AnyPart = TypeVar("AnyPart")

MOST_QUESTIONS = 20
MOST_SECONDS = 1.0


def latency_ms(answer: Callable[[AnyPart], Any], part: AnyPart, alone: Callable[[AnyPart, int], AnyPart]) -> float:
    """The median time in milliseconds of questions about one example each, spread over the part.

    The first answer warms caches up and does not count, unless it took all the time there is.

    Args:
        answer: the predictor.
        part: what it has answered as a whole; ``len`` is its number of examples.
        alone: the part with one of its examples only.
    """
    asked = np.linspace(0, len(part) - 1, min(MOST_QUESTIONS + 1, len(part) + 1)).astype(int)  # type: ignore[arg-type]
    took: list[float] = []
    ends_at = time.perf_counter() + MOST_SECONDS
    for example in asked.tolist():
        question = alone(part, example)
        began = time.perf_counter()
        answer(question)
        took.append(time.perf_counter() - began)
        if time.perf_counter() > ends_at:
            break
    return 1000 * statistics.median(took[1:] or took)


def one_origin(part: Part, index: int) -> Part:
    """A series' part with one of its origins; what was known before it stays."""
    alone = slice(index, index + 1)
    ahead = {column: values[alone] for column, values in part.ahead.items()}
    return replace(part, origins=part.origins[alone], ahead=ahead)


def one_image(part: ImagePart, index: int) -> ImagePart:
    """A part with one of its images."""
    alone = slice(index, index + 1)
    return replace(part, pixels=part.pixels[alone], names=part.names[alone])
