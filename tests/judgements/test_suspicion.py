"""Predictions that know the outcome are suspected; honest ones, and noise, are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from azuraforge.judgements.judging import judge
from tests.judgements.series import ROWS, START, Walk, days, finding, judged, suspected, write


def test_leaks_are_suspected(tmp_path: Path) -> None:
    walk = Walk()
    noise, later = walk.rng.normal(size=ROWS), np.concatenate([walk.y[1:], [0.0]])
    leaks = {
        "equal": walk.y,
        "nearly_equal": walk.y + 0.15 * noise,
        "scaled": 0.95 * walk.y + 0.1,
        "one_row_ahead": later + 0.02 * noise,
        "smoothed_over_the_future": np.convolve(walk.y, np.ones(3) / 3, "same"),
    }
    found = judge(write(tmp_path / "p.csv", {"actual": walk.y, **leaks}))
    kinds = {each.model: each.code for each in found.findings if each.severity == "suspicion"}
    assert kinds == {
        "equal": "suspected.equal",
        "nearly_equal": "suspected.later_values",
        "scaled": "suspected.later_values",
        "one_row_ahead": "suspected.shifted",
        "smoothed_over_the_future": "suspected.later_values",
    }
    assert all(each.suspected for each in found.verdicts)
    assert "seems to know the outcome" in found.headline["en"]
    assert "sonucu önceden biliyor gibi" in found.headline["tr"]


def test_a_leak_from_origins_far_apart_is_suspected_by_what_it_explains(tmp_path: Path) -> None:
    walk = Walk()
    origins = range(START, ROWS - 1, 2)
    columns = {
        "at": [days()[origin + 1] for origin in origins],
        "made_at": [days()[origin] for origin in origins],
        "leaked": [walk.y[origin + 1] + 0.1 * walk.unknown[origin] for origin in origins],
        "honest": [walk.best[origin + 1] for origin in origins],
    }
    pl.DataFrame(columns).write_csv(tmp_path / "p.csv")
    pl.DataFrame({"at": days(), "actual": walk.y}).write_csv(tmp_path / "a.csv")
    found = judge(tmp_path / "p.csv", actual=tmp_path / "a.csv")
    assert [(each.model, each.code) for each in found.findings if each.severity == "suspicion"] == [
        ("leaked", "suspected.news")
    ]


@pytest.mark.parametrize("seed", range(3))
def test_honest_predictions_and_noise_are_not(tmp_path: Path, seed: int) -> None:
    walk = Walk(seed=seed)
    noise = walk.rng.normal(size=ROWS)
    honest = {
        "best": walk.best,
        "past": walk.past,
        "noisy": walk.past + 0.5 * noise,
        "noise": noise,
        "shuffled": walk.rng.permutation(walk.y),
        "last": walk.last,
    }
    assert suspected(judge(write(tmp_path / "p.csv", {"actual": walk.y, **honest}))) == []


def test_an_origin_later_than_stated_is_suspected(tmp_path: Path) -> None:
    walk = Walk()
    found = judged(tmp_path, walk, walk.last + 0.01 * walk.rng.normal(size=ROWS), horizon=4)
    shifted = finding(found, "suspected.shifted")
    assert shifted is not None
    assert "3 rows after its stated origin" in shifted.text["en"]


def test_a_series_without_noise_is_no_leak(tmp_path: Path) -> None:
    walk = Walk()
    walk.y = np.sin(np.arange(ROWS) * 2 * np.pi / 7) + 0.01 * np.arange(ROWS)
    assert suspected(judged(tmp_path, walk, walk.y)) == []


def test_the_last_value_shifted_by_one_is_named(tmp_path: Path) -> None:
    walk = Walk()
    exact = finding(judged(tmp_path, walk, walk.last), "copies")
    assert exact is not None
    assert "last value" in exact.text["en"]
    # A random walk, and what a network that only tracks it says of it.
    walk.y = np.cumsum(walk.unknown)
    last = np.concatenate([[0.0], walk.y[:-1]])
    found = judged(tmp_path, walk, last + 0.25 * walk.rng.normal(size=ROWS))
    assert finding(found, "copies_last") is not None
    assert found.verdicts[0].decision != "better"


def test_the_truth_under_noise_is_suspected_and_a_forecast_as_good_is_not(tmp_path: Path) -> None:
    walk = Walk(seed=5)
    # Both explain about two thirds of the news; only the honest one leaves out what it does not know.
    honest = walk.past + 2**0.5 * walk.known
    walk.y = honest + walk.unknown
    columns = {"actual": walk.y, "leaked": walk.y + walk.rng.normal(size=ROWS), "honest": honest}
    found = judge(write(tmp_path / "p.csv", columns))
    assert {each.model for each in found.findings if each.severity == "suspicion"} == {"leaked"}


def test_a_source_outside_the_series_is_no_leak(tmp_path: Path) -> None:
    # Of a series without memory, forecasts from a source outside of it have the correlations of a noisy leak.
    for seed in (0, 2):
        walk = Walk(seed=seed)
        walk.y = walk.known + walk.unknown
        assert suspected(judged(tmp_path, walk, walk.known)) == [], seed
    # A source that knows nine tenths of the news.
    walk = Walk()
    honest = walk.past + 3.5 * walk.known
    walk.y = honest + walk.unknown
    assert suspected(judged(tmp_path, walk, honest)) == []


@pytest.mark.parametrize(("start", "looked"), [(ROWS - 47, False), (ROWS - 120, True)])
def test_too_few_predictions_to_look_for_a_leak_under_noise_are_said(tmp_path: Path, start: int, looked: bool) -> None:
    walk = Walk()
    found = judged(tmp_path, walk, walk.y + 0.7 * walk.rng.normal(size=ROWS), start)
    note = finding(found, "few_for_news")
    assert (note is None) == looked
    assert bool(suspected(found)) == looked
    if note is not None:
        assert note.text["en"].startswith("Only 47 predictions have")
        assert "en az" in note.text["tr"]


def shares_found(folder: Path, count: int, noises: tuple[float, ...], draws: int) -> dict[float, float]:
    """The share of leaks with noise, relative to what the past does not explain, that are suspected; -1: honest ones
    that know 85 % of it."""
    rng, before = np.random.default_rng(7), 120
    rows = before + count
    known, unknown = 0.85**0.5 * rng.normal(size=rows), 0.15**0.5 * rng.normal(size=rows)
    y = np.zeros(rows)
    for row in range(1, rows):
        y[row] = 0.7 * y[row - 1] + known[row] + unknown[row]
    columns = {f"{noise}_{draw}": y + noise * rng.normal(size=rows) for noise in noises for draw in range(draws)}
    columns["-1.0_0"] = y - unknown
    found = judge(write(folder / "p.csv", {"actual": y, **columns}, before))
    named = [float(one.model.split("_")[0]) for one in found.findings if one.severity == "suspicion" and one.model]
    return {noise: named.count(noise) / draws for noise in (*noises, -1.0)}


def test_leaks_under_noise_are_found_as_often_as_the_guide_states(tmp_path: Path) -> None:
    many = shares_found(tmp_path, 300, (0.1, 0.2, 0.28, 0.4, 0.5, 0.7), 8)
    assert many.pop(-1.0) == 0, "an honest forecast from outside"
    assert min(many.values()) >= 7 / 8
    assert sum(many.values()) / len(many) >= 0.95
    few = shares_found(tmp_path, 63, (0.3, 1.2), 20)
    assert 0.4 < few[0.3] < 0.9, "63 predictions are too few to be sure"
    assert few[1.2] < 0.2
