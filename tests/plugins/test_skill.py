"""Skill that is too good: leaks that only several columns hold together, and ordinary columns that raise no alarm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from azuraforge.plugins import Part, Schema
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.foreknowledge.frames import examine_frame
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece
from azuraforge.plugins.forecasting.foreknowledge.skill import gain_of
from azuraforge.plugins.kinds.forecast.judging import suspicious_columns

ROWS = 600
RNG = np.random.default_rng(3)
TARGET = RNG.normal(size=ROWS + 1).cumsum()
HIDING = RNG.normal(0, 30, ROWS)


def part(columns: dict[str, Floats], target: Floats = TARGET[:-1]) -> Part:
    frame = pl.DataFrame({"y": target, **columns})
    return Part(frame, Schema(None, "y", tuple(columns)), 500, 3, np.arange(500, len(target) - 3))


def named(asked: Part) -> dict[str, str]:
    return {each.column: each.kind for each in suspicious_columns(asked, 1) if each.blocks}


#: Two columns whose difference is the next target; each of them alone is noise.
SPLIT_LEAK = {"stock": TARGET[1:] + HIDING, "booked": HIDING, "noise": RNG.normal(size=ROWS)}


def test_a_leak_that_two_columns_hold_together_is_named_and_asked_about() -> None:
    asked = part(SPLIT_LEAK)
    assert [each for each in examine_frame(asked.frame, asked.schema, horizon=3) if each.blocks] == []
    assert named(asked) == {"stock": "too_good", "booked": "too_good"}
    found = suspicious_columns(asked, 1)[0]
    assert (found.rows_ahead, found.share > 0.9) == (1, True)
    assert "specify 0 if its values are known with their row" in found.text["en"]
    assert found.text["tr"] != found.text["en"]


def test_who_states_when_a_column_becomes_known_is_not_asked_again() -> None:
    asked = part(SPLIT_LEAK)
    stated = replace(asked, schema=replace(asked.schema, available_after={"stock": "0", "booked": "0"}))
    assert named(stated) == {}
    other = replace(asked, schema=replace(asked.schema, available_after={"noise": "0"}))
    assert set(named(other)) == {"stock", "booked"}


def test_columns_that_drive_or_lead_a_target_raise_no_alarm() -> None:
    rng = np.random.default_rng(8)
    temperature = rng.normal(size=ROWS).cumsum()
    orders = np.convolve(rng.normal(size=ROWS + 2), [0.2, 0.5, 0.3], "valid")
    demand = 2 * temperature + rng.normal(0, 1.5, ROWS) + 2 * np.roll(orders, 1)
    assert named(part({"temperature": temperature, "orders": orders}, demand)) == {}


def test_without_columns_or_with_few_rows_nothing_is_said() -> None:
    assert gain_of(TARGET[:-1], {}, [Piece(np.arange(ROWS))], horizon=3, season=1) is None
    few = {name: values[:40] for name, values in SPLIT_LEAK.items()}
    assert gain_of(TARGET[:40], few, [Piece(np.arange(40))], horizon=3, season=1) is None


def test_a_constant_column_takes_no_error_away() -> None:
    found = gain_of(TARGET[:-1], {"flag": np.ones(ROWS)}, [Piece(np.arange(ROWS))], horizon=3, season=1)
    assert found is not None
    assert found.share == pytest.approx(0, abs=1e-3)
