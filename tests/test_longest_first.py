"""Renamed files keep their place in the order of the suite."""

from __future__ import annotations

from pathlib import Path

from tests.longest_first import LONGEST


def test_every_named_file_exists():
    assert [name for name in LONGEST if not (Path(__file__).parent / name).is_file()] == []
