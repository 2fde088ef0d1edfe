"""The forecaster in the guide is the page's own code, dropped into a plugins folder and held to the contract."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from azuraforge.plugins import Table
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.testing import check_pipeline

DOCS = Path(__file__).parents[2] / "docs"


def first_block(page: str) -> str:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)[0]


def test_both_languages_show_the_same_code() -> None:
    assert first_block("pipelines.md") == first_block("pipelines.tr.md")


@pytest.mark.filterwarnings("error")
def test_the_guides_forecaster_keeps_the_contract(series: Table, tmp_path: Path) -> None:
    (tmp_path / "dense.py").write_text(first_block("pipelines.md"), encoding="utf-8")
    plugin = load_plugin("pipeline", "mine.dense", tmp_path)
    check_pipeline(plugin, series, {"horizon": 3, "epochs": 2, "window": 14, "hidden_size": 8}, most_resumes=2)
