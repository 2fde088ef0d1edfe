"""Hostile bundles: refused with nothing left behind, or imported with everything readable afterwards."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from azuraforge.models.bundles.archive import write_bundle
from azuraforge.models.registry.folder import _write_manifest
from tests.evaluations import EVALUATION

PLUGIN = '''
"""Repeats the last value plus a learned step."""

import json
from typing import ClassVar

import numpy as np
from safetensors.numpy import load_file

from azuraforge.plugins import ForecastConfig, Pipeline, Predictions, chronological_split


class Step(Pipeline):
    name: ClassVar[str] = "test.step"
    kind = "forecast"
    Config = ForecastConfig

    def split(self, table, config):
        return chronological_split(table, config)

    def fit(self, run, train, validation):
        raise NotImplementedError

    def save(self, predictor, folder):
        raise NotImplementedError

    def load(self, folder):
        settings = json.loads((folder / "preprocessing.json").read_text())
        if settings["step"] == "spin":
            while True:
                pass
        return load_file(folder / "weights.safetensors"), settings

    def predict(self, predictor, part):
        weights, settings = predictor
        last = part.frame.get_column(part.schema.target).to_numpy()[part.origins][:, None]
        return Predictions(last + weights["step"] * np.arange(1, part.horizon + 1))
'''
SCHEMA = {"time": "at", "target": "load", "features": ["heat"], "frequency": "1h", "season": 24, "timezone": "UTC",
          "unit": "kW"}  # fmt: skip
CONFIG = {"horizon": 3}
EVALUATED = {
    "evaluation": EVALUATION.model_dump(mode="json"),
    "verdict": {
        "decision": "promoted",
        "headline": "promoted",
        "champion": "test.step",
        "reasons": [{"code": "no_champion_before", "params": {}, "text": {"en": "None.", "tr": "Yoktu."}}],
        "policy": {"number": 0},
    },
}
DESCRIPTION: dict[str, Any] = {
    "format": 1,
    "model": "load",
    "number": 3,
    "run_id": "run1",
    "dataset": {"name": "town", "version": 2, "fingerprint": "f" * 64},
    "version": {
        "kind": "forecast",
        "plugin": "test.step",
        "plugin_version": "1",
        "config": CONFIG,
        "schema": SCHEMA,
        "content_hash": "",
        "weights_sha256": "a" * 64,
        "bytes": 100,
        "dataset_fingerprint": "f" * 64,
        "learned_from": {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z", "rows": 700},
        "code_version": "0.1.0",
        "seed": 7,
        "metrics": {"rmse": 1.25, "skill": None},
    },
    "evaluated": EVALUATED,
}
FILES: dict[str, bytes] = {
    "weights.safetensors": save({"step": np.array(0.5)}),
    "preprocessing.json": b'{"step": "learned"}',
    "version.json": orjson.dumps({"kind": "forecast", "horizon": 3, "config": CONFIG, "engine": None}),
}


def make_bundle(description: Any = None, files: dict[str, bytes] | None = None) -> bytes:
    """A bundle whose hashes all fit, whatever stands in it."""
    described = copy.deepcopy(DESCRIPTION if description is None else description)
    contents = {**FILES, **(files or {})}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, content in contents.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        listed = {name: (len(each), hashlib.sha256(each).hexdigest()) for name, each in contents.items()}
        content_hash = _write_manifest(folder, listed)
        if isinstance(described, dict) and isinstance(described.get("version"), dict):
            described["version"]["content_hash"] = described["version"].get("content_hash") or content_hash
        made = io.BytesIO()
        text = description if isinstance(description, bytes) else json.dumps(described).encode()
        write_bundle(made, folder, {"bundle.json": text})
    return made.getvalue()


@pytest.fixture(scope="module")
def api(platform: Any) -> Iterator[httpx.Client]:
    plugins = platform.home / "plugins"
    plugins.mkdir(exist_ok=True)
    (plugins / "step.py").write_text(PLUGIN)
    headers = {"Authorization": f"Bearer {platform.token}"}
    with httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=150) as client:
        yield client


def bring_in(api: httpx.Client, bundle: bytes, name: str = "") -> httpx.Response:
    return api.post("/models/import", files={"file": ("a.zip", bundle)}, data={"name": name} if name else {})


def stored_folders(platform: Any) -> set[str]:
    return {path.name for path in platform.home.glob("artifacts/*/models/*")}


def assert_refused(platform: Any, api: httpx.Client, bundle: bytes, name: str = "") -> dict[str, Any]:
    before = api.get("/models").json(), stored_folders(platform)
    answer = bring_in(api, bundle, name or f"hostile-{uuid.uuid4().hex}")
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    for path in (str(platform.home), tempfile.gettempdir(), "/site-packages"):
        assert path not in answer.text
    assert (api.get("/models").json(), stored_folders(platform)) == before
    told: dict[str, Any] = answer.json()
    return told


def assert_readable(api: httpx.Client, model: str, version: int) -> None:
    """Every read of an imported version, and a prediction."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [{"at": (start + timedelta(hours=i)).isoformat(), "load": 1.0, "heat": 1.0} for i in range(4)]
    reads = ["", f"/versions/{version}", f"/versions/{version}/card", f"/versions/{version}/card?language=tr",
             f"/versions/{version}/bundle", "/lineage", "/history", "/policy", "/versions"]  # fmt: skip
    for path in ("/models", f"/predictions?model={model}", *(f"/models/{model}{each}" for each in reads)):
        assert api.get(path).status_code == 200, (path, api.get(path).text)
    answer = api.post(f"/models/{model}/predict", json={"version": version, "rows": rows})
    assert answer.status_code < 500, answer.text


def changed(path: str, value: Any) -> Any:
    """``DESCRIPTION`` with another value at a dotted path; ``...`` removes the field."""
    made = copy.deepcopy(DESCRIPTION)
    *parents, last = path.split(".")
    inside: Any = made
    for parent in parents:
        inside = inside[int(parent)] if isinstance(inside, list) else inside[parent]
    if value is ...:
        del inside[last]
    else:
        inside[last] = value
    return made


def test_a_sound_bundle_comes_in_and_is_read(platform: Any, api: httpx.Client) -> None:
    answer = bring_in(api, make_bundle(), "sound")
    assert (answer.status_code, answer.json()["version"]) == (201, 1), answer.text
    assert_readable(api, "sound", 1)
    assert bring_in(api, make_bundle(), "sound").status_code == 200


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version.schema.unit", 5),
        ("version.schema.target", "load\0"),
        ("version.schema.features", "heat"),
        ("version.schema.frequency", "1 hour"),
        ("version.schema.timezone", "../../etc/passwd"),
        ("version.schema.season", 10**30),
        ("version.schema.extra", 1),
        ("version.metrics", [1]),
        ("version.metrics.rmse", "low"),
        ("version.metrics.rmse", float("nan")),
        ("version.learned_from", []),
        ("version.learned_from.start", 5),
        ("version.learned_from.end", ...),
        ("version.learned_from.start", "0001-01-01T00:00:00+00:00"),
        ("evaluated.evaluation.parts.test.end", "9999-12-31T23:59:59-14:00"),
        ("version.seed", 2**70),
        ("version.seed", True),
        ("version.config", []),
        ("version.config.horizon", "x"),
        ("version.config.deep", json.loads("[" * 300 + "]" * 300)),
        ("version.plugin", "../x"),
        ("version.plugin", "not.installed"),
        ("version.kind", "classify"),
        ("version.plugin_version", "x" * 10_000),
        ("version.content_hash", "b" * 64),
        ("evaluated", "x"),
        ("evaluated.verdict", {"decision": "promoted"}),
        ("evaluated.evaluation.contenders", {}),
        ("evaluated.evaluation.parts.test", [1]),
        ("evaluated.evaluation.metrics.0.title", ...),
        ("evaluated.evaluation.series", {"count": 1}),
        ("evaluated.evaluation.target", 5),
        ("evaluated.verdict.reasons.0.text", ...),
        ("evaluated.verdict.policy", 1),
        ("evaluated.verdict.decision", "crowned"),
        ("evaluated.verdict.extra", 1),
        ("dataset", [1]),
        ("number", "3"),
        ("run_id", 5),
        ("model", {"a": 1}),
        ("format", True),
        ("version", ...),
        ("unknown", 1),
    ],
)
def test_a_wrong_description_is_refused(platform: Any, api: httpx.Client, path: str, value: Any) -> None:
    told = assert_refused(platform, api, make_bundle(changed(path, value)))
    assert told["next_step"]


@pytest.mark.parametrize(
    ("files", "entry"),
    [
        ({"version.json": b"[1]"}, "version/version.json"),
        ({"version.json": b"\xef\xbb\xbf" + FILES["version.json"]}, "version.json"),
        ({"version.json": FILES["version.json"].decode().encode("utf-16")}, "version.json"),
        ({"version.json": b'{"horizon": 3, "config": {"x": 1e999}}'}, "version.json"),
        ({"version.json": b'{"horizon": "x"}'}, "version/version.json"),
        ({"version.json": b'{"horizon": 3, "engine": 5}'}, "version/version.json"),
        ({"version.json": b'{"horizon": 3, "plugin": "forecasting.naive"}'}, "version/version.json"),
        ({"version.json": b'{"horizon": 3, "schema": {"time": "at", "target": "other"}}'}, "version/version.json"),
        ({"weights.safetensors": save({"step": np.array(np.nan)})}, "version/weights.safetensors"),
        ({"weights.safetensors": save({"step": np.array(np.inf, np.float32)})}, "version/weights.safetensors"),
        ({"weights.safetensors": save({"step": np.ones(5)})}, "version/"),  # a shape that fits no horizon
        ({"weights.safetensors": save({"other": np.ones(1)})}, "version/"),
        ({"weights.safetensors": b"\x08" + b"\0" * 7 + b"{}      "}, "version/"),
        ({"preprocessing.json": b'{"step": NaN}'}, "version/preprocessing.json"),
        ({"preprocessing.json": b"[]"}, "version/"),
        ({"preprocessing.json": b"{"}, "version/"),
    ],
)
def test_a_folder_that_cannot_serve_is_refused_by_its_entry(
    platform: Any, api: httpx.Client, files: dict[str, bytes], entry: str
) -> None:
    told = assert_refused(platform, api, make_bundle(None, files))
    assert entry in f"{told.get('where')} {told.get('detail')} {told}"


_LEARNED = {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z", "rows": 700}


def _refitted(evaluated: dict[str, bytes]) -> bytes:
    """A bundle of a refitted version whose ``evaluated/`` holds these files."""
    told = {**_LEARNED, "evaluated": {**_LEARNED, "weights_sha256": "b" * 64}}
    files = {**FILES, **{f"evaluated/{name}": content for name, content in evaluated.items()}}
    return make_bundle(changed("version.learned_from", told), files)


def test_an_evaluated_predictor_that_cannot_predict_is_refused(platform: Any, api: httpx.Client) -> None:
    """It loads; only its answer shows that its weights have another shape."""
    sound = {name: FILES[name] for name in ("weights.safetensors", "preprocessing.json")}
    broken = {**sound, "weights.safetensors": save({"step": np.ones(7)})}
    error = assert_refused(platform, api, _refitted(broken))
    assert "version/evaluated" in error["where"]
    answer = bring_in(api, _refitted(sound))
    assert answer.status_code == 201, answer.text


def _renamed(name: str) -> Callable[[], bytes]:
    def made() -> bytes:
        return make_bundle().replace(b"version/preprocessing.json", name.encode())

    return made


def _overlapping() -> bytes:
    """A thousand names of one megabyte that stands in the file once."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("version/0.json", b"1" * (1 << 20))
        first = packed.infolist()[0]
        for number in range(1, 1000):
            again = copy.copy(first)
            again.filename = f"version/{number}.json"
            packed.filelist.append(again)
    return out.getvalue()


@pytest.mark.parametrize(
    "made",
    [
        lambda: b"",
        lambda: b"PK\x05\x06" + b"\xff" * 18,
        lambda: make_bundle()[:-30],
        lambda: make_bundle(b"[" * 100_000),
        lambda: make_bundle(b"[1]"),
        lambda: make_bundle(b'{"format": 1e999}'),
        _renamed("version/" + "x" * 18),
        _overlapping,
        lambda: make_bundle(None, {"x" * 250 + ".json": b"1"}).replace(b"x" * 250, b"y/" * 125),
    ],
)
def test_a_broken_zip_is_refused(platform: Any, api: httpx.Client, made: Callable[[], bytes]) -> None:
    assert_refused(platform, api, made())


def test_a_name_that_no_model_can_have_is_refused_before_anything_is_stored(platform: Any, api: httpx.Client) -> None:
    fresh = {"preprocessing.json": b'{"step": "of its own"}'}
    assert_refused(platform, api, make_bundle(None, fresh), "a/b")
    assert bring_in(api, make_bundle(), "held").status_code == 201
    other = changed("version.schema.target", "price")
    assert_refused(platform, api, make_bundle(other, fresh), "held")


@pytest.mark.proof
def test_loading_that_never_ends_is_refused(platform: Any, api: httpx.Client) -> None:
    assert_refused(platform, api, make_bundle(None, {"preprocessing.json": b'{"step": "spin"}'}))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)


def _paths(value: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if prefix:
        yield prefix
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _paths(each, (*prefix, key))


ANY_CHANGE = given(
    path=st.sampled_from(sorted(_paths(DESCRIPTION), key=str)),
    value=_JSON | st.sampled_from(["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-14:00"]),
    remove=st.booleans(),
    daily=st.booleans(),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@ANY_CHANGE
@example(("version", "learned_from", "start"), "0001-01-01T00:00:00+00:00", False, True)
def test_any_change_is_refused_or_leaves_everything_readable(
    platform: Any, api: httpx.Client, path: tuple[Any, ...], value: Any, remove: bool, daily: bool
) -> None:
    assert_change_is_harmless(api, path, value, remove, daily)


@pytest.mark.proof
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@ANY_CHANGE
def test_many_changes_are_refused_or_leave_everything_readable(
    platform: Any, api: httpx.Client, path: tuple[Any, ...], value: Any, remove: bool, daily: bool
) -> None:
    assert_change_is_harmless(api, path, value, remove, daily)


def assert_change_is_harmless(api: httpx.Client, path: tuple[Any, ...], value: Any, remove: bool, daily: bool) -> None:
    """Import the bundle with one place changed: it is refused, or everything can be read afterwards."""
    made = copy.deepcopy(DESCRIPTION)
    if daily:  # the card writes the times of such rows as dates in the zone
        made["version"]["schema"] |= {"frequency": "1d", "season": 7, "timezone": "America/New_York"}
    inside: Any = made
    for parent in path[:-1]:
        inside = inside[parent]
    if remove:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    answer = bring_in(api, make_bundle(made), "daily" if daily else "changed")
    assert answer.status_code < 500, answer.text
    if answer.status_code in (200, 201):
        told = answer.json()
        assert_readable(api, told["model"], told["version"])
    assert api.get("/models").status_code == 200
