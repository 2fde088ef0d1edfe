"""Groups of a panel's series: declared by columns or by parts of names, kept in the schema and the fingerprint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from azuraforge.datasets.reading.prepared import Prepared
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.groups import total_names
from tests.datasets.test_several_series import codes, rows_of

Read = Callable[..., Prepared]
REGION = {"a": "north", "b": "north", "c": "south", "d": "south"}


def grouped(groups: dict[str, str] = REGION, rows: int = 40, column: str = "region") -> str:
    """Four stores with their regions."""
    series = {name: rows_of(name, rows, size=number + 1) for number, name in enumerate(groups)}
    lines = [f"{line},{groups[name]}" for row in range(rows) for name, own in series.items() for line in (own[row],)]
    return "\n".join([f"time,store,y,x,{column}", *lines]) + "\n"


def test_a_column_of_groups_is_kept_in_the_schema_and_the_fingerprint_and_is_no_feature(read: Read) -> None:
    plain = read(grouped(), series="store")
    declared = read(grouped(), series="store", groups=["region"])
    assert declared.schema.groups == {"region": {"north": ("a", "b"), "south": ("c", "d")}}
    assert total_names(declared.schema.groups) == ("total", "region=north", "region=south")
    assert plain.schema.groups == {}
    assert "groups" not in plain.schema.to_json()
    assert declared.fingerprint != plain.fingerprint
    assert declared.frame.columns == plain.frame.columns == ["store", "time", "y", "x"]
    assert codes(declared)["groups_declared"] == 3


def test_a_column_of_numbers_groups_too_and_is_no_feature(read: Read) -> None:
    numbers = {"a": "1", "b": "1", "c": "2", "d": "3"}
    declared = read(grouped(numbers), series="store", groups=["region"])
    assert declared.schema.groups == {"region": {"1": ("a", "b")}}, "a group of one series has no total of its own"
    assert declared.schema.features == ("x",)


def test_names_are_divided_into_levels(read: Read) -> None:
    names = ["tr/north/a", "tr/north/b", "tr/south/c", "de/south/d"]
    content = grouped(dict.fromkeys(names, "same"))
    found = read(content, series="store", group_separator="/").schema.groups
    assert found == {
        "level 1": {"tr": ("tr/north/a", "tr/north/b", "tr/south/c")},
        "level 2": {"tr/north": ("tr/north/a", "tr/north/b")},
    }


def moved(text: str) -> str:
    return text.replace("b,", "b,", 1).replace("north", "south", 2).replace("south", "north", 1)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (moved(grouped()), {"groups": ["region"]}, "'b' has two values in the group column 'region': 'south'"),
        (grouped(), {"groups": ["y"]}, "'y' is already used as target and cannot be a group"),
        (grouped(), {"groups": ["land"]}, "'land'"),
        (grouped(dict.fromkeys("abcd", "one")), {"groups": ["region"]}, "all series are in one group of 'region'"),
        (grouped({name: name for name in "abcd"}), {"groups": ["region"]}, "every series has its own group"),
        (grouped().replace("north", ""), {"groups": ["region"]}, "'a' has no value in the group column 'region'"),
        (grouped({"a": "north"}), {"groups": ["region"]}, "only the series 'a': there is nothing to add up"),
        (grouped(), {"groups": ["region"], "series": None}, "groups add up several series, but the dataset has one"),
        (grouped(), {"group_separator": "/"}, "'/' divides the name 'a' into 1 part"),
        (grouped({"total": "n", "b": "n", "c": "s"}), {"groups": ["region"]}, "has the name of a total, 'total'"),
    ],
)
def test_what_groups_nothing_is_refused_with_one_sentence(
    read: Read, content: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(content, **{"series": "store", **options})
    assert message in refused.value.message
    assert refused.value.next_step
