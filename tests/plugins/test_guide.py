"""The plugins of docs/plugins.md load and work as the guide says; the Turkish page shows the same code."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from azuraforge.plugins import Predictions
from azuraforge.plugins.discovery.describing import describe
from azuraforge.plugins.discovery.loading import load_plugin, load_task_kind

DOCS = Path(__file__).parents[2] / "docs"
FILE = re.compile(r"```python\n(# ~/\.azuraforge/plugins/(\w+\.py)\n.*?)```", re.DOTALL)


def files(page: str) -> dict[str, str]:
    return {name: code for code, name in FILE.findall((DOCS / page).read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugins folder with every file of the guide."""
    made = tmp_path_factory.mktemp("plugins")
    for name, code in files("plugins.md").items():
        (made / name).write_text(code, encoding="utf-8")
    return made


class Asked:
    def __init__(self, folder: Path) -> None:
        self.payload = {"files": [str(path) for path in sorted(folder.glob("*.py"))]}


def test_every_file_of_the_guide_is_a_plugin_without_an_error(folder: Path) -> None:
    rows = describe(Asked(folder)).plugins
    assert [row["error"] for row in rows] == [None] * len(rows)
    assert {(row["kind"], row["name"]) for row in rows} == {
        ("agent", "greeter"), ("learner", "fading_mean"), ("metric", "shortage"), ("source", "csv_link"),
    }  # fmt: skip


def test_the_metric_of_the_guide_is_added_to_its_kind_and_counts_too_little_threefold(folder: Path) -> None:
    kind = load_task_kind("forecast", folder)
    assert kind.gate_metric("shortage").name == "shortage"
    metric = next(each for each in kind.added if each.name == "shortage")
    predictions = Predictions(np.array([[2.0, 3.0]]))
    losses = metric.losses(np.array([[1.0, 5.0]]), predictions)
    assert losses.tolist() == [[1.0, 6.0]]


def test_the_agent_of_the_guide_answers(folder: Path) -> None:
    plugin = load_plugin("agent", "greeter", folder)
    assert plugin().execute(plugin.Request(person="Ada")) == {"text": "Hello, Ada!"}


def test_both_languages_show_the_same_code() -> None:
    assert files("plugins.md") == files("plugins.tr.md")
    assert len(files("plugins.md")) == 4
