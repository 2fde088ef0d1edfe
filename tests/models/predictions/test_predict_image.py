"""An image over HTTP, through a real child that decodes it, to probabilities; and what is refused."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import struct
import textwrap
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from azuraforge.datasets.images.decoding import decode_image
from azuraforge.datasets.images.large_images import SERVED_PIXELS, LargeImages
from azuraforge.errors import InvalidInput
from azuraforge.models.deployments.schemas import DeploymentRequest
from azuraforge.models.predictions.images import MAX_BYTES
from azuraforge.models.schemas import PredictRequest
from azuraforge.processes.launcher import Launcher
from azuraforge.processes.resources.memory import MemoryLimit, bounded_growth
from azuraforge.waiting.ending import Ending, work_of_request
from tests.image_files import image_file
from tests.models.test_routes import Http, http  # noqa: F401

SCHEMA = {
    "kind": "images",
    "target": "label",
    "height": 6,
    "width": 8,
    "channels": 1,
    "classes": ["bright", "dark"],
    "unit": "",
}

PLUGIN = '''
"""Knows bright from dark: the mean of what it was shown. Enough to see which pixels reach a pipeline."""

import numpy as np

from azuraforge.plugins.vision.config import ClassPredictions, ImagePipeline


class Brightness(ImagePipeline):
    name = "test.brightness"
    uses_engine = False

    def fit(self, run, train, validation):
        raise NotImplementedError

    def save(self, predictor, folder):
        raise NotImplementedError

    def load(self, folder):
        return None

    def predict(self, predictor, part):
        assert part.labels is None
        bright = part.pixels.reshape(len(part), -1).mean(axis=1) / 255
        if bright[0] == 0:
            return ClassPredictions(np.array([[2.0, -1.0]]))
        return ClassPredictions(np.stack([bright, 1 - bright], axis=1))
'''


@pytest.fixture
def classifier(system: Any, http: Http, make_folder: Callable[..., Path], plugins_folder: Path) -> str:  # noqa: F811
    (plugins_folder / "brightness.py").write_text(textwrap.dedent(PLUGIN))
    system.add_version(
        http.app.state.default_project,
        make_folder(),
        "lamps",
        plugin="test.brightness",
        kind="classify",
        schema=SCHEMA,
        config={},
    )
    return "lamps"


def ask(
    http: Http,  # noqa: F811
    model: str,
    content: bytes,
    version: int | None = 1,
    part: str = "image",
    **query: str,
) -> Any:
    params = {**query, **({"version": version} if version is not None else {})}
    return http.post(f"/models/{model}/predict-image", files={part: ("lamp.png", content)}, params=params)


def flat(value: int, height: int, width: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (width, height), value).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_image_gets_probabilities_and_is_shown_as_it_was_seen(http, classifier, tmp_path):  # noqa: F811
    answer = ask(http, classifier, flat(51, 6, 8))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [each["class"] for each in told["classes"]] == ["dark", "bright"]
    assert [each["probability"] for each in told["classes"]] == pytest.approx([0.8, 0.2])
    assert told["size"] == {"height": 6, "width": 8, "channels": 1}
    line = http.get("/predictions", params={"model": classifier}).json()["items"][0]
    assert line["prediction_id"] == told["prediction_id"]
    assert (line["predictions"][0]["label"], line["target"], line["outcome"]) == ("dark", "label", None)
    assert line["inputs"]["sha256"] == hashlib.sha256(flat(51, 6, 8)).hexdigest()
    # Another size is fitted in, not stretched: two of eight columns stay black on either side.
    square = ask(http, classifier, flat(255, 60, 40)).json()
    assert square["classes"][0]["probability"] == pytest.approx(0.5)
    seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(square["seen"]))))
    assert (seen == 255).sum() == 24
    assert not seen[:, [0, 1, 6, 7]].any()
    assert not any((tmp_path / "uploads").iterdir()), "nothing of an image is left"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"hello", 422, "not_an_image"),
        (b"", 422, "not_an_image"),
        (image_file(1, 40, 40)[:300], 422, "truncated_image"),
        (flat(0, 7000, 7000), 422, "too_many_pixels"),
        (b"x" * (MAX_BYTES + 1), 422, "too_large"),
    ],
    ids=["text", "empty", "cut off", "too many pixels", "too large"],
)
def test_what_is_no_image_is_refused_in_one_sentence(http, classifier, content, status, code):  # noqa: F811
    answer = ask(http, classifier, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["next_step"]
    assert ask(http, classifier, flat(51, 6, 8)).status_code == 200, "the child lives on"


def test_who_is_asked_must_be_there_and_look_at_images(http, classifier, system, make_folder):  # noqa: F811
    system.add_version(http.app.state.default_project, make_folder(2.0), "load")
    wrong = ask(http, "load", flat(1, 6, 8))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "not_a_classifier")
    assert "azuraforge models predict load" in wrong.json()["next_step"]
    assert ask(http, classifier, flat(1, 6, 8), version=9).status_code == 404
    assert ask(http, "nobody", flat(1, 6, 8)).status_code == 404
    assert ask(http, classifier, flat(1, 6, 8), part="file").status_code == 422
    request = PredictRequest(version=1, rows=[{"at": "2026-01-01", "load": 1}])
    with pytest.raises(InvalidInput) as caught:
        system.predict(http.app.state.default_project, classifier, request, "me")
    assert caught.value.error_code == "not_a_forecaster"


def test_an_alias_leads_to_a_version_and_a_canary_has_its_share(http, classifier, system, make_folder):  # noqa: F811
    project_id, content = http.app.state.default_project, flat(51, 6, 8)
    missing = ask(http, classifier, content, None)
    assert (missing.status_code, "alias 'champion'" in missing.json()["detail"]) == (409, True)
    system.add_version(
        project_id, make_folder(9.0), "lamps", plugin="test.brightness", kind="classify", schema=SCHEMA, config={}
    )
    for alias, version in (("champion", 1), ("night", 2)):
        system.service.aliases.promote_by_hand(
            project_id, classifier, version, alias=alias, reason="because", by="ayşe"
        )
    night = ask(http, classifier, content, None, alias="night", request_id="lamp 7").json()
    assert (night["version"], night["alias"]) == (2, "night")
    request = DeploymentRequest(version=2, mode="canary", share_percent=100.0, reason="try it")
    system.service.deployments.start(project_id, classifier, request, "ayşe")
    given = ask(http, classifier, content, None).json()
    assert (given["version"], given["alias"]) == (2, "champion")
    assert ask(http, classifier, content, 1).json()["version"] == 1
    (shown,) = system.service.deployments.list(project_id, classifier).items
    assert (shown.errors.even, shown.errors.worse) == (1, 0)
    lines = {
        line["prediction_id"]: line
        for line in http.get("/predictions", params={"model": classifier, "unserved": "true"}).json()["items"]
    }
    assert lines[night["prediction_id"]]["request_id"] == "lamp 7"
    mine = lines[given["prediction_id"]]["request_id"]
    assert sorted(line["version"] for line in lines.values() if line["request_id"] == mine) == [1, 2]


def test_probabilities_that_are_none_are_refused(http, classifier):  # noqa: F811
    assert "probabilities of shape" in ask(http, classifier, flat(0, 6, 8)).json()["detail"]


def bomb(height: int, width: int) -> bytes:
    """A PNG of black, opaque pixels, four bytes each, of which it stores next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    row, pack = b"\0" + b"\0\0\0\xff" * width, zlib.compressobj(1)
    packed = b"".join([*(pack.compress(row) for _ in range(height)), pack.flush()])
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def test_a_bomb_meets_a_memory_limit_and_never_the_serving_child(http, classifier, system, launcher):  # noqa: F811
    limited = partial(launcher.call, memory=MemoryLimit(128 << 20, "AZURAFORGE_READING__MEMORY_BYTES"))
    system.datasets.large_images = LargeImages(limited, 1)
    assert ask(http, classifier, flat(51, 6, 8)).status_code == 200
    (child,) = system.children
    before = peak_bytes(child.pid)
    answer = ask(http, classifier, bomb(6300, 6300))
    assert (answer.status_code, answer.json()["code"]) == (422, "memory_limit")
    assert "AZURAFORGE_READING__MEMORY_BYTES" in answer.json()["next_step"]
    assert peak_bytes(child.pid) < before + (16 << 20)
    assert ask(http, classifier, flat(51, 6, 8)).status_code == 200
    assert len(system.children) == 1


def test_a_large_image_is_seen_as_a_small_one_would_be(http, classifier, system):  # noqa: F811
    height, width = 1024, SERVED_PIXELS // 1024 + 1
    across = np.linspace(0, 255, width).astype(np.uint8)[None].repeat(height, axis=0)
    buffer = io.BytesIO()
    Image.fromarray(across).save(buffer, "PNG", compress_level=1)
    answer = ask(http, classifier, buffer.getvalue())
    assert answer.status_code == 200, answer.text
    seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer.json()["seen"]))))
    assert np.array_equal(seen, decode_image(buffer.getvalue(), "x", 6, 8, 1)[:, :, 0])


def test_an_image_is_not_decoded_for_a_client_that_has_left(tmp_path, launcher: Launcher):
    """The child reads the image from a pipe, which shows that it is at work and that it has ended."""
    path, ending = tmp_path / "image", Ending()
    os.mkfifo(path)

    def decode() -> None:
        with work_of_request(ending):
            LargeImages(launcher.call, 1).shrink(path, "image", (6, 8, 1), 60)

    with ThreadPoolExecutor(1) as pool:
        decoding = pool.submit(decode)
        with path.open("wb", buffering=0) as image_end:  # opens once the child reads
            ending.end()
            with pytest.raises(InvalidInput) as ended:
                decoding.result(30)
            assert ended.value.error_code == "child_died"
            with pytest.raises(BrokenPipeError):
                image_end.write(b"x" * (1 << 20))  # more than a pipe holds


def test_memory_is_refused_within_a_bound_only():
    with bounded_growth(32 << 20), pytest.raises(MemoryError):
        bytearray(1 << 31)  # more than a test process may have freed and kept
    assert len(bytearray(128 << 20)) == 128 << 20
