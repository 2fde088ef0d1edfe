"""Temperature scaling: calibration of class probabilities by one number that is fitted on the validation set.

Source: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017.
"""

from __future__ import annotations

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices

_COLDEST, _HOTTEST = 0.05, 20.0
_ROUNDS = 60


def softmax(scores: Floats) -> Floats:
    """Return the probabilities of ``scores``, both ``(example, class)``; they sum to 1 for each example.

    Example:
        >>> softmax(np.array([[0.0, 0.0]])).tolist()
        [[0.5, 0.5]]
    """
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def negative_log_likelihood(scores: Floats, labels: Indices) -> float:
    """Return the mean of ``-log softmax(scores)[label]`` over all examples, in nats."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=1)) - chosen).mean())


def fit_temperature(scores: Floats, labels: Indices) -> float:
    """Return the temperature in [0.05, 20] that minimises the mean log loss of ``softmax(scores / temperature)``.

    The temperature is found by golden-section search over its logarithm, because the loss has a single minimum.
    Returns 1 if there are no examples or all scores are equal.

    Args:
        scores: ``(example, class)`` scores of the validation set.
        labels: ``(example,)`` class indices.

    Example:
        >>> scores = np.array([[4.0, 0.0]] * 8 + [[0.0, 4.0]] * 2)  # sure, and right four times out of five
        >>> round(fit_temperature(scores, np.zeros(10, np.int64)), 2)
        2.89
    """
    if not len(labels) or float(np.ptp(scores)) == 0.0:
        return 1.0
    ratio = (np.sqrt(5) - 1) / 2
    low, high = np.log(_COLDEST), np.log(_HOTTEST)

    def loss(logarithm: float) -> float:
        return negative_log_likelihood(scores / np.exp(logarithm), labels)

    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(_ROUNDS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = loss(right)
    return float(np.exp((low + high) / 2))
