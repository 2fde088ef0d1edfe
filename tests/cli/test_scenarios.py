"""Scenarios as text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from azuraforge.cli.failures import CommandError
from azuraforge.cli.parsing.scenarios import parse_scenarios, parse_values


def test_changes_are_read_as_people_write_them(make_terminal: Callable[..., object]) -> None:
    found = parse_scenarios(
        make_terminal(),  # type: ignore[arg-type]  # a terminal that can be read
        ["promo: price*0.9, min-temp-2", "sale: price = 9 9;-8.5", "odd: price*-1,Temp (C)+1e1"],
    )
    assert found == {
        "promo": [{"column": "price", "multiply": 0.9}, {"column": "min-temp", "add": -2}],
        "sale": [{"column": "price", "values": [9, 9, -8.5]}],
        "odd": [{"column": "price", "multiply": -1}, {"column": "Temp (C)", "add": 10}],
    }


@pytest.mark.parametrize("text", ["price*0.9", "promo:", "promo: price", "promo: price*cheap", ": price*2", "a: *2"])
def test_what_is_no_scenario_is_refused(make_terminal: Callable[..., object], text: str) -> None:
    with pytest.raises(CommandError, match="price"):
        parse_scenarios(make_terminal(), [text])  # type: ignore[arg-type]  # as above


def test_values_by_column(make_terminal: Callable[..., object]) -> None:
    assert parse_values(make_terminal(), ["price=1 2.5"], "--known-ahead") == {"price": [1, 2.5]}  # type: ignore[arg-type]  # as above
    with pytest.raises(CommandError, match="--known-ahead price: write COLUMN"):
        parse_values(make_terminal(), ["price"], "--known-ahead")  # type: ignore[arg-type]  # as above
