"""Training runs on images: the whole loop on a real database and model store; the phases run in this process."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from azuraforge.database import Database
from azuraforge.datasets.schemas import ImageOptions
from azuraforge.errors import InvalidInput
from azuraforge.pipelines.shapes import to_json
from azuraforge.plugins.kinds.classify.parts import LEARNED_IMAGES, load_images
from azuraforge.plugins.kinds.classify.predictions import load_classes
from azuraforge.plugins.vision.config import content_hashes
from azuraforge.runs.handlers import PreparedRun
from azuraforge.runs.schemas import RunRequest
from tests.image_files import pack
from tests.pipelines.test_training import JobHere, System
from tests.task_kinds import use_baselines

NETWORK = {"channels": [6, 8], "hidden_size": 24, "epochs": 3, "batch_size": 24, "augment": False}
BASELINES = ("vision.majority", "vision.logistic", "vision.neighbours")

CLASSIFIERS = '''
from abc import abstractmethod
import numpy as np
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.plugins import ClassifyConfig, ClassPredictions, ImagePipeline

class Base(ImagePipeline):
    uses_engine = False
    Config = ClassifyConfig
    @abstractmethod
    def name_of(self, pixels): ...
    def fit(self, run, train, validation):
        assert train.labels is not None and validation.labels is not None
        return {"classes": np.array(len(train.schema.classes))}
    def save(self, predictor, folder):
        save_safetensors(folder / "weights.safetensors", predictor)
    def load(self, folder):
        return load_safetensors(folder / "weights.safetensors")[0]
    def predict(self, predictor, part):
        assert part.labels is None
        shown = np.eye(int(predictor["classes"]))[self.name_of(part.pixels)]
        return ClassPredictions(shown * 0.9 + 0.1 / shown.shape[1])

class Seer(Base):
    """Sees the class in the first pixel's brightness, where the test data writes it."""
    name = "test.seer"
    def name_of(self, pixels):
        return pixels[:, 0, 0, 0] // 60

class Worse(Base):
    """As the seer, but wrong about every fourth image."""
    name = "test.worse"
    def name_of(self, pixels):
        seen = pixels[:, 0, 0, 0] // 60
        return np.where(pixels[:, 4, 4, 0] % 4 == 0, (seen + 1) % 3, seen)

class Crowd(Base):
    """Names whatever most images of the question are: it looks at others."""
    name = "test.crowd"
    def name_of(self, pixels):
        seen = pixels[:, 0, 0, 0] // 60
        return np.full(len(pixels), np.bincount(seen).argmax())
'''


def png(pixels: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0]).save(buffer, "PNG")
    return buffer.getvalue()


def images(count: int, seed: int = 0, part: str = "") -> dict[str, bytes]:
    """A zip's files: 8 × 8 strokes of three classes among noise, the class also in the first pixel's brightness."""
    rng = np.random.default_rng(seed)
    files = {}
    for index in range(count):
        label = index % 3
        pixels = rng.integers(0, 50, size=(8, 8, 1), dtype=np.uint8)
        row, column = rng.integers(2, 6, size=2)
        if label != 2:
            pixels[1:7, column] += 150
        if label != 0:
            pixels[row, 1:7] += 50
        pixels[0, 0] = 60 * label + rng.integers(0, 60)
        files[f"{part}{['bar', 'cross', 'dash'][label]}/{seed}-{index}.png"] = png(pixels)
    return files


@pytest.fixture
def system(
    database: Database,
    project_id: str,
    tmp_path: Path,
    plugins_folder: Path,
    child: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[System]:
    (plugins_folder / "classifiers.py").write_text(CLASSIFIERS)
    made = System(database, project_id, tmp_path / "home", plugins_folder, child)
    made.use_baselines_named = lambda *names: use_baselines(monkeypatch, "classify", *names)
    made.use_baselines_named("vision.majority")
    add(made, images(360))
    yield made
    made.close()


def add(system: System, files: dict[str, bytes]) -> None:
    system.home.mkdir(parents=True, exist_ok=True)
    path = pack(system.home / "strokes.zip", files)
    system.datasets.add_file(system.project_id, path, path.name, ImageOptions(kind="images", name="strokes"))


def prepare(system: System, plugin: str, **config: Any) -> PreparedRun:
    request = RunRequest(plugin=plugin, dataset="strokes", config=config, seed=7)
    return system.handler.prepare(system.project_id, request)


def train(system: System, plugin: str, **config: Any) -> tuple[JobHere, dict[str, Any]]:
    job = system.job(prepare(system, plugin, **config))
    return job, system.finish(system.handler.execute(job))


def evaluation(system: System, job: JobHere) -> Any:
    return system.models.reads.evaluation(system.project_id, job.run.id)


def test_the_network_next_to_its_baselines_with_all_figures(system: System) -> None:
    system.use_baselines_named(*BASELINES)
    job, summary = train(system, "vision.cnn", **NETWORK)
    stored = evaluation(system, job).evaluation
    assert stored.kind == "classify"
    assert stored.classes == ("bar", "cross", "dash")
    assert {each.name: each.role for each in stored.contenders} == {
        "vision.cnn": "candidate",
        **dict.fromkeys(BASELINES, "baseline"),
    }
    assert stored.failed == ()
    metrics = {each.name: each.metrics for each in stored.contenders}
    assert metrics["vision.majority"]["accuracy"] == pytest.approx(1 / 3)
    network = metrics["vision.cnn"]
    assert 0.5 < network["accuracy"] < 1
    assert network["accuracy_low"] < network["accuracy"] < network["accuracy_high"]
    assert network["ece_uncalibrated"] is not None
    assert summary["metrics"] == network
    assert set(job.figures) >= {"confusion", "per_class", "reliability", "mistakes"}
    counts = np.array(job.figures["confusion"]["counts"])
    assert counts.sum() == stored.parts["test"].rows == 72
    assert np.trace(counts) / counts.sum() == pytest.approx(network["accuracy"])
    wrong = job.figures["mistakes"]
    assert wrong["wrong"] == 72 - np.trace(counts)
    assert len(wrong["images"]) == min(24, wrong["wrong"])
    sure = [each["probability"] for each in wrong["images"]]
    assert sure == sorted(sure, reverse=True)
    assert all(each["truth"] != each["answer"] for each in wrong["images"])
    card = system.models.reads.show_version(system.project_id, "strokes", summary["version"])
    assert card.learned_from.rows == 288


def test_the_children_that_learn_are_given_no_test_image(system: System) -> None:
    job, _ = train(system, "test.seer")
    (wanted, fitted), (_, held) = job.done["fit"], job.done["hold_out"]
    fit = to_json(wanted)
    assert set(fit) == {  # not the dataset
        *("plugin", "plugins_folder", "pretrained_folder", "config", "train", "validation", "baselines")
    }
    assert fit["baselines"] == ["vision.majority"]  # names only
    learned = {
        int(each)
        for part in ("train", "validation")
        for each in content_hashes([image.tobytes() for image in load_images(fit[part]).pixels])
    }
    test = load_images(held.outputs / "test")
    hidden = set(content_hashes([image.tobytes() for image in test.pixels]).tolist())
    assert hidden
    assert not learned & hidden
    assert not list(Path(fit["train"]).parent.rglob("*test*"))
    assert test.labels is None
    assert job.began.index("hold_out") > job.began.index("fit_baselines")
    assert (fitted.outputs / "predictor" / LEARNED_IMAGES).exists()


def test_a_worse_candidate_is_not_promoted_and_a_better_one_is(system: System) -> None:
    _, first = train(system, "test.worse")
    assert first["decision"] == "promoted"  # better than the majority
    job, second = train(system, "test.seer")
    assert (second["decision"], second["champion_version"]) == ("promoted", 2)
    roles = {each.role: each for each in evaluation(system, job).evaluation.contenders}
    assert roles["champion"].metrics["accuracy"] < 0.9
    assert roles["candidate"].metrics["accuracy"] == 1
    _, third = train(system, "test.worse")
    assert (third["decision"], third["champion_version"]) == ("kept", 2)
    codes = [reason.code for reason in evaluation(system, job).verdict.reasons]
    assert "level_tightened" in codes  # the same dataset was looked at before
    assert "beats_champion" in codes


def test_images_that_the_champion_learned_from_do_not_count(system: System) -> None:
    train(system, "test.worse")
    job, summary = train(system, "test.seer", split_seed=1)  # most of its test part was learned from by the champion
    assert summary["decision"] == "not_comparable"
    few = next(r for r in evaluation(system, job).verdict.reasons if r.code == "too_few_origins")
    hidden = set(_test_hashes(job).tolist())
    learned = set(_learned(system, 1).tolist())
    assert few.params["origins"] == len(hidden - learned)
    assert "images" not in few.text.en
    assert "examples" in few.text.en


def test_a_model_of_other_classes_is_not_comparable(system: System) -> None:
    train(system, "test.worse")
    add(system, {name.replace("bar/", "pole/"): data for name, data in images(360, seed=4).items()})
    job, summary = train(system, "test.seer")
    assert summary["decision"] == "not_comparable"
    assert "other_classes" in [reason.code for reason in evaluation(system, job).verdict.reasons]


def test_an_official_test_part_is_the_one_that_is_judged(system: System) -> None:
    add(system, {**images(240, 1, "train/"), **images(60, 2, "test/")})
    job, _ = train(system, "test.seer", test_share=0.4)
    parts = evaluation(system, job).evaluation.parts
    assert tuple(parts[name].rows for name in ("train", "validation", "test")) == (216, 24, 60)


def test_who_looks_at_the_other_images_of_the_question_ends_the_run(system: System) -> None:
    job = system.job(prepare(system, "test.crowd"))
    with pytest.raises(InvalidInput, match="other images"):
        system.handler.execute(job)


def test_a_forecaster_is_refused_before_the_run_exists_and_a_classifier_of_a_series_too(system: System) -> None:
    with pytest.raises(InvalidInput, match="is of kind 'images'") as refused:
        prepare(system, "test.linear", horizon=3)
    assert refused.value.error_code == "other_kind"
    system.add()
    with pytest.raises(InvalidInput, match="is of kind 'series'"):
        system.handler.prepare(system.project_id, RunRequest(plugin="test.seer", dataset="series", config={}, seed=7))


def test_the_same_seed_gives_the_same_bits_and_every_loss_is_kept(system: System) -> None:
    jobs = [train(system, "vision.cnn", **{**NETWORK, "epochs": 2})[0] for _ in range(2)]
    hashes = [job.done["fit"][1].value.weights_sha256 for job in jobs]
    assert hashes[0] == hashes[1]
    predictions = [load_classes(job.done["predict"][1].outputs / "test.npz") for job in jobs]
    assert predictions[0].probabilities.tobytes() == predictions[1].probabilities.tobytes()
    (jobs[0].folder / "errors.npz").write_bytes(jobs[0].artifacts["errors.npz"])
    with np.load(jobs[0].folder / "errors.npz") as losses:
        assert losses["vision.cnn"].shape == (72,)
        assert set(np.unique(losses["vision.cnn/wrong"])) <= {0, 1}
    assert json.loads(jobs[0].artifacts["evaluation.json"])["evaluation"]["gate_metric"] == "error_rate"


def _test_hashes(job: JobHere) -> Any:
    test = load_images(job.done["hold_out"][1].outputs / "test")
    return content_hashes([image.tobytes() for image in test.pixels])


def _learned(system: System, version: int) -> Any:
    from azuraforge.plugins.kinds.classify.parts import learned_images

    address = system.models.reads.show_version(system.project_id, "strokes", version).content_hash
    return learned_images(system.models.folders.verify(system.project_id, address))
