"""The split for training the best config of a study again: most validation rows join the training set.

A study selects its config and the number of epochs on the validation set, so these rows may be learned from afterwards.
Only the last validation rows are kept out of the training set, so that intervals are calibrated on rows that the
weights have not learned from. The test set is unchanged; no trial has used it.
"""

from __future__ import annotations

from dataclasses import replace

from azuraforge.plugins.contract.parts import Rows, Split

#: Number of origins that the remaining validation set should have, if half of the former one suffices for it. The outer
#: quantiles (5 % and 95 %) of split-conformal intervals need 19.
LEAST_ORIGINS = 40
_SHARE = 4


def retraining_split(split: Split, *, horizon: int, gap: int) -> Split:
    """Return ``split`` with the last quarter of its validation set, or up to half for enough calibration origins.

    The earlier validation rows, except the last ``gap`` rows, join the training set. A partial split is returned
    unchanged.

    Example:
        >>> found = retraining_split(Split(Rows(0, 700), Rows(700, 900), Rows(900, 1000)), horizon=2, gap=0)
        >>> found.train, found.validation
        (Rows(start=0, stop=850), Rows(start=850, stop=900))
    """
    if split.partial:  # has too few rows to move any
        return split
    rows = len(split.validation)
    block = max(rows // _SHARE, horizon + LEAST_ORIGINS - 1)
    block = max(min(block, rows // 2), horizon)
    start = split.validation.stop - block
    train = Rows(split.train.start, max(split.train.stop, start - gap))
    return replace(split, train=train, validation=Rows(start, split.validation.stop))
