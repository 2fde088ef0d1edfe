"""The catalogue lists every plugin, working or broken, and a broken one harms nobody. Real child processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from azuraforge.errors import InvalidInput, NotFound
from azuraforge.plugins import catalogue as catalogue_module
from azuraforge.plugins.catalogue import Catalogue
from azuraforge.plugins.loading import EntryPoint

_CHILD = """
import importlib, json, sys
from azuraforge.errors import AzuraError
entry, payload = json.load(sys.stdin)
class Child: pass
child = Child(); child.payload = payload
module, _, name = entry.partition(":")
try:
    answer = {"result": getattr(importlib.import_module(module), name)(child)}
except AzuraError as error:
    answer = {"error": error.to_dict()}
print("\\n@@" + json.dumps(answer))
"""


class ChildProcesses:
    """Runs each call in a Python of its own, as the launcher does, and counts them."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def __call__(self, entry: str, payload: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        self.calls.append(payload)
        try:
            ended = subprocess.run(
                [sys.executable, "-c", _CHILD],
                input=json.dumps([entry, payload]),
                capture_output=True,
                text=True,
                timeout=timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InvalidInput(f"no answer after {timeout_seconds:g} s") from None
        _, found, answer = ended.stdout.rpartition("@@")
        if not found:
            raise InvalidInput(f"the child died with exit status {ended.returncode}")
        parsed = json.loads(answer)
        if "error" in parsed:
            raise InvalidInput(
                parsed["error"]["message"],
                where=parsed["error"].get("where", ""),
                next_step=parsed["error"].get("next_step", ""),
                code=parsed["error"]["code"],
            )
        result: dict[str, Any] = parsed["result"]
        return result


GOOD = """
from typing import Literal
from pydantic import BaseModel, Field
from azuraforge.plugins import Agent, Config

class Request(Config):
    days: int = Field(default=3, ge=1, le=16, description="days ahead")
    unit: Literal["celsius", "fahrenheit"] = "celsius"

class WeatherAgent(Agent):
    name = "weather"
    title = {"en": "Weather", "tr": "Hava"}
    capabilities = ("weather.forecast",)
    Request = Request
    def execute(self, request):
        return {"days": request.days}
"""

BROKEN = {
    "syntax.py": ("def f(:\n", "SyntaxError"),
    "missing_import.py": ("import no_such_package_anywhere\n", "no_such_package_anywhere"),
    "leaves.py": ("import sys\nsys.exit(3)\n", "sys.exit(3)"),
    "raises.py": ("raise ValueError('line one\\nline two')\n", "ValueError: line one line two"),
    "empty.py": ("x = 1\n", "defines no subclass"),
    "nameless.py": (
        "from azuraforge.plugins import Agent, Config\n"
        "class Silent(Agent):\n    Request = Config\n    def execute(self, request):\n        return {}\n",
        "class Silent has no name",
    ),
    "half.py": (
        "from azuraforge.plugins import Agent, Config\nclass Half(Agent):\n    name = 'half'\n    Request = Config\n",
        "class Half lacks execute",
    ),
    "crash.py": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "did not end well"),
    "hang.py": ("import time\ntime.sleep(600)\n", "did not end well"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def only_dropped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-ins have a test of their own below."""
    monkeypatch.setattr(catalogue_module, "entry_points", list)


def make(folder: Path, timeout_seconds: float = 20.0) -> tuple[Catalogue, ChildProcesses]:
    children = ChildProcesses()
    return Catalogue(children, folder, folder.parent / "cache" / "plugins.json", timeout_seconds), children


def test_a_dropped_in_file_is_described(folder: Path) -> None:
    (folder / "weather.py").write_text(GOOD)
    (folder / "_helper.py").write_text("raise RuntimeError\n")
    catalogue, _ = make(folder)
    [plugin] = catalogue.list()
    assert (plugin.name, plugin.kind, plugin.error) == ("weather", "agent", None)
    assert plugin.origin == "plugins/weather.py"
    assert plugin.version.startswith("sha256:")
    assert plugin.title == {"en": "Weather", "tr": "Hava"}
    assert plugin.config_schema is not None
    assert plugin.config_schema["properties"]["days"]["maximum"] == 16
    assert plugin.model_dump(by_alias=True)["schema"] == plugin.config_schema


def test_each_broken_file_is_named_with_its_error_and_harms_nobody(folder: Path) -> None:
    (folder / "weather.py").write_text(GOOD)
    for name, (source, _) in BROKEN.items():
        (folder / name).write_text(source)
    catalogue, _ = make(folder, timeout_seconds=8.0)
    listed = {plugin.origin.removeprefix("plugins/"): plugin for plugin in catalogue.list()}
    assert listed.keys() == {"weather.py", *BROKEN}
    assert listed["weather.py"].error is None
    for name, (_, expected) in BROKEN.items():
        error = listed[name].error
        assert error is not None
        assert expected in error
        assert "\n" not in error
    with pytest.raises(InvalidInput, match="plugin 'half' is broken: class Half lacks execute"):
        catalogue.get("agent", "half")
    assert catalogue.validate("agent", "weather", {}) == {"days": 3, "unit": "celsius"}


def test_of_two_plugins_with_one_name_the_first_works(folder: Path) -> None:
    (folder / "a.py").write_text(GOOD)
    (folder / "b.py").write_text(GOOD)
    catalogue, _ = make(folder)
    first, second = catalogue.list()
    assert first.error is None
    assert second.error is not None
    assert "already taken by plugins/a.py" in second.error
    assert catalogue.get("agent", "weather").origin == "plugins/a.py"


def test_a_second_start_asks_no_child_until_a_file_changes(folder: Path) -> None:
    (folder / "weather.py").write_text(GOOD)
    (folder / "broken.py").write_text("import no_such_package_anywhere\n")
    first, children = make(folder)
    told = first.list()
    assert len(children.calls) == 2
    second, children = make(folder)
    assert second.list() == told
    assert children.calls == []
    (folder / "weather.py").write_text(GOOD.replace("le=16", "le=9"))
    third, children = make(folder)
    schema = third.get("agent", "weather").config_schema
    assert schema is not None
    assert schema["properties"]["days"]["maximum"] == 9
    assert [call["files"] for call in children.calls] == [[str(folder / "weather.py")]]


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format": 1, "units": {"x": [{"name": 1}]}}', b"\x00\xff"])
def test_a_damaged_memory_is_only_forgotten(folder: Path, damage: bytes) -> None:
    (folder / "weather.py").write_text(GOOD)
    make(folder)[0].list()
    (folder.parent / "cache" / "plugins.json").write_bytes(damage)
    assert make(folder)[0].get("agent", "weather").error is None


def test_an_unknown_plugin_is_answered_with_close_names(folder: Path) -> None:
    (folder / "weather.py").write_text(GOOD)
    catalogue, _ = make(folder)
    with pytest.raises(NotFound, match="plugin 'wether' does not exist; did you mean weather") as caught:
        catalogue.get("agent", "wether")
    assert "azuraforge plugins list" in caught.value.next_step
    with pytest.raises(InvalidInput, match="is of kind agent; kind pipeline is needed"):
        catalogue.get("pipeline", "weather")


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"days": 0}, r"days: .*greater than or equal to 1, got 0 \(allowed: at least 1 and at most 16\)"),
        ({"days": "many"}, r"days: .*integer.*got 'many'"),
        ({"dayz": 1}, "dayz is no field; did you mean days"),
        ({"unit": "kelvin"}, r"unit: .*'celsius' or 'fahrenheit', got 'kelvin'"),
    ],
)
def test_a_wrong_config_is_one_sentence(folder: Path, config: dict[str, Any], sentence: str) -> None:
    (folder / "weather.py").write_text(GOOD)
    catalogue, _ = make(folder)
    with pytest.raises(InvalidInput, match=sentence) as caught:
        catalogue.validate("agent", "weather", config)
    assert caught.value.where == "config of weather"
    assert caught.value.next_step


def test_when_a_batch_dies_only_the_guilty_is_broken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = folder.parent / "site" / "azuratest"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "good.py").write_text(GOOD)
    (package / "bad.py").write_text("import os\nos._exit(9)\n")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    points = [
        EntryPoint("agent", "bad", "azuratest.bad:Bad", "azuraforge", "1"),
        EntryPoint("agent", "weather", "azuratest.good:WeatherAgent", "azuraforge", "1"),
        EntryPoint("agent", "absent", "azuratest.good:Nothing", "azuraforge", "1"),
        EntryPoint("source", "wrong", "azuratest.good:WeatherAgent", "azuraforge", "1"),
    ]
    monkeypatch.setattr(catalogue_module, "entry_points", lambda: points)
    catalogue, children = make(folder)
    listed = {plugin.name: plugin.error for plugin in catalogue.list()}
    assert listed["weather"] is None
    assert "exit status 9" in (listed["bad"] or "")
    assert "has no 'Nothing'" in (listed["absent"] or "")
    assert "not a subclass of azuraforge.plugins.Source" in (listed["wrong"] or "")
    assert len(children.calls) == 1 + len(points)
