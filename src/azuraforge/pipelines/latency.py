"""Latency of one prediction, measured in the process that predicts the test set."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sized
from typing import TypeVar

import numpy as np

PartT = TypeVar("PartT", bound=Sized)

MOST_QUESTIONS = 20
MOST_SECONDS = 1.0


def latency_ms(answer: Callable[[PartT], object], part: PartT, alone: Callable[[PartT, int], PartT]) -> float:
    """Return the median time in milliseconds of predictions of one example each, spread over the part.

    The first answer warms caches up and does not count, unless it took all the time there is.

    Args:
        answer: the predictor.
        part: what it has predicted as a whole; ``len`` is its number of examples.
        alone: the part with one of its examples only.
    """
    asked = np.linspace(0, len(part) - 1, min(MOST_QUESTIONS + 1, len(part) + 1)).astype(int)
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
