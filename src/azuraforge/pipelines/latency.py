"""Latency of a single prediction, measured in the process that predicts the test set."""

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
    """Return the median latency in milliseconds of predictions for single examples, spread evenly over the part.

    The first prediction warms up caches and is excluded unless it used up the time limit.

    Args:
        answer: function that predicts a part.
        part: the test set, which the predictor has already predicted as a whole; ``len`` is its number of examples.
        alone: function that returns a part that contains only the example with this index.
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
