"""Scenarios in the child: changes to columns known ahead, what they lead to, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.models.serving.scenarios import answer_scenarios
from azuraforge.plugins import Part, Predictions, Schema
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.kinds.forecast.ranges import keep_ranges, learned_ranges

NAN = float("nan")
PRICES = [10.0, 11.0, 12.0]
AT = datetime(2026, 1, 1, tzinfo=UTC)


def part(ahead: list[float], ads: tuple[float, ...] = (1.0, 1.0, 1.0)) -> Part:
    """Four measured rows; prices 7 to 10, three rows to predict."""
    columns = {"price": [7.0, 8.0, 9.0, 10.0], "ads": [1.0] * 4, "rain": [0.0] * 4}
    frame = pl.DataFrame({"y": [1.0, 2.0, 3.0, 4.0], **columns})
    known = {"price": np.array([ahead]), "ads": np.array([ads])}
    return Part(frame, Schema(None, "y", ("ads", "price", "rain")), 4, 3, np.array([3]), ahead=known)


def ask(one: Part) -> tuple[list[Any], float | None, Predictions]:
    """Twice the price, the last known one where it is missing; deaf to ads."""
    price: Floats = one.ahead["price"][0]
    point = 2 * np.where(np.isfinite(price), price, 10.0)[None, :]
    made = Predictions(point, {0.05: point - 1, 0.95: point + 1})
    points = [{"at": AT.isoformat(), "value": v, "low": v - 1, "high": v + 1} for v in point[0].tolist()]
    return points, 0.9, made


def answer(
    *changes: dict[str, Any],
    ahead: list[float] | None = None,
    given: dict[str, list[float]] | None = None,
    horizon: int = 3,
) -> dict[str, Any]:
    empty = {"values": None, "multiply": None, "add": None}
    question = {
        "known_ahead": given or {},
        "scenarios": [{"name": "promo", "changes": [{**empty, **change} for change in changes]}],
    }
    learned = {"price": (7.0, 12.0), "ads": (0.0, 5.0)}
    return answer_scenarios(question, part(PRICES if ahead is None else ahead), ("price", "ads"), learned, horizon, ask)


def codes(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["code"], each["column"]) for each in found["cautions"]]


def test_a_scenario_stands_next_to_the_base() -> None:
    found = answer({"column": "price", "multiply": 0.9})
    assert [point["value"] for point in found["base"]] == [20, 22, 24]
    (promo,) = found["scenarios"]
    assert [point["value"] for point in promo["predictions"]] == pytest.approx([18, 19.8, 21.6])
    assert promo["differences"] == pytest.approx([-2, -2.2, -2.4])
    assert (promo["total"], promo["total_difference"]) == pytest.approx((59.4, -6.6))
    assert [point["high"] - point["value"] for point in promo["predictions"]] == pytest.approx([1, 1, 1])
    assert (found["interval"], codes(found), codes(promo)) == (0.9, [], [])


def test_changes_of_a_column_follow_one_another() -> None:
    found = answer(
        {"column": "price", "values": [8, 8, 8]}, {"column": "price", "add": 2}, {"column": "price", "multiply": 1.1}
    )
    assert found["scenarios"][0]["columns"]["price"] == pytest.approx([11, 11, 11])


def test_values_of_the_request_are_those_of_the_base_too() -> None:
    found = answer({"column": "price", "add": 1}, ahead=[NAN] * 3, given={"price": [7, 7, 7]})
    assert [point["value"] for point in found["base"]] == [14, 14, 14]
    assert found["scenarios"][0]["differences"] == [2, 2, 2]
    assert not found["known_ahead"][0]["assumed"]


def test_without_any_value_ahead_the_last_one_is_assumed_and_said() -> None:
    found = answer({"column": "price", "multiply": 1.2}, ahead=[NAN] * 3)
    assert codes(found) == [("assumed", "price")]
    assert found["known_ahead"][0] == {
        "column": "price", "values": [10, 10, 10], "assumed": True, "learned_low": 7, "learned_high": 12,
    }  # fmt: skip
    assert found["scenarios"][0]["columns"]["price"] == pytest.approx([12, 12, 12])


def test_a_shorter_horizon_changes_its_own_rows_only() -> None:
    found = answer({"column": "price", "values": [8, 9]}, horizon=2)
    assert [point["value"] for point in found["scenarios"][0]["predictions"]][:2] == [16, 18]


def test_cautions() -> None:
    beyond = answer({"column": "price", "add": 5}, {"column": "ads", "add": 1})["scenarios"][0]
    assert codes(beyond) == [("outside_learned_range", "price"), ("no_reaction", "ads")]
    assert "reaches 17, outside the learned range 7 to 12" in beyond["cautions"][0]["text"]["en"]
    below = answer({"column": "price", "multiply": -1})["scenarios"][0]
    assert "reaches -12" in below["cautions"][0]["text"]["en"]
    assert codes(answer({"column": "price", "add": 0})["scenarios"][0]) == [("unchanged", "price")]
    assert codes(answer({"column": "ads", "values": [2, 2, 2]})["scenarios"][0]) == [("no_reaction", "ads")]


@pytest.mark.parametrize(
    ("change", "ahead", "code", "sentence"),
    [
        ({"column": "prise", "add": 1}, PRICES, "no_column", "unknown column 'prise'"),
        ({"column": "rain", "add": 1}, PRICES, "not_known_ahead", "column 'rain' was not known ahead"),
        ({"column": "y", "add": 1}, PRICES, "not_known_ahead", "'y' is the target"),
        ({"column": "price", "values": [1, 2]}, PRICES, "wrong_length", "2 values were sent for 3 rows to predict"),
        ({"column": "price", "add": 1}, [10.0, NAN, NAN], "ends_early", "'price' is known for only 1 of 3 rows"),
        ({"column": "price", "multiply": 2}, [NAN, 10.0, 10.0], "ends_early", "'price' has gaps"),
        ({"column": "price", "multiply": 1e308}, PRICES, "invalid_input", "are not finite"),
    ],
)
def test_a_change_that_cannot_be_made_is_one_clear_error(
    change: dict[str, Any], ahead: list[float], code: str, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence) as caught:
        answer(change, ahead=ahead)
    assert (caught.value.error_code, bool(caught.value.next_step)) == (code, True)
    assert "promo" in str(caught.value.where)


def test_a_version_that_learned_nothing_ahead_says_how_to_change_that() -> None:
    with pytest.raises(InvalidInput, match="has no columns known ahead") as caught:
        answer_scenarios({"known_ahead": {}, "scenarios": []}, part(PRICES), (), {}, 3, ask)
    assert "=ahead" in str(caught.value.next_step)


def test_the_range_is_that_of_the_series(tmp_path: Path) -> None:
    frame = pl.DataFrame({"shop": ["a", "a", "b"], "y": [0.0] * 3, "price": [1.0, 3.0, 50.0]})
    schema = Schema(None, "y", ("price",), series="shop")
    keep_ranges(Part(frame, schema, 0, 1, np.array([0]), ahead={"price": np.zeros((1, 1))}), tmp_path)
    assert learned_ranges(tmp_path, "a") == {"price": (1.0, 3.0)}
    assert learned_ranges(tmp_path, "b") == {"price": (50.0, 50.0)}
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "learned_ranges.json").write_text('{"series": {"": {"price": "low"}}}')
    assert learned_ranges(tmp_path / "odd", None) == {}
    assert learned_ranges(tmp_path, "c") == learned_ranges(tmp_path / "elsewhere", None) == {}
