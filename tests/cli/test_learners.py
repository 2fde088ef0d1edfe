"""The ledger of a learner as a file: whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from azuraforge.cli.failures import CommandError
from azuraforge.cli.learners import exporting
from azuraforge.client.errors import PlatformUnreachable
from azuraforge.client.learners.shapes import LearnerAnswer

KNOWN = {
    "seq": 1, "at": "2024-05-01T10:00:00+00:00", "key": "north", "answer": [1.0, 0.25, 0.75], "outcome": 0.0,
    "known_at": "2024-05-01T10:01:00+00:00", "loss": 1.5, "baseline_losses": {},
}  # fmt: skip
OPEN = {**KNOWN, "seq": 2, "answer": None, "outcome": None, "known_at": None, "loss": None}


def answers() -> Iterator[LearnerAnswer]:
    yield from (LearnerAnswer.from_json(each) for each in (KNOWN, OPEN))


def test_answers_are_written_as_csv_and_as_json_lines(make_terminal, tmp_path: Path):
    table, lines = tmp_path / "a.csv", tmp_path / "a.jsonl"
    assert exporting.write(make_terminal(), table, answers()) == 2
    assert exporting.write(make_terminal(), lines, answers()) == 2
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["answer_2"] for row in rows] == ["0.75", ""]
    assert (rows[0]["outcome"], rows[1]["outcome"], rows[1]["key"]) == ("0.0", "", "north")
    assert [json.loads(line)["seq"] for line in lines.read_text().splitlines()] == [1, 2]


@pytest.mark.parametrize(("language", "sentence"), [("en", "exists already"), ("tr", "zaten var")])
def test_a_file_is_not_overwritten(make_terminal, tmp_path: Path, language, sentence):
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(CommandError, match=sentence):
        exporting.write(make_terminal(language), path, answers())
    assert path.read_text() == "mine"
    with pytest.raises(CommandError, match=r"\.csv"):
        exporting.write(make_terminal(language), tmp_path / "a.parquet", answers())


def test_a_connection_that_is_lost_leaves_no_file(make_terminal, tmp_path: Path):
    def broken() -> Iterator[LearnerAnswer]:
        yield from answers()
        raise PlatformUnreachable("gone")

    with pytest.raises(PlatformUnreachable):
        exporting.write(make_terminal(), tmp_path / "a.csv", broken())
    assert list(tmp_path.iterdir()) == []
