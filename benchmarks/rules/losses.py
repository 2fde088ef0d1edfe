"""Losses of two equally good forecasters along a series, with every property that misleads a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from azuraforge.models.gate.losses import Floats

#: ``(repetition,)`` whether a lead in logarithms is found when one end of the interval may be wrong so often.
Finding = Callable[[float, float], NDArray[np.bool_]]
Shape = Literal["normal", "heavy", "unequal", "common", "seasonal", "outlier"]
SHAPES: tuple[Shape, ...] = ("normal", "heavy", "unequal", "common", "seasonal", "outlier")
ORIGINS = (12, 20, 30, 60, 120, 336, 1000)
SEASONS = (1, 7, 12, 52)
HORIZONS = (1, 7, 24)
MEMORIES = (0.0, 0.5, 0.9)
#: Standard deviation of a forecaster's own error; that of the error which both share is one.
OWN = 0.4
OUTLIER = 50.0
_WARM_UP = 60


@dataclass(frozen=True)
class Cell:
    """One situation.

    Attributes:
        memory: coefficient of the errors' autoregression.
        shape: normal errors; Student's t with 5 degrees of freedom; a variance that grows sixteenfold; ``common``:
            only the shared error remembers; ``seasonal``: each is better by 30 % in its half of the season;
            ``outlier``: both miss one row by 50 standard deviations.
    """

    origins: int
    horizon: int
    memory: float
    shape: Shape
    season: int = 1

    def __str__(self) -> str:
        season = f" season {self.season}" if self.season > 1 else ""
        return f"{self.origins} origins, horizon {self.horizon}, memory {self.memory}, {self.shape}{season}"


@dataclass(frozen=True)
class Draw:
    """Repetitions of one cell.

    Attributes:
        cell: the simulated situation.
        a, b: ``(repetition, origin)`` losses of the two forecasters.
        estimate: ``(repetition,)`` logarithms of RMSE ratios.
        values: ``(repetition, origin)`` differences of scaled losses: their means err as the estimates do.
    """

    cell: Cell
    a: Floats
    b: Floats
    estimate: Floats
    values: Floats

    @property
    def detectable(self) -> float:
        """Return the lead, in logarithms, that a test with the true variance would find in 80 % of cases."""
        return float((1.95996 + 0.84162) * self.estimate.std())


def beyond(drawn: Draw, distance: Callable[[float], Floats]) -> Finding:
    """Return the test that finds estimates below zero by more than ``distance`` of the tail; NaN: not known."""
    remembered = cache(distance)

    def find(lead: float, tail: float) -> NDArray[np.bool_]:
        return np.asarray(drawn.estimate - lead < -remembered(tail))

    return find


def cells() -> Iterator[Cell]:
    """Yield the whole grid; the season changes the losses of ``seasonal`` only."""
    for origins in ORIGINS:
        for horizon in HORIZONS:
            for memory in MEMORIES:
                for shape in SHAPES:
                    for season in SEASONS[1:] if shape == "seasonal" else (1,):
                        yield Cell(origins, horizon, memory, shape, season)


def draw(cell: Cell, repetitions: int, seed: int) -> Draw:
    """Return the comparison of ``repetitions`` pairs of equally good forecasters."""
    a, b = losses(cell, repetitions, np.random.default_rng(seed))
    scaled = a / a.mean(axis=1, keepdims=True) - b / b.mean(axis=1, keepdims=True)
    return Draw(cell, a, b, 0.5 * np.log(a.sum(axis=1) / b.sum(axis=1)), 0.5 * scaled)


def losses(cell: Cell, repetitions: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return ``(repetition, origin)`` mean squared errors over the horizon, for both forecasters."""
    rows = cell.origins + cell.horizon - 1
    size = (repetitions, rows)
    shared = _errors(rng, size, cell.memory, cell.shape)
    own = [_errors(rng, size, 0.0 if cell.shape == "common" else cell.memory, cell.shape) for _ in range(2)]
    if cell.shape == "outlier":
        shared[np.arange(repetitions), rng.integers(rows, size=repetitions)] += OUTLIER
    a, b = (np.square(shared + OWN * each) for each in own)
    if cell.shape == "unequal":
        growth = np.linspace(0.25, 4.0, rows)
        a, b = a * growth, b * growth
    if cell.shape == "seasonal":
        phase = rng.uniform(0, 2 * np.pi, size=(repetitions, 1))
        swing = 0.15 * np.sin(2 * np.pi * np.arange(rows) / cell.season + phase)
        a, b = a * (1 + swing), b * (1 - swing)
    return _over_horizon(a, cell.horizon), _over_horizon(b, cell.horizon)


def _errors(rng: np.random.Generator, size: tuple[int, int], memory: float, shape: Shape) -> Floats:
    """Errors of variance one."""
    rows = (size[0], size[1] + (_WARM_UP if memory else 0))
    shocks = rng.standard_t(5, size=rows) * np.sqrt(0.6) if shape == "heavy" else rng.normal(size=rows)
    if not memory:
        return np.asarray(shocks)
    return np.asarray(lfilter([np.sqrt(1 - memory**2)], [1.0, -memory], shocks, axis=1)[:, _WARM_UP:])


def _over_horizon(rows: Floats, horizon: int) -> Floats:
    """``(repetition, origin)`` means of the next ``horizon`` rows: neighbouring origins share all but one."""
    if horizon == 1:
        return rows
    sums = np.cumsum(np.pad(rows, ((0, 0), (1, 0))), axis=1)
    return np.asarray((sums[:, horizon:] - sums[:, :-horizon]) / horizon)
