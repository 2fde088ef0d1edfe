"""Parts of all series at once are those that each series would have by itself."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.plugins import Part, Rows, Split, Table
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks, each, filled_each, one_of, stack, times
from azuraforge.plugins.kinds.forecast.changes import last_values
from azuraforge.plugins.kinds.forecast.panels.panel import series_of
from azuraforge.plugins.kinds.forecast.parts import cut_future, cut_learning, cut_test, without_short_series
from tests.panels import SCHEMA, make_panel


def ragged() -> Table:
    """Shops that begin late, end early, and have holes; another column goes on after the last target."""
    table = make_panel(rows=120, sizes=(1.0, 5.0, 30.0, 1000.0), late=30)
    row = pl.int_range(pl.len()).over("shop")
    hole = (pl.col("shop") == "shop-1") & row.is_between(40, 44) | (pl.col("shop") == "shop-2") & (row > 112)
    frame = table.frame.with_columns(pl.when(~hole).then(pl.col("value")).alias("value"))
    return Table(frame.filter((pl.col("shop") != "shop-0") | (row < 116)), SCHEMA)


def own(table: Table, rows: Rows) -> list[tuple[str, Table, Rows]]:
    """Each series and its own rows between two moments, one at a time."""
    at = times(table.frame, table.schema)
    ends = [at[rows.start], at[rows.stop - 1] + 1]
    return [
        (name, one, Rows(*np.searchsorted(moments_of(one.frame, one.schema), ends).tolist()))
        for name, one in series_of(table)
    ]


def same(found: Part, expected: Part) -> None:
    assert found.frame.equals(expected.frame.select(found.frame.columns))
    np.testing.assert_array_equal(found.origins, expected.origins)
    np.testing.assert_array_equal(found.ahead["lead"], expected.ahead["lead"])
    if found.targets is not None:
        np.testing.assert_array_equal(found.targets, expected.targets)


@pytest.mark.parametrize("partial", [False, True])
def test_parts_of_a_panel_are_those_of_its_series(partial: bool) -> None:
    table, ahead = ragged(), ["lead"]
    for rows in (Rows(0, 80), Rows(82, 98)):
        alone = [(name, cut_learning(one, mine, 3, ahead, partial=partial)) for name, one, mine in own(table, rows)]
        same(cut_learning(table, rows, 3, ahead, partial=partial), stack(alone, SCHEMA))
    rows = Rows(98, 120)
    tested = [(name, *cut_test(one, mine, 3, 500, ahead, partial=partial)) for name, one, mine in own(table, rows)]
    test, truth = cut_test(table, rows, 3, 500, ahead, partial=partial)
    same(test, stack([(name, part) for name, part, _ in tested], SCHEMA))
    np.testing.assert_array_equal(truth, np.concatenate([each[2] for each in tested]))
    futures = [(name, cut_future(one, 3, ahead)) for name, one in series_of(table)]
    same(cut_future(table, 3, ahead), stack(futures, SCHEMA))


def test_series_that_are_left_out_are_in_no_part() -> None:
    table = Table(ragged().frame, SCHEMA, frozenset({"shop-1"}))
    for part in (cut_learning(table, Rows(0, 80), 3), cut_test(table, Rows(98, 120), 3)[0], cut_future(table, 3)):
        assert [name for name, _, _ in each(part)] == ["shop-0", "shop-2", "shop-3"]


def test_a_series_without_a_window_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        cut_learning(ragged(), Rows(113, 120), 3)
    assert "shop-2" in str(refused.value.where)


def test_short_series_are_left_out_for_the_part_that_they_lack() -> None:
    table = ragged()
    split = Split(Rows(0, 80), Rows(82, 98), Rows(98, 120), needs={"train": 60, "validation": 3, "test": 20})
    left, gone = without_short_series(table, split, 3)
    assert {(one.series, one.part, one.why, one.rows) for one in gone} == {
        ("shop-3", "train", "few_rows", 50),
        ("shop-0", "test", "few_rows", 18),
    }
    assert left.left_out == {"shop-0", "shop-3"}


def test_each_finds_origins_in_any_order_and_values_stay_with_their_series() -> None:
    part = cut_test(ragged(), Rows(98, 120), 3)[0]
    mixed = np.random.default_rng(0).permutation(len(part.origins))
    shuffled = Part(part.frame, part.schema, 0, 3, part.origins[mixed])
    blocks = Blocks.of(part.frame, "shop")
    for name, one, at in each(shuffled):
        first = int(blocks.first[blocks.names.index(name)])
        np.testing.assert_array_equal(shuffled.origins[at], one.origins + first)
        assert one.schema == one_of(SCHEMA)
    values = column_values(part.frame, "value")
    whole = filled_each(values, blocks, np.full(len(blocks), np.nan))
    np.testing.assert_array_equal(last_values(part), whole[part.origins])
    for number, first in enumerate(blocks.first.tolist()):
        rows = pl.Series(values[first : int(blocks.stop[number])]).fill_nan(None).forward_fill().to_numpy()
        np.testing.assert_array_equal(whole[first : int(blocks.stop[number])], rows)
