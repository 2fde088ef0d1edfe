"""Files, modules and routes that the guides name exist."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md"])
#: Folders that a guide's path may be relative to.
BASES = (
    "", "src", "src/azuraforge", "src/azuraforge/engine", "src/azuraforge/engine/backends/cpu",
    "src/azuraforge/plugins", "dashboard", "dashboard/src", "docs", "deploy",
)  # fmt: skip
#: Files of the data home, entry-point groups and settings of PostgreSQL, written as modules are.
NO_MODULES = re.compile(
    r"azuraforge\.(toml|db(\.\w+)?|project|agents|metrics|notifiers|pipelines|sources|task_kinds|learners|features)"
)
#: A WebSocket, the schema itself, the prefix, pages, and folders of the operating system.
NO_ROUTES = re.compile(r"/(events/live|openapi\.json|api/v1(/<noun>)?|p/.*|proc)")
#: Written by benchmarks.
NO_FILES = frozenset({"benchmarks/results/parts/"})
ROUTES = [
    re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path.removeprefix("/api/v1")) + "/?")
    for path in json.loads((ROOT / "dashboard/openapi.json").read_text())["paths"]
]

FENCE = re.compile(r"^```.*?^```", re.S | re.M)
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.(?:py|tsx?|md|toml|ya?ml|css|js)|[\w.-]+(?:/[\w.-]+)+/")
MODULE = re.compile(r"azuraforge(?:\.[A-Za-z_]\w*)+")
ROUTE = re.compile(r"(?:(?:GET|POST|PUT|PATCH|DELETE) )?(?:/api/v1)?(/[a-z][\w{}<>/.-]*)(?:[?\[#].*)?")


def spans(guide: Path) -> Iterator[str]:
    """Yield the inline code of a guide; blocks are programs and commands, which other tests run."""
    yield from re.findall(r"`([^`\n]+)`", FENCE.sub("", guide.read_text()))


def module_exists(name: str) -> bool:
    """Return whether a dotted name is a module, or an attribute inside one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath("src", *parts[:length])
        if place.is_dir() or place.with_suffix(".py").is_file():
            found: object = importlib.import_module(".".join(parts[:length])) if length < len(parts) else place
            for part in parts[length:]:
                found = getattr(found, part, None)
            return found is not None
    return False


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_module_that_a_guide_names_exists(guide: Path) -> None:
    named = {found for span in spans(guide) for found in MODULE.findall(span) if not NO_MODULES.fullmatch(found)}
    assert sorted(name for name in named if not module_exists(name)) == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_file_that_a_guide_names_exists(guide: Path) -> None:
    named = {span for span in spans(guide) if "/" in span and FILE.fullmatch(span)} - NO_FILES
    assert sorted(name for name in named if not any((ROOT / base / name).exists() for base in BASES)) == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_route_that_a_guide_names_exists(guide: Path) -> None:
    named = {found.group(1) for span in spans(guide) if (found := ROUTE.fullmatch(span)) is not None}
    assert [name for name in sorted(named) if not any(known.fullmatch(name) for known in (*ROUTES, NO_ROUTES))] == []
