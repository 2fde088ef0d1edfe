"""The parts of a winner that is trained anew: train and validation together, less a last block for calibration.

The trials of a study chose their config, and how many epochs it takes, by the validation part. Those rows are then
free to be learned from; only the last of them stay apart, so that intervals are calibrated on rows that the weights
have not seen. The test part is the same, and no trial has seen it.
"""

from __future__ import annotations

from dataclasses import replace

from azuraforge.plugins.contract.parts import Rows, Split

#: Origins that the calibration block has at least, where half of the validation part holds them: the outer quantiles
#: (5 % and 95 %) of split-conformal intervals need 19.
LEAST_ORIGINS = 40
_SHARE = 4


def retraining_split(split: Split, *, horizon: int, gap: int) -> Split:
    """Train up to a block at the end of the validation part, a quarter of it where that is enough, at most half.

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
