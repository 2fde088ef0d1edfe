"""Lists of forecasters in README, changelog and guides name those that are installed."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
INSTALLED = frozenset(
    each.name for each in entry_points(group="azuraforge.pipelines") if each.name.startswith("forecasting.")
)


@pytest.mark.parametrize(
    ("page", "pattern"),
    [("README.md", r"(\d+) forecasters"), ("README.tr.md", r"(\d+) tahminci"), ("CHANGELOG.md", r"(\d+) forecasters")],
)
def test_the_stated_number_of_forecasters_is_right(page: str, pattern: str) -> None:
    stated = re.findall(pattern, (TOP / page).read_text(encoding="utf-8"))
    assert stated, f"{page} states no number"
    assert set(stated) == {str(len(INSTALLED))}


@pytest.mark.parametrize("page", ["pipelines.md", "pipelines.tr.md"])
def test_the_guide_names_every_forecaster(page: str) -> None:
    text = (TOP / "docs" / page).read_text(encoding="utf-8")
    assert INSTALLED - set(re.findall(r"forecasting\.\w+", text)) == set()


@pytest.mark.parametrize(
    "page", sorted(TOP.glob("docs/**/*.md")) + sorted(TOP.glob("README*.md")), ids=lambda each: each.name
)
def test_pages_name_no_forecaster_that_does_not_exist(page: Path) -> None:
    if "decisions" in page.parts:  # records keep the names of their time
        return
    named = set(re.findall(r"`(forecasting\.[a-z_]+)`", page.read_text(encoding="utf-8")))
    assert named - INSTALLED == set()
