"""Several series in one file: each inspected by itself, one rhythm for all, one fingerprint over everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import polars as pl
import pytest

from azuraforge.datasets.reading import panels
from azuraforge.datasets.reading.canonical import fingerprint
from azuraforge.datasets.reading.prepared import Prepared
from azuraforge.datasets.schemas import FileOptions
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput

Read = Callable[..., Prepared]
START = datetime(2024, 1, 1, tzinfo=UTC)


def rows_of(store: str, count: int, start: datetime = START, step_hours: int = 1, size: float = 1.0) -> list[str]:
    return [
        f"{(start + timedelta(hours=step_hours * row)).strftime('%Y-%m-%d %H:%M:%S')},{store},"
        f"{size * ((row * 7) % 11 + 0.5)},{(row * 5) % 13}"
        for row in range(count)
    ]


def text(*series: list[str]) -> str:
    """Rows of several stores, moment by moment, as such files come."""
    longest = max(map(len, series))
    lines = [one[row] for row in range(longest) for one in series if row < len(one)]
    return "\n".join(["time,store,y,x", *lines]) + "\n"


def codes(prepared: Prepared) -> dict[str, int]:
    return {one.code: one.count for one in prepared.findings}


def test_rows_that_share_a_time_are_distinguished_by_their_series(read: Read) -> None:
    made = read(text(rows_of("b", 60), rows_of("a", 50)), series="store")
    assert made.frame.columns == ["store", "time", "y", "x"]
    assert made.frame["store"].unique(maintain_order=True).to_list() == ["a", "b"]
    assert (made.schema.series, made.schema.series_names) == ("store", ("a", "b"))
    assert (made.schema.frequency, made.schema.features) == ("1h", ("x",))
    assert codes(made)["several_series"] == 2
    assert "rows_sorted" not in codes(made)
    with pytest.raises(InvalidInput, match="several rows with different values"):
        read(text(rows_of("a", 60), rows_of("b", 60, size=2)))


def test_without_a_series_column_nothing_is_new(read: Read, hourly: Callable[..., str]) -> None:
    made = read(hourly())
    assert "series" not in made.schema.to_json()
    assert made.fingerprint == read(hourly(), series=None).fingerprint


def test_the_fingerprint_knows_whose_a_row_is_but_not_the_order_in_the_file(read: Read) -> None:
    a, b = rows_of("a", 40), rows_of("b", 40, size=3)
    first = read(text(a, b), series="store").fingerprint
    assert read("\n".join(["time,store,y,x", *b, *a]), series="store").fingerprint == first
    made = read(text(a, b), series="store")
    moved = made.frame.with_row_index("row").with_columns(
        pl.when(pl.col("row") < 41).then(pl.lit("a")).otherwise(pl.lit("b")).alias("store")
    )
    assert fingerprint(made.frame, made.schema, made.options) == first
    assert fingerprint(moved.drop("row"), made.schema, made.options) != first, "the same numbers, one of them another's"
    swapped = [one.replace(",a,", ",c,") for one in a]
    assert read(text(swapped, b), series="store").fingerprint != first


def test_gaps_and_repeated_rows_are_found_in_each_series(read: Read) -> None:
    a, b, c = (rows_of(name, 80) for name in "abc")
    del a[20:22]
    b.insert(30, b[29])
    made = read(text(a, b, c), series="store")
    found = {one.code: one for one in made.findings}
    assert found["gaps_filled"].count == 2
    assert found["gaps_filled"].where.startswith("series 'a'")
    assert found["gaps_filled"].text["en"].startswith("In 1 of 3 series, such as a: 2 rows are missing")
    assert found["duplicate_rows"].where.startswith("series 'b'")
    assert made.frame.height == 240
    assert made.frame.filter(made.frame["store"] == "a")["y"].null_count() == 2
    with pytest.raises(InvalidInput) as refused:
        read(text(a[:20] + a[50:], b, c), series="store")
    assert refused.value.error_code == "gaps"
    assert refused.value.where.startswith("series 'a', after")


def test_short_and_still_series_stay_with_a_sentence(read: Read) -> None:
    still = [",".join([*line.split(",")[:2], "4", "1"]) for line in rows_of("c", 60)]
    made = read(text(rows_of("a", 60), rows_of("b", 19), rows_of("d", 1), still), series="store")
    assert made.schema.series_names == ("a", "b", "c", "d")
    assert (made.schema.frequency, made.frame.height) == ("1h", 60 + 19 + 1 + 60)
    told = {one.code: one for one in made.findings}
    assert (told["series_short"].count, told["series_still"].count) == (2, 1)
    assert "fewer than 20 rows: b, d." in told["series_short"].text["en"]
    assert "is constant in 1 series: c." in told["series_still"].text["en"]
    with pytest.raises(InvalidInput, match="has 7 rows; at least one must have 8"):
        read(text(rows_of("b", 7)), series="store")
    # In a short panel, such as yearly data, eight rows are enough, with and without a longer series.
    for longest in (14, 30):
        brief = read(text(rows_of("a", longest), rows_of("b", 8), rows_of("c", 7)), series="store")
        assert "fewer than 8 rows: c." in next(one for one in brief.findings if one.code == "series_short").text["en"]
    with pytest.raises(InvalidInput, match="there is nothing to learn"):
        read(text(still, rows_of("b", 19)), series="store")
    with pytest.raises(InvalidInput, match="the target 'y' is constant in every series") as refused:
        read(text(still, [line.replace(",c,", ",e,") for line in still]), series="store")
    assert refused.value.error_code == "constant_target"
    assert refused.value.next_step == "choose another target; a constant needs no forecast"


def test_tidy_series_are_settled_as_they_would_be_alone(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    gap = rows_of("c", 80)
    del gap[20:22]
    unknown, turned, twice = rows_of("e", 60), rows_of("f", 60), rows_of("g", 60)
    unknown[30] = unknown[30].rpartition(",")[0] + ","
    turned[10], turned[11] = turned[11], turned[10]
    twice.insert(9, twice[8])
    late, short = rows_of("a", 50, start=START + timedelta(hours=5)), rows_of("d", 7)
    lines = text(rows_of("b", 60), late, gap, short, unknown, turned, twice)
    together = read(lines, series="store")
    assert {"gaps_filled", "feature_filled", "rows_sorted", "duplicate_rows"} <= codes(together).keys()
    monkeypatch.setattr(panels._Tidy, "settled", lambda self, asked, usual: panels._Shared(asked & False, {}))
    alone = read(lines, series="store")
    assert together.fingerprint == alone.fingerprint
    assert codes(together) == codes(alone)


def test_more_series_than_can_be_learned_are_refused_before_any_is_looked_at(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "MOST_SERIES", 30)
    monkeypatch.setattr(panels, "settle_panel", lambda *_: pytest.fail("nothing is settled"))
    with pytest.raises(InvalidInput, match="'store' contains 31 series names; at most 30 series") as refused:
        read(text(*(rows_of(f"s{number}", 3) for number in range(31))), series="store")
    assert refused.value.error_code == "too_many_series"


@pytest.mark.proof
def test_100_000_series_of_three_rows_are_refused(read: Read) -> None:
    rows = (f"2024-01-01T0{hour}:00:00Z,s{number},{hour},1" for number in range(100_000) for hour in range(3))
    with pytest.raises(InvalidInput, match="contains 100,000 series names; at most 20,000 series"):
        read("\n".join(["time,store,y,x", *rows]), series="store")


def test_series_of_another_rhythm_are_refused_by_name(read: Read) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(text(rows_of("a", 60), rows_of("b", 60), rows_of("c", 60, step_hours=2)), series="store")
    assert refused.value.error_code == "mixed_rhythms"
    assert "'c' has one row every 2h, but most other series have one row every 1h" in refused.value.message


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda lines: lines.__setitem__(5, lines[5].replace(",a,", ",,")), "missing_series"),
        (lambda lines: lines.__setitem__(0, "time,shop,y,x"), "no_such_column"),
    ],
)
def test_what_names_no_series_is_refused(read: Read, edit: Callable[[list[str]], Any], code: str) -> None:
    lines = text(rows_of("a", 60)).splitlines()
    edit(lines)
    with pytest.raises(InvalidInput) as refused:
        read("\n".join(lines), series="store")
    assert refused.value.error_code == code


def test_an_hour_that_happens_twice_does_so_in_each_series(read: Read) -> None:
    start = datetime(2024, 10, 26, 12, tzinfo=UTC)
    lines = ["time,store,y,x"]
    for row in range(48):
        at = (start + timedelta(hours=row)).astimezone(ZoneInfo("Europe/Budapest"))
        lines += [f"{at.strftime('%Y-%m-%d %H:%M:%S')},{name},{(row * 7) % 11},1" for name in "ab"]
    made = read("\n".join(lines), series="store", timezone="Europe/Budapest")
    assert made.schema.frequency == "1h"
    assert made.frame.height == 96


def test_a_chart_shows_one_of_several_series(service: DatasetService, project_id: str, write: Any) -> None:
    path = write(text(rows_of("a", 60), rows_of("b", 50, size=10)))
    options = FileOptions(name="stores", time="time", target="y", series="store")
    made = service.add_file(project_id, path, "stores.csv", options)
    assert made.dataset_schema.series_names == ("a", "b")
    assert (made.start, made.end) == (START, START + timedelta(hours=59))
    assert service.rows(project_id, "stores").total_rows == 60
    assert service.rows(project_id, "stores", series="b").total_rows == 50
    with pytest.raises(InvalidInput, match="no series 'c'"):
        service.rows(project_id, "stores", series="c")
    again = orjson.loads(made.dataset_schema.model_dump_json())
    assert again["series"] == "store"
