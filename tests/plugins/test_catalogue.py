"""The catalogue lists every plugin, working or broken, and a broken one harms nobody. Real children."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from azuraforge.errors import InvalidInput, NotFound, Unauthorized
from azuraforge.plugins.discovery import catalogue as catalogue_module
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.plugins.discovery.loading import EntryPoint
from azuraforge.plugins.routes import router
from azuraforge.processes.launcher import Launcher


class Counted:
    """The launcher's calls, written down."""

    def __init__(self, launcher: Launcher) -> None:
        self.launcher = launcher
        self.calls: list[dict[str, Any]] = []

    def __call__(self, entry: str, payload: dict[str, Any], result: type[Any], timeout_seconds: float) -> Any:
        self.calls.append(payload)
        return self.launcher.call(entry, payload, result, timeout_seconds)


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
        "class Half does not implement execute",
    ),
    "odd_name.py": (
        "from azuraforge.plugins import Agent, Config\n"
        "class Odd(Agent):\n    name = 'a/b'\n    Request = Config\n"
        "    def execute(self, request):\n        return {}\n",
        "'a/b' is not a valid plugin name",
    ),
    "null.py": ("x = 1\0\n", "null bytes"),
    "crash.py": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "the import failed"),
    "hang.py": ("import time\ntime.sleep(600)\n", "the import failed"),
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


Make = Callable[..., tuple[Catalogue, Counted]]


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    started = Launcher()
    yield started
    started.stop()


@pytest.fixture
def make(folder: Path, launcher: Launcher) -> Make:
    def made(timeout_seconds: float = 20.0, by: Launcher = launcher) -> tuple[Catalogue, Counted]:
        children = Counted(by)
        return Catalogue(
            children, folder, folder.parent / "pretrained", folder.parent / "cache" / "plugins.json", timeout_seconds
        ), children

    return made


def test_a_dropped_in_file_is_described(folder: Path, make: Make) -> None:
    (folder / "weather.py").write_text(GOOD)
    (folder / "_helper.py").write_text("raise RuntimeError\n")
    catalogue, _ = make()
    [plugin] = catalogue.list()
    assert (plugin.name, plugin.kind, plugin.error) == ("weather", "agent", None)
    assert plugin.origin == "plugins/weather.py"
    assert plugin.version.startswith("sha256:")
    assert plugin.title == {"en": "Weather", "tr": "Hava"}
    assert plugin.config_schema is not None
    assert plugin.config_schema["properties"]["days"]["maximum"] == 16
    assert plugin.model_dump(by_alias=True)["schema"] == plugin.config_schema


def test_each_broken_file_is_named_with_its_error_and_harms_nobody(folder: Path, make: Make) -> None:
    (folder / "weather.py").write_text(GOOD)
    for name, (source, _) in BROKEN.items():
        (folder / name).write_text(source)
    catalogue, _ = make(timeout_seconds=2.0)
    listed = {plugin.origin.removeprefix("plugins/"): plugin for plugin in catalogue.list()}
    assert listed.keys() == {"weather.py", *BROKEN}
    assert listed["weather.py"].error is None
    for name, (_, expected) in BROKEN.items():
        error = listed[name].error
        assert error is not None
        assert expected in error["en"]
        assert "\n" not in error["tr"]
    with pytest.raises(InvalidInput, match="plugin 'half' is broken: class Half does not implement execute"):
        catalogue.get("agent", "half")
    assert catalogue.validate("agent", "weather", {}) == {"days": 3, "unit": "celsius"}


def test_of_two_plugins_with_one_name_the_first_works(folder: Path, make: Make) -> None:
    (folder / "a.py").write_text(GOOD)
    (folder / "b.py").write_text(GOOD)
    catalogue, _ = make()
    first, second = catalogue.list()
    assert first.error is None
    assert second.error is not None
    assert "already used by plugins/a.py" in second.error["en"]
    assert "plugins/a.py kullanıyor" in second.error["tr"]
    assert catalogue.get("agent", "weather").origin == "plugins/a.py"


def test_a_second_start_asks_no_child_until_a_file_changes(folder: Path, make: Make) -> None:
    (folder / "weather.py").write_text(GOOD)
    (folder / "broken.py").write_text("import no_such_package_anywhere\n")
    first, children = make()
    told = first.list()
    assert len(children.calls) == 2
    second, children = make()
    assert second.list() == told
    assert children.calls == []
    (folder / "weather.py").write_text(GOOD.replace("le=16", "le=9"))
    third, children = make()
    schema = third.get("agent", "weather").config_schema
    assert schema is not None
    assert schema["properties"]["days"]["maximum"] == 9
    assert [call["files"] for call in children.calls] == [[str(folder / "weather.py")]]


def test_a_file_dropped_in_later_is_found_and_one_that_is_removed_is_gone(folder: Path, make: Make) -> None:
    catalogue, children = make()
    assert catalogue.list() == []
    (folder / "weather.py").write_text(GOOD)
    assert catalogue.get("agent", "weather").error is None
    assert catalogue.list() is catalogue.list()
    assert len(children.calls) == 1
    (folder / "weather.py").write_text("import no_such_package_anywhere\n")
    assert [each.error is None for each in catalogue.list()] == [False]
    (folder / "weather.py").unlink()
    with pytest.raises(NotFound, match="plugin 'weather' does not exist"):
        catalogue.get("agent", "weather")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format": 1, "units": {"x": [{"name": 1}]}}', b"\x00\xff"])
def test_a_damaged_memory_is_only_forgotten(folder: Path, make: Make, damage: bytes) -> None:
    (folder / "weather.py").write_text(GOOD)
    make()[0].list()
    (folder.parent / "cache" / "plugins.json").write_bytes(damage)
    assert make()[0].get("agent", "weather").error is None


def test_an_unknown_plugin_is_answered_with_close_names(folder: Path, make: Make) -> None:
    (folder / "weather.py").write_text(GOOD)
    catalogue, _ = make()
    with pytest.raises(NotFound, match="plugin 'wether' does not exist; similar names: weather") as caught:
        catalogue.get("agent", "wether")
    assert "azuraforge plugins list" in caught.value.next_step
    with pytest.raises(InvalidInput, match="is of kind agent, but kind pipeline is needed"):
        catalogue.get("pipeline", "weather")


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"days": 0}, r"days: .*greater than or equal to 1, got 0 \(allowed: at least 1 and at most 16\)"),
        ({"days": "many"}, r"days: .*integer.*got 'many'"),
        ({"dayz": 1}, "dayz does not exist; did you mean days"),
        ({"unit": "kelvin"}, r"unit: .*'celsius' or 'fahrenheit', got 'kelvin'"),
    ],
)
def test_a_wrong_config_is_one_sentence(folder: Path, make: Make, config: dict[str, Any], sentence: str) -> None:
    (folder / "weather.py").write_text(GOOD)
    catalogue, _ = make()
    with pytest.raises(InvalidInput, match=sentence) as caught:
        catalogue.validate("agent", "weather", config)
    assert caught.value.where == "config of weather"
    assert caught.value.next_step


def test_when_a_batch_dies_only_the_guilty_is_broken(folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    package = folder.parent / "site" / "azuratest"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "good.py").write_text(GOOD)
    (package / "bad.py").write_text("import os\nos._exit(9)\n")
    points = [
        EntryPoint("agent", "bad", "azuratest.bad:Bad", "azuraforge", "1"),
        EntryPoint("agent", "weather", "azuratest.good:WeatherAgent", "azuraforge", "1"),
        EntryPoint("agent", "absent", "azuratest.good:Nothing", "azuraforge", "1"),
        EntryPoint("source", "wrong", "azuratest.good:WeatherAgent", "azuraforge", "1"),
    ]
    monkeypatch.setattr(catalogue_module, "entry_points", lambda: points)
    there = Launcher({"PYTHONPATH": str(package.parent)})
    catalogue, children = make(by=there)
    listed = {plugin.name: plugin.error for plugin in catalogue.list()}
    assert listed["weather"] is None
    assert "exit code 9" in listed["bad"]["en"]
    assert "has no attribute 'Nothing'" in listed["absent"]["en"]
    assert "not a subclass of azuraforge.plugins.Source" in listed["wrong"]["en"]
    assert len(children.calls) == 1 + len(points)
    there.stop()


def test_a_hang_is_remembered_for_a_file_until_it_changes(folder: Path, make: Make) -> None:
    (folder / "hang.py").write_text("import time\ntime.sleep(600)\n")
    assert "no answer" in (make(timeout_seconds=0.5)[0].list()[0].error or {})["en"]
    again, children = make()
    assert "no answer" in (again.list()[0].error or {})["en"]
    assert children.calls == []
    (folder / "hang.py").write_text(GOOD)
    assert make()[0].list()[0].error is None


def test_a_platform_that_is_stopping_blames_no_plugin_for_long(folder: Path, make: Make) -> None:
    (folder / "weather.py").write_text(GOOD)
    stopped = Launcher()
    stopped.stop()
    assert make(by=stopped)[0].list()[0].error is not None
    assert make()[0].list()[0].error is None


def test_the_built_ins_are_described_in_one_child(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    catalogue, children = make()
    plugins = {plugin.name: plugin for plugin in catalogue.list()}
    assert len(children.calls) == 1
    source = plugins["bundled"]
    assert (source.kind, source.error, source.origin.split()[0]) == ("source", None, "azuraforge")


def get(app: FastAPI, path: str) -> Any:
    async def asked() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return (await client.get(path)).json()

    return asyncio.run(asked())


async def somebody(connection: Any) -> str:
    return "project"


def test_over_http(folder: Path, make: Make) -> None:
    (folder / "weather.py").write_text(GOOD)
    (folder / "broken.py").write_text("1 / 0\n")
    app = FastAPI()
    app.include_router(router)
    app.state.plugins, app.state.project_of = make()[0], somebody
    first = get(app, "/plugins?limit=1")
    second = get(app, f"/plugins?after={first['next']}")
    listed = {each["name"]: each["error"] for each in (*first["items"], *second["items"])}
    assert listed == {"broken": dict.fromkeys(("en", "tr"), "ZeroDivisionError: division by zero"), "weather": None}
    shown = get(app, "/plugins/weather")
    assert shown["schema"]["properties"]["days"]["default"] == 3
    with pytest.raises(NotFound):
        get(app, "/plugins/wether")


def test_nobody_sees_the_plugins_without_signing_in(make: Make) -> None:
    async def refuse(connection: Any) -> str:
        raise Unauthorized("nobody is signed in")

    app = FastAPI()
    app.include_router(router)
    app.state.plugins, app.state.project_of = make()[0], refuse
    for path in ("/plugins", "/plugins/weather"):
        with pytest.raises(Unauthorized):
            get(app, path)
