"""Numbers and durations of findings follow the language of the reader."""

from __future__ import annotations

from datetime import timedelta

from azuraforge.datasets.reading.findings import finding


def test_counts_have_the_separators_of_the_language() -> None:
    found = finding("rows_sorted", count=12345)
    assert found.text["en"].startswith("12,345 rows")
    assert found.text["tr"].startswith("12.345 satır") or " 12.345 satır" in found.text["tr"]
    assert found.count == 12345


def test_durations_have_words_of_the_language() -> None:
    found = finding("irregular", shortest=timedelta(hours=1), longest=timedelta(days=2, minutes=30))
    assert "1 h" in found.text["en"]
    assert "2 days 30 min" in found.text["en"]
    assert "1 sa" in found.text["tr"]
    assert "2 gün 30 dk" in found.text["tr"]


def test_the_number_of_a_row_stays_as_a_spreadsheet_shows_it() -> None:
    assert "row 1234" in finding("rows_above_header", count=3, row=1234).text["en"]
