"""Factors by which a network's predicted change is trusted, fitted on the validation set."""

from __future__ import annotations

import numpy as np

from azuraforge.plugins.contract.arrays import Floats


def learn_trust(change: Floats, truth: Floats) -> Floats:
    """Return factors ``(horizon,)`` of the predicted change, from 0 to 1, by least squares on the validation set.

    If the predictions have no skill, as is common for prices, the factor 0 returns the last value instead of noise. A
    slope that is hardly larger than its standard error is shrunk (positive-part James and Stein, 1961). Overlapping
    windows count once per horizon.

    Args:
        change: ``(example, horizon)``, predicted changes since the origin.
        truth: ``(example, horizon)``, actual changes since the origin.
    """
    explained = (change * truth).sum(axis=0)
    size = np.square(change).sum(axis=0)
    slope = np.divide(explained, size, out=np.ones_like(size), where=size > 0)
    horizon = truth.shape[1]
    variance = np.square(truth - slope * change).mean(axis=0) * horizon
    luck = np.divide(variance, np.square(slope) * size, out=np.zeros_like(size), where=(size > 0) & (slope != 0))
    return np.asarray(np.clip(slope * np.maximum(1.0 - luck, 0.0), 0.0, 1.0))


def trusted(answers: Floats, trust: Floats) -> Floats:
    """Return network outputs ``(example, horizon, output)`` with the predicted change multiplied by ``trust``."""
    return answers + (answers[:, :, :1] * (trust - 1.0)[:, None])
