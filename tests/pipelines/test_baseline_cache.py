"""Kept baselines: found on the same data only, trusted only while every byte verifies, bounded."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from azuraforge.pipelines import baseline_cache
from azuraforge.pipelines.baseline_cache import BaselineCache, key_of, sealed_hash
from azuraforge.processes.sealed_folders import seal

RESULT = {"baselines": [{"name": "naive", "seconds": 0.1}], "outputs": "/somewhere"}


@pytest.fixture
def cache(tmp_path: Path) -> BaselineCache:
    return BaselineCache(tmp_path / "baselines")


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    folder = tmp_path / "phase" / "outputs"
    (folder / "naive").mkdir(parents=True)
    (folder / "naive" / "weights.json").write_text("1.5")
    seal(folder, {})
    return folder


def test_what_was_kept_is_found_as_a_copy_of_its_own(cache: BaselineCache, outputs: Path, tmp_path: Path) -> None:
    cache.keep("p1", "k", outputs, {**RESULT})
    copy = tmp_path / "run" / "cached"
    assert cache.find("p1", "k", copy) == {**RESULT, "outputs": str(copy)}
    assert (copy / "naive" / "weights.json").read_text() == "1.5"
    (copy / "naive" / "weights.json").write_text("2.5")  # a run's own copy
    assert cache.find("p1", "k", tmp_path / "other") is not None


def test_no_other_project_and_no_other_key_finds_it(cache: BaselineCache, outputs: Path, tmp_path: Path) -> None:
    cache.keep("p1", "k", outputs, {**RESULT})
    assert cache.find("p2", "k", tmp_path / "copy") is None
    assert cache.find("p1", "l", tmp_path / "copy") is None
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("damage", ["changed", "missing", "added", "result", "half"])
def test_a_damaged_entry_is_not_used(cache: BaselineCache, outputs: Path, tmp_path: Path, damage: str) -> None:
    cache.keep("p1", "k", outputs, {**RESULT})
    home = tmp_path / "baselines" / "p1" / "k"
    weights = home / "outputs" / "naive" / "weights.json"
    match damage:
        case "changed":
            weights.unlink()
            weights.write_text("9.9")
        case "missing":
            weights.unlink()
        case "added":
            (home / "outputs" / "more.json").write_text("{}")
        case "result":
            told = home / "result.json"
            told.write_text(told.read_text().replace("0.1", "0.2"))
        case _:
            (home / "result.json").write_bytes(b"")
    assert cache.find("p1", "k", tmp_path / "copy") is None
    assert not (tmp_path / "copy").exists()


def test_a_folder_that_no_child_sealed_is_not_kept(cache: BaselineCache, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert sealed_hash(tmp_path / "plain") is None
    cache.keep("p1", "k", tmp_path / "plain", {**RESULT})
    assert cache.find("p1", "k", tmp_path / "copy") is None


def test_an_entry_outlives_the_run_that_made_it(cache: BaselineCache, outputs: Path, tmp_path: Path) -> None:
    import shutil

    cache.keep("p1", "k", outputs, {**RESULT})
    shutil.rmtree(outputs)
    assert cache.find("p1", "k", tmp_path / "copy") is not None


def test_the_number_of_entries_is_bounded_and_the_unused_ones_go(
    cache: BaselineCache, outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline_cache, "MOST_ENTRIES", 2)
    home = tmp_path / "baselines" / "p1"
    for number, key in enumerate(("a", "b", "c")):
        cache.keep("p1", key, outputs, {**RESULT})
        os.utime(home / key, (time.time() - 100 + number,) * 2)
    assert sorted(path.name for path in home.iterdir()) == ["b", "c"]
    (home / ".draft-left").mkdir()  # of a process that was killed
    os.utime(home / ".draft-left", (1, 1))
    os.utime(home / "b", (1, 1))
    assert cache.sweep(held=["p1"]) == 0
    assert cache.sweep() == 2
    assert [path.name for path in home.iterdir()] == ["c"]
    assert cache.sweep(kept_seconds=-1) == 1
    assert not home.exists()


def test_a_key_follows_from_the_data_the_settings_and_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    depends_on = {"config": {"horizon": 3}, "settings": {"seed": 1}}
    keys = [
        key_of("fit_baselines", ["a"], depends_on),
        key_of("predict_baselines", ["a"], depends_on),
        key_of("fit_baselines", ["b"], depends_on),
        key_of("fit_baselines", ["a"], {**depends_on, "settings": {"seed": 2}}),
    ]
    assert key_of("fit_baselines", ["a"], dict(reversed(depends_on.items()))) == keys[0]
    monkeypatch.setattr(baseline_cache, "installed_packages", lambda: "another Polars")
    keys.append(key_of("fit_baselines", ["a"], depends_on))
    monkeypatch.setattr(baseline_cache, "code_version", lambda: "another commit")
    keys.append(key_of("fit_baselines", ["a"], depends_on))
    assert len(set(keys)) == len(keys)
