"""Growth of forests with LightGBM; imported only in child processes that fit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from azuraforge.apps.forecasting.boosting.config import BoostedConfig
from azuraforge.apps.forecasting.boosting.trees import Forest
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats

if TYPE_CHECKING:
    import lightgbm

#: Packages that LightGBM imports if they are installed. They serve wrappers and formats that are not used here, and
#: importing them takes 0.9 s.
_NOT_NEEDED = ("sklearn", "pandas", "pyarrow")
#: Minimum share of the examples in a leaf, instead of ``leaf_rows``, if there are few examples.
_LEAF_SHARE = 0.02
#: Exponent of the accuracy in the shares: a forest with a 10 % larger error has less than half the share. See
#: docs/decisions/0047.
_POWER = 8


@dataclass(frozen=True)
class Examples:
    """Examples for training or validation.

    Attributes:
        inputs: inputs of the trees, ``(example, feature)``.
        truth: scaled targets, ``(example,)``.
        starts: for each forest, the forecasts that its trees correct, ``(example,)``.
    """

    inputs: Floats
    truth: Floats
    starts: Sequence[Floats]


@dataclass(frozen=True)
class Growth:
    """Settings for growing forests.

    Attributes:
        config: config of the run.
        seed: seed of the first forest; each further forest has the next number.
        threads: number of threads of LightGBM.
    """

    config: BoostedConfig
    seed: int
    threads: int


@dataclass(frozen=True)
class Grown:
    """Forests and their shares of the forecast.

    Attributes:
        forests: one forest for each start.
        shares: share of each forest; the sum is 1.
    """

    forests: tuple[Forest, ...]
    shares: tuple[float, ...]


def grow(
    growth: Growth, learned: Examples, checked: Examples | None, report: Callable[[int, int, float], None]
) -> Grown:
    """Grow one forest for each start.

    Each forest keeps the number of trees with the smallest error on ``checked``, which may be 0. Its share is
    proportional to its root mean square error on ``checked`` to the power ``-_POWER``. Without ``checked``, each forest
    has ``config.stop_after`` trees (``config.trees`` if that is None), or fewer if no split is left, and the shares are
    equal.

    Args:
        growth: settings.
        learned: training examples.
        checked: validation examples; None to grow a fixed number of trees.
        report: function that receives the index of a forest, the round and its mean squared error on ``checked``.

    Raises InvalidInput if LightGBM cannot be loaded.
    """
    forests, forecasts = [], []
    for number, booster in enumerate(_boosters(growth, learned, checked)):
        best, forecast = _grow(growth.config, booster, number, checked, report)
        forests.append(Forest.of_dump(booster.dump_model(num_iteration=best)) if best else _none())
        forecasts.append(forecast)
    return Grown(tuple(forests), _shares(forecasts, None if checked is None else checked.truth))


def regrow(growth: Growth, learned: Examples, trees: Sequence[int]) -> tuple[Forest, ...]:
    """Grow one forest for each start, with the number of trees in ``trees``, or fewer if no split is left.

    Raises InvalidInput if LightGBM cannot be loaded.
    """
    forests = []
    for booster, count in zip(_boosters(growth, learned, None), trees, strict=True):
        forests.append(Forest.of_dump(booster.dump_model(num_iteration=_add(booster, count))) if count else _none())
    return tuple(forests)


def _add(booster: lightgbm.Booster, trees: int) -> int:
    """Add ``trees`` trees to a new booster, fewer if no split is left; return their number."""
    for done in range(1, trees + 1):
        if booster.update():
            return done
    return trees


def _grow(
    config: BoostedConfig,
    booster: lightgbm.Booster,
    number: int,
    checked: Examples | None,
    report: Callable[[int, int, float], None],
) -> tuple[int, Floats]:
    """Grow a forest; return the number of trees to keep, and their forecasts for ``checked``, ``(example,)``."""
    if checked is None:
        return _add(booster, config.stop_after or config.trees), np.zeros(0)
    best, forecast = 0, checked.starts[number]
    lowest = float(np.square(forecast - checked.truth).mean())
    for done in range(1, config.trees + 1):
        ended = booster.update()
        now = checked.starts[number] + _seen(booster)
        error = float(np.square(now - checked.truth).mean())
        report(number, done, error)
        if error < lowest:
            best, forecast, lowest = done, now, error
        if ended or done - best >= config.patience:
            break
    return best, forecast


def _shares(forecasts: Sequence[Floats], truth: Floats | None) -> tuple[float, ...]:
    """Return the share of each forecast, proportional to its root mean square error to the power ``-_POWER``."""
    if truth is None:
        return (1 / len(forecasts),) * len(forecasts)
    squares = np.array([float(np.square(truth - forecast).mean()) for forecast in forecasts])
    if not squares.min() > 0:
        found = np.asarray(squares == squares.min(), dtype=np.float64)
    else:
        found = np.asarray((squares / squares.min()) ** (-_POWER / 2))
    return tuple((found / found.sum()).tolist())


def _none() -> Forest:
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    return Forest(whole, whole, real, whole, whole)


def _seen(booster: lightgbm.Booster) -> Floats:
    """Return the sum of a booster's trees for each validation example, ``(example,)``."""
    found: list[Floats] = []

    def keep(sums: Any, _: Any) -> tuple[str, float, bool]:
        found.append(np.array(sums, dtype=np.float64))
        return "kept", 0.0, True

    booster.eval_valid(keep)
    return found[0]


@contextmanager
def _without(*packages: str) -> Iterator[None]:
    """Make imports in the block fail for packages that this process has not loaded."""
    absent = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: it cannot be imported
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def load_lightgbm() -> ModuleType:
    """Import LightGBM and return it. Raises InvalidInput if the OpenMP runtime is missing."""
    try:
        with _without(*_NOT_NEEDED):
            import lightgbm
    except OSError as error:  # the wheel does not contain the runtime of OpenMP
        raise InvalidInput(
            "LightGBM cannot be loaded: {reason}",
            where="forecasting.boosted_lags",
            next_step="install the OpenMP runtime of GCC (libgomp1 on Debian and Ubuntu, libgomp on Fedora)",
            reason=str(error),
        ) from error
    return lightgbm


def _boosters(growth: Growth, learned: Examples, checked: Examples | None) -> list[lightgbm.Booster]:
    lightgbm = load_lightgbm()
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
        # A booster keeps a reference to its labels, so each needs its own ``Dataset``.
        data = lightgbm.Dataset(learned.inputs, learned.truth - start, params=own)
        booster = lightgbm.Booster(own, data)
        if checked is not None:
            missed = checked.truth - checked.starts[number]
            booster.add_valid(lightgbm.Dataset(checked.inputs, missed, reference=data, params=own), "checked")
        boosters.append(booster)
    return boosters
