"""The pretrained forecaster: the numbers of its authors' code, the contract, and clear errors for broken folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.pretrained.chronos_bolt import ChronosBolt
from azuraforge.apps.forecasting.pretrained.pipeline import ChronosBoltForecaster
from azuraforge.apps.forecasting.pretrained.weights_folder import BoltConfig
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.errors import InvalidInput
from azuraforge.pipelines.judge import pretraining_doubts
from azuraforge.plugins import Table
from azuraforge.plugins.contract.evaluation import PartSummary
from azuraforge.plugins.contract.judging import SplitResult
from azuraforge.plugins.contract.pretraining import Pretraining
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun, check_pipeline
from tests.apps.pretrained.conftest import Reference


@pytest.mark.parametrize("steps", [4, 15])
def test_it_answers_as_its_authors_code_does(each_reference: Reference, steps: int) -> None:
    """Contexts that are long, short, constant, large and with holes; fifteen steps are more than it answers at once."""
    model = ChronosBolt(BoltConfig.model_validate(each_reference.config), each_reference.weights)

    found = model.forecast(each_reference.contexts, steps)

    expected = each_reference.answers[steps]
    assert found.shape == expected.shape
    spread = np.abs(expected).max(axis=(1, 2), keepdims=True)
    assert np.abs(found - expected).max() <= 2e-5 * spread.max()
    assert (np.abs(found - expected) / spread).max() <= 2e-5


@pytest.mark.parametrize("gap", [0, 3])
def test_it_keeps_the_contract(tiny: Reference, series: Table, tmp_path: Path, gap: int) -> None:
    tiny.write(tmp_path / "tiny")
    config = {"horizon": 3, "weights": "tiny", "gap": gap}

    check_pipeline(ChronosBoltForecaster, series, config, pretrained=tmp_path)


def test_holes_no_time_and_a_short_context(tiny: Reference, series: Table, tmp_path: Path) -> None:
    tiny.write(tmp_path / "tiny")
    holes = pl.int_range(pl.len()).is_in([0, 1, 40, 41, 200, 300, 301, 302, 400, 419])
    frame = series.frame.select(pl.when(~holes).then(pl.col("value")).alias("value"))
    bare = Table(frame, replace(series.schema, time=None, features=(), frequency=None, season=1))

    check_pipeline(ChronosBoltForecaster, bare, {"horizon": 9, "weights": "tiny", "context": 10}, pretrained=tmp_path)


def test_calibration_makes_intervals_hold_what_they_state(tiny: Reference, series: Table, tmp_path: Path) -> None:
    """The weights are random, so their own quantiles mean nothing: calibrated ones must hold 90 % of later rows."""
    tiny.write(tmp_path / "tiny")
    pipeline = ChronosBoltForecaster()
    config = pipeline.Config.model_validate({"horizon": 2, "weights": "tiny"})
    split = pipeline.split(series, config)
    train, validation = (cut_learning(series, rows, 2) for rows in (split.train, split.validation))
    test, truth = cut_test(series, split.test, 2)

    found = pipeline.fit(MemoryRun(config, tmp_path / "run", pretrained=tmp_path), train, validation)
    answer = pipeline.predict(found, test)
    raw = pipeline.predict(replace(found, offsets=np.zeros_like(found.offsets)), test)

    def held(predictions: object) -> float:
        low, high = (predictions.quantiles[level] for level in (0.05, 0.95))  # type: ignore[attr-defined]
        return float(np.mean((low <= truth) & (truth <= high)))

    assert 0.8 <= held(answer) <= 1
    assert abs(held(answer) - 0.9) < abs(held(raw) - 0.9)


def test_what_is_stated_of_the_pretraining_goes_with_the_version(
    tiny: Reference, series: Table, tmp_path: Path
) -> None:
    tiny.write(tmp_path / "tiny", trained_on="electricity and traffic", until="2020-06-30", licence="Apache-2.0")
    pipeline = ChronosBoltForecaster()
    config = pipeline.Config.model_validate({"horizon": 2, "weights": "tiny"})
    split = pipeline.split(series, config)
    train, validation = (cut_learning(series, rows, 2) for rows in (split.train, split.validation))
    found = pipeline.fit(MemoryRun(config, tmp_path / "run", pretrained=tmp_path), train, validation)
    (tmp_path / "saved").mkdir()
    pipeline.save(found, tmp_path / "saved")

    stated = pipeline.pretraining(pipeline.load(tmp_path / "saved"))

    assert stated.name == "tiny"
    assert stated.trained_on == "electricity and traffic"
    assert stated.until == date(2020, 6, 30)


@pytest.mark.parametrize(
    ("until", "start", "doubt"),
    [
        (None, "2021-01-01T00:00:00+00:00", "pretraining_not_stated"),
        (date(2021, 1, 1), "2021-01-01T00:00:00+00:00", "pretraining_overlaps"),
        (date(2020, 12, 31), "2021-01-01T00:00:00+00:00", None),
        (date(2020, 12, 31), None, "pretraining_overlaps"),
    ],
)
def test_a_score_is_doubted_unless_the_pretraining_ended_before(
    until: date | None, start: str | None, doubt: str | None
) -> None:
    test = PartSummary(rows=10, start=start, end=start)
    doubts = pretraining_doubts(Pretraining(name="tiny", until=until), SplitResult(parts={"test": test}))

    assert [each.code for each in doubts] == ([doubt] if doubt else [])
    assert pretraining_doubts(None, SplitResult(parts={"test": test})) == []


def changed(**fields: object) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **fields}))

    return damage


def sized(**fields: object) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        changed(chronos_config={**config["chronos_config"], **fields})(folder)

    return damage


def written(name: str, content: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return damage


def removed(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def truncated(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def weighed(change: Callable[[dict[str, np.ndarray]], object]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        tensors, _ = load_safetensors(folder / "model.safetensors")
        change(tensors)
        save_safetensors(folder / "model.safetensors", tensors)

    return damage


NORM = "encoder.final_layer_norm.weight"


@pytest.mark.parametrize(
    ("damage", "message", "next_step"),
    [
        (removed("config.json"), "config.json is missing", "published files"),
        (written("config.json", b"{"), "config.json is not valid JSON: Expecting", "published files"),
        (written("config.json", b"\xff\xfe{"), "config.json is not valid JSON", "published files"),
        (written("config.json", b"[" * 100_000), "config.json is nested too deeply", "published files"),
        (written("config.json", b"[1]"), "config.json: the file must contain a JSON object", "published files"),
        (written("config.json", b"{}"), "config.json: d_model is missing", "published files"),
        (changed(d_model="wide"), "config.json: d_model: input should be a valid integer", "published files"),
        (changed(architectures=["T5"]), "the architecture in config.json is T5", "of a Chronos-Bolt"),
        (sized(quantiles=[0.9, 0.1]), "the quantiles in config.json must ascend", "place the config.json"),
        (
            sized(input_patch_stride=2),
            "input_patch_stride (2) and input_patch_size (4) differ",
            "without overlapping patches",
        ),
        (changed(d_model=20), "has shape (2, 16), but config.json requires (2, 20)", "of the same"),
        (removed("model.safetensors"), "model.safetensors is missing", "copy model.safetensors"),
        (truncated, "model.safetensors is truncated or not a safetensors file", "compare its size"),
        (written("model.safetensors", b"<html>"), "is truncated or not a safetensors file", "compare its size"),
        (
            weighed(lambda held: held[NORM].fill(np.nan)),
            f"the tensor {NORM} in model.safetensors has NaN",
            "copy model.safetensors",
        ),
        (weighed(lambda held: held.update({NORM: np.ones(16, np.int64)})), "has the type int64", "convert the weights"),
        (weighed(lambda held: held.pop(NORM)), f"the tensor {NORM} is missing", "of the same"),
        (written("pretraining.json", b'{"until": "soon"}'), "pretraining.json: until: input should be", "optional"),
        (written("pretraining.json", b'{"licence": 2}'), "pretraining.json: licence: input should be", "optional"),
        (written("pretraining.json", b'{"note": "x"}'), "note is not a field of this file", "trained_on, until"),
        (written("pretraining.json", b"until 2020"), "pretraining.json is not valid JSON", "or delete"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_in_plain_words(
    tiny: Reference, tmp_path: Path, damage: Callable[[Path], None], message: str, next_step: str
) -> None:
    folder = tiny.write(tmp_path / "tiny")
    config = ChronosBoltForecaster.Config.model_validate({"horizon": 2, "weights": "tiny"})
    check = partial(ChronosBoltForecaster().check_pretrained, config, tmp_path.joinpath)
    check()
    damage(folder)

    with pytest.raises(InvalidInput) as caught:
        check()

    said = f"{caught.value.message} {caught.value.next_step}"
    assert message in caught.value.message
    assert next_step in caught.value.next_step
    assert caught.value.where
    assert "Error" not in said
    assert "http" not in said


@pytest.mark.parametrize("name", ["missing", "tiny.txt", ".."])
def test_weights_that_are_not_there_are_named(tiny: Reference, tmp_path: Path, name: str) -> None:
    tiny.write(tmp_path / "tiny")
    (tmp_path / "tiny.txt").write_text("no folder")
    run = MemoryRun(None, tmp_path / "run", pretrained=tmp_path)  # type: ignore[type-var]

    with pytest.raises(InvalidInput, match="available: run, tiny"):
        run.pretrained(name)
