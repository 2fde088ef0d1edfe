"""A terminal of a given width and language whose output can be read, and a stored evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from azuraforge.cli.language import Language
from azuraforge.cli.terminal import Terminal


class ReadTerminal(Terminal):
    """What was printed, result and remarks apart."""

    @property
    def output(self) -> str:
        return self.console.file.getvalue()

    @property
    def remarks(self) -> str:
        return self.errors.file.getvalue()


@pytest.fixture
def make_terminal() -> Callable[..., ReadTerminal]:
    def make(language: str = "en", width: int = 160, live: bool = False) -> ReadTerminal:
        consoles = [
            Console(file=StringIO(), width=width, highlight=False, force_terminal=live, color_system=None)
            for _ in range(2)
        ]
        return ReadTerminal(Language(language), console=consoles[0], errors=consoles[1])

    return make


@pytest.fixture
def evaluation() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "evaluation.json").read_text())


@pytest.fixture
def verdict() -> dict[str, Any]:
    return {
        "decision": "promoted",
        "champion": "forecasting.lstm",
        "reasons": [
            {
                "code": "beats_best_baseline",
                "params": {},
                "text": {"en": "It beats ridge by 4.1 %.", "tr": "Ridge'den %4,1 daha iyi."},
            }
        ],
    }
