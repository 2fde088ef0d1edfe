"""The parts of a retrained winner: train and validation together, except a last block for calibration.

The trials of a study chose their config, and how many epochs it takes, by the validation set. Those rows may then be
learned from; only the last of them are left out, so that intervals are calibrated on rows that the weights have not
seen. The test set is the same, and no trial has seen it.
"""

from __future__ import annotations

from dataclasses import replace

from azuraforge.plugins.contract.parts import Rows, Split

#: Least number of origins in the calibration block, if half of the validation set holds them: the outer quantiles (5 %
#: and 95 %) of split-conformal intervals need 19.
LEAST_ORIGINS = 40
_SHARE = 4


def retraining_split(split: Split, *, horizon: int, gap: int) -> Split:
    """Return the split whose validation set is the last quarter of the former one, or up to half if more is needed.

    Example:
        >>> found = retraining_split(Split(Rows(0, 700), Rows(700, 900), Rows(900, 1000)), horizon=2, gap=0)
        >>> found.train, found.validation
        (Rows(start=0, stop=850), Rows(start=850, stop=900))
    """
    if split.partial:  # too few rows to move any
        return split
    rows = len(split.validation)
    block = max(rows // _SHARE, horizon + LEAST_ORIGINS - 1)
    block = max(min(block, rows // 2), horizon)
    start = split.validation.stop - block
    train = Rows(split.train.start, max(split.train.stop, start - gap))
    return replace(split, train=train, validation=Rows(start, split.validation.stop))
