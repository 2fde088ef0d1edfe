"""Columns that know the future: each kind of leak is named, and columns that follow the target are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.plugins import Part, Schema
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.foreknowledge import columns, patterns
from azuraforge.plugins.forecasting.foreknowledge.columns import Foreknowledge, examine
from azuraforge.plugins.forecasting.foreknowledge.dependence import TargetSpace
from azuraforge.plugins.forecasting.foreknowledge.pieces import MOST_ROWS, Piece, pieces_of, span_of
from azuraforge.plugins.forecasting.foreknowledge.sentences import evidence
from azuraforge.plugins.kinds.forecast.judging import suspicious_columns

ROWS = 420
WALK = np.random.default_rng(1).normal(size=ROWS).cumsum()
MONTHS = 10 + 3 * np.sin(2 * np.pi * np.arange(ROWS) / 12) + np.random.default_rng(2).normal(0, 0.5, ROWS)
BASES = {"walk": (WALK, 7), "months": (MONTHS, 12)}


def at(values: Floats, lead: int) -> Floats:
    """The value ``lead`` rows later; the last one where there is none."""
    return np.asarray(values[np.clip(np.arange(len(values)) + lead, 0, len(values) - 1)])


def mean_of(values: Floats, leads: range) -> Floats:
    return np.asarray(np.mean([at(values, lead) for lead in leads], axis=0))


def by_period(values: Floats, rows: int) -> Floats:
    period = np.arange(len(values)) // rows
    return np.asarray(np.bincount(period, values) / np.bincount(period))[period]


def noise(share: float) -> Floats:
    return np.random.default_rng(5).normal(0, share, ROWS)


def _but(name: str, made: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """The generator of patterns without those of one name."""
    return lambda *of: (each for each in made(*of) if (each[0] if isinstance(each, tuple) else each.name) != name)


#: Sixteen leaks, each with the kinds that name it.
LEAKS: dict[str, tuple[Callable[[Floats], Floats], set[str]]] = {
    "shifted": (lambda y: at(y, 1), {"later_target"}),
    "scaled": (lambda y: 40 - 3 * at(y, 3), {"later_target"}),
    "transformed": (lambda y: np.exp(at(y, 2) / 3), {"later_target"}),
    "rounded": (lambda y: np.round(at(y, 1), 1), {"later_target"}),
    "with noise": (lambda y: at(y, 1) + noise(0.1 * np.diff(y).std()), {"later_target"}),
    "mixed with the present": (lambda y: (at(y, 1) + y) / 2, {"centred_average", "later_target", "change_ahead"}),
    "mean of the next seven": (lambda y: mean_of(y, range(1, 8)), {"average_ahead"}),
    "centred mean": (lambda y: mean_of(y, range(-3, 4)), {"centred_average"}),
    "largest of the next seven": (
        lambda y: np.max([at(y, k) for k in range(1, 8)], axis=0),
        {"extreme_ahead", "average_ahead"},
    ),
    "direction of the next change": (lambda y: (at(y, 1) > y).astype(float), {"change_ahead"}),
    "mean of its own period": (lambda y: by_period(y, 14), {"period_value"}),
    "interpolated": (
        lambda y: np.interp(np.arange(ROWS), np.arange(0, ROWS, 7), y[::7]),
        {"interpolated"},
    ),
    "under a wave of its own": (
        lambda y: at(y, 1) + 30 * y.std() * np.sin(2 * np.pi * np.arange(ROWS) / 37.3),
        {"later_values"},
    ),
    "centred mean with noise": (
        lambda y: mean_of(y, range(-3, 4)) + noise(0.02 * np.diff(y).std()),
        {"centred_average"},
    ),
    "change over four rows": (lambda y: at(y, 4) - y, {"change_ahead"}),
    "size of the next change": (lambda y: np.abs(at(y, 1) - y), {"change_ahead"}),
}
#: What finds a leak or gives it its name; without it, at least this one is lost or has another name.
DETECTORS: dict[str, tuple[object, str, object, str]] = {
    "what is new in the column": (columns, "EXACT_NEWS", 2.0, "under a wave of its own"),
    "a filter under noise": (columns, "NOISY_REST", 2.0, "centred mean with noise"),
    "any regression": (columns, "_knows", lambda _: 0.0, "shifted"),
    "ranks": (columns, "TargetSpace", lambda *of, ranked: TargetSpace(*of, ranked=False), "transformed"),
    "values": (columns, "TargetSpace", lambda *of, ranked: TargetSpace(*of, ranked=True), "mixed with the present"),
    "directions of a change": (
        patterns,
        "_events",
        _but("change_ahead", patterns._events),
        "direction of the next change",
    ),
    "sizes of a change": (patterns, "_events", _but("change_ahead", patterns._events), "size of the next change"),
    "extremes": (patterns, "_events", _but("extreme_ahead", patterns._events), "largest of the next seven"),
    "periods": (patterns, "_periods", lambda *_: iter(()), "mean of its own period"),
    "interpolation": (patterns, "_interpolation", lambda *_: iter(()), "interpolated"),
    "the name of a later value": (patterns, "_later", _but("later_target", patterns._later), "scaled"),
    "the name of a change": (patterns, "_later", _but("change_ahead", patterns._later), "change over four rows"),
    "the name of an average": (patterns, "_later", _but("average_ahead", patterns._later), "mean of the next seven"),
    "the name of a centred average": (patterns, "_later", _but("centred_average", patterns._later), "centred mean"),
    "leads beyond the first": (columns, "span_of", lambda *of: replace(span_of(*of), leads=1), "scaled"),
}
ORDINARY: dict[str, Callable[[Floats], Floats]] = {
    "the row before": lambda y: at(y, -1),
    "trailing mean": lambda y: mean_of(y, range(-6, 1)),
    "measured with noise": lambda y: y + noise(0.5),
    "its period's mean, once the period is over": lambda y: at(by_period(y, 14), -14),
    "a column of its own": lambda y: noise(1.0).cumsum(),
    "month": lambda y: np.arange(ROWS) % 12.0,
}


def found(base: str, columns: dict[str, Floats], **options: object) -> dict[str, Foreknowledge]:
    target, season = BASES[base]
    rows = [Piece(np.arange(ROWS))]
    return {each.column: each for each in examine(target, columns, rows, horizon=7, season=season, **options)}  # type: ignore[arg-type]  # options of one test each


@pytest.mark.parametrize("base", BASES)
def test_each_of_sixteen_leaks_is_named_and_no_ordinary_column(base: str) -> None:
    target = BASES[base][0]
    leaks = {name: make(target) for name, (make, _) in LEAKS.items()}
    named = found(base, {**leaks, **{name: make(target) for name, make in ORDINARY.items()}})
    assert len(LEAKS) == 16
    assert set(named) == set(LEAKS)
    assert {name: each.kind for name, each in named.items() if each.kind not in LEAKS[name][1]} == {}
    assert all(each.blocks for each in named.values())


@pytest.mark.parametrize("detector", DETECTORS)
def test_without_a_detector_its_leak_is_lost(detector: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each detector is needed: the sixteen leaks would show that it stopped working."""
    module, name, broken, leak = DETECTORS[detector]
    make, kinds = LEAKS[leak]
    before = {base: found(base, {leak: make(BASES[base][0])}) for base in BASES}
    assert all(each[leak].kind in kinds for each in before.values())
    monkeypatch.setattr(module, name, broken)
    after = [found(base, {leak: make(BASES[base][0])}).get(leak) for base in BASES]
    assert any(each is None or each.kind not in kinds for each in after)


def test_flags_of_the_calendar_and_counters_are_no_leaks() -> None:
    hours = np.arange(800)
    target = 100 + 10 * np.sin(2 * np.pi * hours / 24) + np.random.default_rng(8).normal(size=800)
    columns = {
        "weekend": (hours // 24 % 7 >= 5).astype(float),
        "open": ((hours % 24 >= 9) & (hours % 24 < 18)).astype(float),
    }
    assert examine(target, columns, [Piece(hours)], horizon=12, season=24) == []
    rising = np.random.default_rng(9).normal(0.05, 1, 800).cumsum()
    assert examine(rising, {"id": 1000.0 + 3 * hours}, [Piece(hours)], horizon=12, season=24) == []


def test_two_rising_series_do_not_know_each_other() -> None:
    """US prices and consumption have almost the ranks of row numbers, but not the same changes."""
    macro = pl.read_csv(str(files("statsmodels.datasets") / "macrodata" / "macrodata.csv"))
    prices, consumption = (macro[name].cast(pl.Float64).to_numpy() for name in ("cpi", "realcons"))
    rows = [Piece(np.arange(len(prices)))]
    for target, column in ((prices, consumption), (consumption, prices)):
        assert examine(target, {"column": column}, rows, horizon=7, season=4) == []


def test_a_driver_of_the_target_is_no_leak() -> None:
    """Demand follows the temperature of the same row, and a smooth temperature leads noisy demand."""
    rng = np.random.default_rng(8)
    temperature = rng.normal(size=ROWS).cumsum()
    demand = 2 * temperature + rng.normal(0, 1.5, ROWS)
    ahead = np.convolve(rng.normal(size=ROWS + 2), [0.2, 0.5, 0.3], "valid")
    columns = {"temperature": temperature, "orders": ahead}
    target = demand + 2 * at(ahead, -1)
    assert examine(target, columns, [Piece(np.arange(ROWS))], horizon=7, season=7, known_ahead=["temperature"]) == []


def test_what_is_declared_known_ahead_is_held_against_its_own_row() -> None:
    rng = np.random.default_rng(3)
    revenue = WALK * 1.2 + rng.normal(0, 0.02, ROWS)
    wind = rng.normal(size=ROWS)
    columns = {"revenue": revenue, "wind": wind, "wind_forecast": wind.copy()}
    assert found("walk", columns) == {}
    named = found("walk", columns, known_ahead=("revenue", "wind_forecast"))
    assert {name: each.kind for name, each in named.items()} == {
        "revenue": "known_ahead_outcome",
        "wind_forecast": "known_ahead_actual",
    }
    assert "“wind”" in evidence(named["wind_forecast"])["en"]


def test_a_copy_of_the_same_row_blocks_only_where_it_is_known_ahead() -> None:
    fahrenheit = {"fahrenheit": 32 + 1.8 * WALK}
    assert (found("walk", fahrenheit)["fahrenheit"].kind, found("walk", fahrenheit)["fahrenheit"].blocks) == (
        "same_row_copy",
        False,
    )
    assert found("walk", fahrenheit, known_ahead=("fahrenheit",))["fahrenheit"].blocks


def test_a_leak_in_a_panel_of_short_series_is_named() -> None:
    rng = np.random.default_rng(4)
    series = [100 * place + rng.normal(size=60).cumsum() for place in range(12)]
    target, leak = np.concatenate(series), np.concatenate([at(values, 2) for values in series])
    rows = [Piece(np.arange(60 * place, 60 * place + 60)) for place in range(12)]
    columns = {"leak": leak, "late": np.concatenate([at(values, -2) for values in series])}
    named = examine(target, columns, rows, horizon=3, season=1)
    assert [(each.column, each.kind, each.rows_ahead) for each in named] == [("leak", "later_target", 2)]


@pytest.mark.parametrize("rows", [0, 5, 30, 1500])
def test_few_rows_constants_and_holes_say_nothing(rows: int) -> None:
    target = np.where(np.arange(rows) % 3 == 0, np.nan, np.arange(rows, dtype=float))
    columns = {"constant": np.full(rows, 0.422915), "missing": np.full(rows, np.nan)}
    assert examine(target, columns, [Piece(np.arange(rows))], horizon=1000, season=365) == []


def test_the_verdict_sees_them_with_their_evidence_in_both_languages() -> None:
    frame = pl.DataFrame({"y": WALK, "next": at(WALK, 1), "other": noise(1.0).cumsum()})
    schema = Schema(None, "y", ("next", "other"), season=7)
    part = Part(frame, schema, ROWS - 60, 3, np.arange(ROWS - 60, ROWS - 3))
    (column,) = suspicious_columns(part, season=7)
    assert (column.column, column.kind, column.rows_ahead, column.blocks) == ("next", "later_target", 1, True)
    assert column.text["en"].startswith("it follows the target 1 row later")
    assert column.text["tr"].startswith("hedefin 1 satır sonraki değerini")


@pytest.mark.parametrize(
    "lengths",
    [(50_000,), (50_000, 40_000), (9_000, 9_000, 9_000), (100_000, *[30] * 40), (*[1_500, 24] * 4,), (*[60] * 400,)],
)
def test_the_number_of_examined_rows_is_bounded(lengths: tuple[int, ...]) -> None:
    found = pieces_of([Piece(np.arange(length)) for length in lengths])
    assert found
    assert sum(len(piece.rows) for piece in found) <= MOST_ROWS


def test_series_within_the_bound_are_kept_whole() -> None:
    found = pieces_of([Piece(np.arange(length)) for length in (2_000, 2_000, 10)])
    assert [len(piece.rows) for piece in found] == [2_000, 2_000]
