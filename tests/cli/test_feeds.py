"""Feeds on the command line: columns from options, rows from files, and tables in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from azuraforge.cli.failures import CommandError
from azuraforge.cli.feeds import reading


def test_columns_are_numbers_or_classes():
    assert reading.columns(["price", "side=buy,sell"]) == {"price": None, "side": ["buy", "sell"]}


def test_rows_are_read_from_csv_and_from_json_lines(make_terminal, tmp_path: Path):
    table = tmp_path / "a.csv"
    table.write_text("at,key,price,side\n2024-05-01T10:00:00Z,btc,41.5,buy\n2024-05-01T10:01:00Z,,,sell\n")
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"at": "2024-05-01T10:00:00Z", "values": {"price": 1}}\n')
    assert reading.rows(make_terminal("en"), table) == [
        {"at": "2024-05-01T10:00:00Z", "key": "btc", "values": {"price": 41.5, "side": "buy"}},
        {"at": "2024-05-01T10:01:00Z", "values": {"price": None, "side": "sell"}},
    ]
    assert reading.rows(make_terminal("en"), lines) == [{"at": "2024-05-01T10:00:00Z", "values": {"price": 1}}]


@pytest.mark.parametrize(
    ("content", "language", "sentence"),
    [
        ("", "en", "contains no rows"),
        ("time,price\n1,2\n", "en", "has no column at"),
        ('{"at": 1}\n{"at"\n', "en", "line 2 of"),
        ("time,price\n1,2\n", "tr", "at sütunu yok"),
        (None, "en", "cannot be read"),
    ],
)
def test_a_file_without_rows_is_refused_in_one_sentence(make_terminal, tmp_path: Path, content, language, sentence):
    path = tmp_path / "rows"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError) as caught:
        reading.rows(make_terminal(language), path)
    assert sentence in str(caught.value)
