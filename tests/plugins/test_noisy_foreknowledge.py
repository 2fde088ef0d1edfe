"""Leaks under noise: later values of the target with white noise are named, honest drivers and forecasts are not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.foreknowledge import columns
from azuraforge.plugins.forecasting.foreknowledge.columns import Foreknowledge, examine
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece

ROWS = 500
DAYS = np.arange(ROWS)
SECONDS = 1.42e9 + 86_400.0 * DAYS


def memory(share: float, seed: int) -> Floats:
    """Normal errors, each of which keeps ``share`` of the one before; with standard deviation 1."""
    values = np.random.default_rng(seed).normal(size=ROWS + 50)
    for row in range(1, len(values)):
        values[row] += share * values[row - 1]
    return np.asarray(values[50:] * np.sqrt(1 - share**2))


def at(values: Floats, lead: int) -> Floats:
    return np.asarray(values[np.clip(np.arange(ROWS) + lead, 0, ROWS - 1)])


def mean_of(values: Floats, leads: range) -> Floats:
    return np.asarray(np.mean([at(values, lead) for lead in leads], axis=0))


TARGETS = {
    "walk": np.random.default_rng(1).normal(size=ROWS).cumsum(),
    "weather": 4 * np.sin(2 * np.pi * DAYS / 365.25) + 2 * memory(0.8, 2),
    "demand": 10 + 2 * np.sin(2 * np.pi * DAYS / 7) + 3 * np.sin(2 * np.pi * DAYS / 365.25) + 2 * memory(0.6, 3),
}
#: Leak → how it is made, whether it is declared known ahead, and the shares of noise in its standard deviation. With
#: more noise, such targets could as well be the column plus noise; see docs/decisions/0060.
LEAKS: dict[str, tuple[Callable[[Floats], Floats], bool, tuple[float, ...]]] = {
    "target known ahead": (lambda y: y, True, (0.1, 0.17)),
    "mean of three rows known ahead": (lambda y: mean_of(y, range(-1, 2)), True, (0.1,)),
    "value of the third row": (lambda y: at(y, 3), False, (0.1,)),
    "mean of the next seven": (lambda y: mean_of(y, range(1, 8)), False, (0.1, 0.17)),
}
#: Columns that drive the target: runs of promotions, prices with memory, seasonal weather.
DRIVERS = {
    "promotion": 2.0 * (np.cumsum(np.random.default_rng(6).random(ROWS) < 1 / 7) % 4 == 0),
    "price": memory(0.9, 7),
    "weather": 1.5 * np.sin(2 * np.pi * DAYS / 365.25) + memory(0.8, 8),
}


def found(target: Floats, column: Floats, *, ahead: bool) -> list[Foreknowledge]:
    rows = [Piece(np.arange(ROWS), SECONDS)]
    known = ["column"] if ahead else []
    return examine(target, {"column": column}, rows, horizon=7, season=7, known_ahead=known)


def noisy(target: Floats, leak: str, share: float) -> Floats:
    column = LEAKS[leak][0](target)
    return np.asarray(column + np.random.default_rng(5).normal(0, share * column.std(), ROWS))


@pytest.mark.parametrize("name", TARGETS)
def test_leaks_under_noise_are_named(name: str) -> None:
    target = TARGETS[name]
    missed = [
        (leak, share)
        for leak, (_, ahead, shares) in LEAKS.items()
        for share in shares
        if not any(each.blocks for each in found(target, noisy(target, leak, share), ahead=ahead))
    ]
    assert missed == []


@pytest.mark.parametrize("driver", DRIVERS)
def test_drivers_of_the_target_that_are_known_ahead_are_not_named(driver: str) -> None:
    """The rest of the target is white, or has memory; the driver is exact, or measured with noise."""
    column = np.asarray(DRIVERS[driver], dtype=np.float64)
    for rest in (np.random.default_rng(9).normal(size=ROWS), memory(0.7, 10)):
        target = column + rest
        assert found(target, column, ahead=True) == []
        assert found(target, column + 0.5 * memory(0.0, 11), ahead=True) == []


@pytest.mark.parametrize("driver", [*DRIVERS, "orders"])
def test_columns_that_lead_the_target_are_not_named(driver: str) -> None:
    """Demand that follows the driver by one to three rows, with causes of its own for 30 to 70 % of its variance."""
    column = np.asarray({**DRIVERS, "orders": memory(0.0, 12)}[driver], dtype=np.float64)
    for lead in (1, 3):
        for rest in (memory(0.0, 9), memory(0.6, 10)):
            for size in (0.65, 1.5):
                target = at(column, -lead) + size * column.std() * rest + np.sin(2 * np.pi * DAYS / 7)
                assert found(target, column, ahead=False) == []


def test_the_test_of_the_remainder_finds_what_shares_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    column = noisy(TARGETS["demand"], "mean of the next seven", 0.17)
    (named,) = found(TARGETS["demand"], column, ahead=False)
    assert (named.kind, named.blocks) == ("later_with_noise", True)
    monkeypatch.setattr(columns.NoiseSpace, "enough", property(lambda _: False))
    assert found(TARGETS["demand"], column, ahead=False) == []
