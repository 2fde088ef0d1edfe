"""Growing forests with LightGBM. Imported in children that fit only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from azuraforge.apps.forecasting.boosting.config import BoostedConfig
from azuraforge.apps.forecasting.boosting.trees import Forest
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats

if TYPE_CHECKING:
    import lightgbm

#: Of few examples a leaf holds at least this share.
_LEAF_SHARE = 0.02


@dataclass(frozen=True)
class Examples:
    """Examples to learn from or to check on.

    Attributes:
        inputs: ``(example, feature)``.
        truth: ``(example,)`` scaled targets.
        starts: per forest ``(example,)`` the forecast that its trees correct.
    """

    inputs: Floats
    truth: Floats
    starts: Sequence[Floats]


@dataclass(frozen=True)
class Growth:
    """Settings of one growth.

    Attributes:
        config: of the run.
        seed: of the first forest; each further one has the next.
        threads: of LightGBM.
    """

    config: BoostedConfig
    seed: int
    threads: int


def grow(
    growth: Growth, learned: Examples, checked: Examples | None, report: Callable[[int, float], None]
) -> list[Forest]:
    """Return one forest per start, all with the same number of trees.

    The forests grow together: after each round the mean of their forecasts is compared with ``checked``, and all end
    where it was best, which may be before the first tree. Without ``checked`` they have ``config.stop_after`` trees.

    Args:
        growth: settings.
        learned: examples to learn from.
        checked: examples that end the growth; None where ``config.stop_after`` does.
        report: receives each round and its mean squared error on ``checked``.
    """
    config = growth.config
    boosters = _boosters(growth, learned, checked)
    rounds = config.trees if checked is not None else config.stop_after or config.trees
    best, lowest = (0, _error(checked, [0.0] * len(boosters))) if checked is not None else (rounds, 0.0)
    for done in range(1, rounds + 1):
        ended = [booster.update() for booster in boosters]
        if all(ended):  # no split is left to make
            best = min(best, done)
            break
        if checked is None:
            continue
        error = _error(checked, [_seen(booster) for booster in boosters])
        report(done, error)
        if error < lowest:
            best, lowest = done, error
        if done - best >= config.patience:
            break
    return [Forest.of_dump(booster.dump_model(num_iteration=best)) if best else _none() for booster in boosters]


def _none() -> Forest:
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    return Forest(whole, whole, real, whole, whole)


def _error(checked: Examples, added: Sequence[Floats | float]) -> float:
    forecasts = [start + more for start, more in zip(checked.starts, added, strict=True)]
    return float(np.square(np.mean(forecasts, axis=0) - checked.truth).mean())


def _seen(booster: lightgbm.Booster) -> Floats:
    """``(example,)``: the sum of a booster's trees for the examples to check on."""
    found: list[Floats] = []

    def keep(sums: Any, _: Any) -> tuple[str, float, bool]:
        found.append(np.array(sums, dtype=np.float64))
        return "kept", 0.0, True

    booster.eval_valid(keep)
    return found[0]


def _boosters(growth: Growth, learned: Examples, checked: Examples | None) -> list[lightgbm.Booster]:
    try:
        import lightgbm
    except OSError as error:  # the wheel brings LightGBM, the system the runtime of OpenMP
        raise InvalidInput(
            f"LightGBM cannot be loaded: {error}",
            where="forecasting.boosted_lags",
            next_step="install the OpenMP runtime of GCC (libgomp1 on Debian and Ubuntu, libgomp on Fedora)",
        ) from error
    config, rows = growth.config, len(learned.truth)
    settings = {
        "objective": "regression",
        "metric": "none",
        "learning_rate": config.learning_rate,
        "num_leaves": config.leaves,
        "min_data_in_leaf": max(1, min(config.leaf_rows, round(rows * _LEAF_SHARE))),
        "lambda_l2": config.shrinkage,
        "feature_fraction": config.columns_share,
        "bagging_fraction": config.rows_share,
        "bagging_freq": 1 if config.rows_share < 1 else 0,
        "feature_pre_filter": False,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": growth.threads,
        "verbosity": -1,
    }
    boosters = []
    for number, start in enumerate(learned.starts):
        own = {**settings, "seed": (growth.seed + number) % 2**31}
        # A booster keeps a reference to its labels, so each has a data set of its own.
        data = lightgbm.Dataset(learned.inputs, learned.truth - start, params=own)
        booster = lightgbm.Booster(own, data)
        if checked is not None:
            missed = checked.truth - checked.starts[number]
            booster.add_valid(lightgbm.Dataset(checked.inputs, missed, reference=data, params=own), "checked")
        boosters.append(booster)
    return boosters
