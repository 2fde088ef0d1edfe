"""An agent answers in a child: validated request, bounded result."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azuraforge.errors import InvalidInput
from azuraforge.pipelines.agents.answering import SUMMARY_BYTES, answer

AGENT = """
from pydantic import Field
from azuraforge.plugins import Agent, Config

class Request(Config):
    text: str = Field(default="x", max_length=100_000)
    how: str = "echo"

class Echo(Agent):
    name = "echo"
    Request = Request

    def execute(self, request):
        self.context.progress(1, 2, "thinking")
        self.context.note("**done**")
        if request.how == "object":
            return {"object": object()}
        if request.how == "list":
            return [1]
        return {"text": request.text}
"""


@pytest.fixture
def ask(child: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "echo.py").write_text(AGENT)

    def asked(**request: Any) -> Any:
        made = child("answer", plugin="echo", plugins_folder=str(folder), request=request)
        return made, answer(made)

    return asked


def test_the_answer_is_a_file_and_a_short_one_stands_in_the_result(ask: Callable[..., Any]) -> None:
    child, answered = ask(text="merhaba")
    assert answered.result == {"text": "merhaba"}
    assert not answered.truncated
    assert json.loads((child.outputs / "result.json").read_text()) == {"text": "merhaba"}
    assert child.progressed == [(1, 2, "thinking")]
    assert child.notes == ["**done**"]


def test_a_long_answer_stands_in_the_file_only(ask: Callable[..., Any]) -> None:
    child, answered = ask(text="x" * SUMMARY_BYTES)
    assert (answered.result, answered.truncated) == (None, True)
    assert (child.outputs / "result.json").stat().st_size == answered.bytes > SUMMARY_BYTES


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"how": "object"}, "not JSON"),
        ({"how": "list"}, "execute returned list, not a dict"),
        ({"hwo": "x"}, "hwo does not exist; did you mean how"),
    ],
)
def test_what_is_wrong_is_one_sentence(ask: Callable[..., Any], request_: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        ask(**request_)
