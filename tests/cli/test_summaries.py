"""What a run did that has no verdict, in words and in both languages."""

from __future__ import annotations

import pytest

from azuraforge.cli.language import Language
from azuraforge.cli.output.summaries import show_summary
from azuraforge.cli.terminal import Terminal

REFRESH = {
    "kind": "refresh", "dataset": "loop", "previous_version": 2, "rows": 1202, "rows_added": 2, "rows_revised": 0,
    "rows_repeated": 5, "end_at": "2026-01-01T12:00:00Z", "version": 3, "created": True,
}  # fmt: skip
FORECAST = {
    "kind": "forecast", "model": "loop", "version": 4, "dataset": "loop", "dataset_version": 3, "forecasts": 1,
    "known": 0, "origin_at": "2026-01-01T12:00:00Z", "matures_at": "2026-01-01T13:00:00Z",
}  # fmt: skip
PREDICT = {
    "kind": "predict", "model": "loop", "version": 4, "rows": 20, "origins": 10, "skipped": 0, "partial": True,
    "chunks": 1, "of_chunks": 2, "scores": {"rmse": 1.5},
}  # fmt: skip
NOTHING_NEW = {**REFRESH, "rows_added": 0, "version": None, "created": None}


def printed(summary, code, capsys):
    show_summary(Terminal(Language(code)), summary)
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("code", ["en", "tr"])
@pytest.mark.parametrize("summary", [REFRESH, FORECAST, PREDICT, NOTHING_NEW], ids=lambda each: each["kind"])
def test_no_key_of_the_summary_and_no_bare_timestamp_is_printed(summary, code, capsys):
    said = printed(summary, code, capsys)
    assert not [key for key in summary if "_" in key and key in said]
    assert "T12:00" not in said


def test_a_refresh_says_what_arrived(capsys):
    said = printed(REFRESH, "en", capsys)
    assert "Dataset loop v3: 2 rows added, 0 revised, 5 already stored. The dataset now has 1,202 rows" in said
    assert "No new rows for dataset loop v2" in printed(NOTHING_NEW, "en", capsys)


def test_forecasts_and_batches_name_their_model(capsys):
    assert "loop v4 on dataset loop v3: 1 forecast from" in printed(FORECAST, "en", capsys)
    said = printed(PREDICT, "tr", capsys)
    assert "loop v4: tahmin edilen satır 20, tahmin başlangıcı 10, atlanan 0." in said
    assert "2 parçadan 1 tanesi saklandı" in said
