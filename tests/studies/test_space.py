"""Spaces: what is read is what was written, what is wrong is named, and every value lies inside."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from azuraforge.apps.forecasting.lstm import LstmConfig
from azuraforge.errors import InvalidInput
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.studies import space
from azuraforge.studies.config_schema import fields_of
from azuraforge.studies.pareto import pareto_front
from azuraforge.studies.schemas import SearchRange
from azuraforge.studies.space import Dimension, corners, dimensions_of, point_of_grid, read_space, suggest

SPACES = TypeAdapter(dict[str, SearchRange])
SCHEMA = LstmConfig.model_json_schema()


@st.composite
def dimensions(draw: st.DrawFn) -> Dimension:
    kind = draw(st.sampled_from(["float", "int", "choice"]))
    if kind == "choice":
        return Dimension(
            "x", "choice", choices=tuple(draw(st.lists(st.integers(), min_size=1, max_size=5, unique=True)))
        )
    log = draw(st.booleans())
    if kind == "int":
        low = draw(st.integers(1 if log else -1000, 1000))
        high = draw(st.integers(low, low + 2000))
        step = None if log else draw(st.none() | st.integers(1, 50))
    else:
        low = draw(st.floats(1e-9 if log else -1e6, 1e6))
        high = low + draw(st.floats(0, 1e6))
        step = None
    if step:
        high = low + step * ((high - low) // step)
    return Dimension("x", kind, float(low), float(high), log, step and float(step))


@given(dimensions(), st.floats(0, 1))
def test_every_share_gives_a_value_inside(dimension: Dimension, share: float) -> None:
    value = dimension.at(share)
    assert dimension.holds(value)
    if dimension.kind != "choice":
        assert dimension.low <= value <= dimension.high
        if dimension.step:
            assert math.isclose((value - dimension.low) % dimension.step % dimension.step, 0, abs_tol=1e-6)


@given(dimensions())
def test_a_stored_space_is_read_as_it_was(dimension: Dimension) -> None:
    assert dimensions_of({"x": dimension.to_dict()}) == {"x": dimension}


@given(dimensions(), st.floats(0.01, 0.99))
def test_a_number_is_found_again_where_it_was_taken_from(dimension: Dimension, share: float) -> None:
    if dimension.kind == "choice" or dimension.single:
        return
    value = dimension.at(share)
    again = dimension.at(dimension.share_of(value))
    assert math.isclose(again, value, rel_tol=1e-6, abs_tol=1e-9 * (1 + abs(dimension.low) + abs(dimension.high)))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_grid_holds_each_combination_once(sizes: list[int]) -> None:
    grid = {f"f{i}": Dimension(f"f{i}", "choice", choices=tuple(range(size))) for i, size in enumerate(sizes)}
    count = space.combinations(grid)
    points = [tuple(point_of_grid(grid, number).values()) for number in range(count)]
    assert count == math.prod(sizes)
    assert len(set(points)) == count


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_front_is_what_no_other_point_beats(values: list[tuple[int, int]]) -> None:
    points = list(enumerate(values))
    front = pareto_front(points, ["minimize", "maximize"])
    assert front
    for number, own in points:
        beaten = any(a <= own[0] and b >= own[1] and (a, b) != own for a, b in values)
        assert (number in front) is not beaten


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"learning_rat": {"low": 1, "high": 2}}, "did you mean learning_rate"),
        ({"learning_rate": {"low": 0.1, "high": 0.01}}, "low (0.1) is greater than high (0.01)"),
        ({"learning_rate": {"low": 0, "high": 0.01, "log": True}}, "low must be greater than 0"),
        ({"learning_rate": {"low": 0.1}}, "high must be a number, not None"),
        ({"hidden_size": {"low": 1.5, "high": 4}}, "whole number"),
        ({"hidden_size": {"choices": []}}, "1 to 200 values"),
        ({"hidden_size": {"choices": [8, 8]}}, "is listed twice"),
        ({"hidden_size": {"choices": [8], "low": 1, "high": 2}}, "not both"),
        ({"linear": {"low": 0, "high": 1}}, "searched only by choices"),
        ({"horizon": {"low": 1, "high": 4}}, "cannot be compared"),
        ({}, "the space is empty"),
    ],
)
def test_what_is_wrong_with_a_space_is_said_with_the_field(told, named) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_space(SPACES.validate_python(told), SCHEMA, "forecasting.lstm")
    assert named in refused.value.message
    assert not told or f"space.{next(iter(told))}" in refused.value.where


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ([0.1, 0.01], "not a single value"),
        ({"low": "a", "high": 1}, "low"),
        ({"low": True, "high": 1}, "low"),
        ({"low": 0.1, "high": 0.2, "scale": "log"}, "scale"),
        ({"choices": ["a\0b"]}, "NUL"),
    ],
)
def test_what_is_no_range_is_refused_by_its_shape(given, named) -> None:
    with pytest.raises(ValidationError, match=named):
        SPACES.validate_python({"learning_rate": given})


def test_every_suggested_range_makes_valid_configs() -> None:
    suggested = {each.name: each.range for each in suggest(SCHEMA) if each.range is not None}
    assert {"learning_rate", "hidden_size", "dropout", "loss", "calendar"} <= suggested.keys()
    assert suggested["learning_rate"].log is True
    assert suggested["batch_size"].choices == [32, 64, 128, 256]
    assert "horizon" not in suggested
    for name, told in suggested.items():
        for corner in corners(read_space({name: told}, SCHEMA, "forecasting.lstm")):
            parse_config(LstmConfig, corner, "forecasting.lstm")


def test_a_field_without_a_declared_range_has_no_suggestion() -> None:
    fields = {"a": {"type": "integer", "default": 128, "minimum": 1}, "b": {"type": "boolean", "default": True}}
    assert [each.range and each.range.choices for each in suggest({"properties": fields})] == [None, [True, False]]


def test_very_many_corners_are_drawn_but_each_extreme_is_among_them() -> None:
    many = {f"f{i}": Dimension(f"f{i}", "float", 0.0, 1.0) for i in range(20)}
    found = list(corners(many))
    assert len(found) < 2000
    for name in many:
        assert {corner[name] for corner in found} == {0.0, 1.0}


def test_a_field_with_a_list_of_types_leaves_the_others_searchable():
    schema = {"properties": {"width": {"type": ["integer", "null"]}, "depth": {"type": "integer", "minimum": 1}}}
    fields = fields_of(schema)
    assert fields["width"].searched.kind is None
    assert fields["depth"].searched.kind == "int"
