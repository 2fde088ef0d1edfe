"""Runs alongside one another: marks only on the same rows, a verdict only where there is one to give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models.comparison import child as comparison_child
from azuraforge.models.comparison.service import Comparisons
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.runs.metrics.statistics import SeriesStatistics
from azuraforge.runs.schemas import ArtifactOut, RunDetail
from tests.task_kinds import built_in_kinds

KEPT = VerdictRecord(decision="kept", headline="kept", champion="x", reasons=[]).model_dump()
ROWS = {"start": "2020-01-01T00:00:00Z", "end": "2020-12-31T00:00:00Z", "rows": 400, "origins": 400}

KINDS = built_in_kinds()


class Asked:
    def __init__(self, payload: dict[str, Any]) -> None:
        self.payload = payload


def call_here(entry: str, payload: dict[str, Any], result: type[Any], timeout_seconds: float) -> Any:
    found = comparison_child.compare(Asked(orjson.loads(orjson.dumps(payload))))
    return result.model_validate_json(found.model_dump_json())


class Shelf:
    """Runs as ``RunService`` answers for them, their files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs: dict[str, RunDetail] = {}
        self.statistics_of = [SeriesStatistics(run_id, "loss", 0.5, 0.25, float("inf")) for run_id in "abc"]

    def add(
        self,
        run_id: str,
        errors: Any = None,
        *,
        kind: str = "forecast",
        config: dict[str, Any] | None = None,
        fingerprint: str = "f1",
        **evaluation: Any,
    ) -> None:
        plain: dict[str, Any] = dict.fromkeys(RunDetail.model_fields)
        plain |= {"id": run_id, "name": f"run {run_id}", "kind": "train", "state": "succeeded", "attempt": 1, "seed": 1}
        plain |= {
            "cancel_requested": False,
            "waiting_on": 0,
            "follow_ups": [],
            "progress": {},
            "created_at": "2024-01-01T00:00:00Z",
        }
        plain |= {"pinned": False, "config": config or {}, "threads": 1, "priority": 0, "on_failure": "cancel"}
        plain |= {"depends_on": [], "needed_by": [], "code_version": "1", "bit_reproducible": True, "attempts": []}
        plain |= {"artifacts": [], "figures": [], "notes": [], "metric_series": ["loss", "system/cpu"], "tags": []}
        plain |= {
            "last_event_seq": 0,
            "metric_series_total": 2,
            "scores": [],
            "columns": {},
            "dataset_name": "d",
            "dataset_version": 1,
            "dataset_fingerprint": fingerprint,
        }
        plain |= {"metric_series_total": 2, "scores": [], "columns": {}}
        self.runs[run_id] = RunDetail(**plain)
        if errors is None:
            return
        (self.folder / run_id).mkdir()
        test = {**ROWS, **evaluation.pop("test", {})}
        rmse = float(np.sqrt(np.nanmean(np.square(errors))))
        document = {
            "kind": kind,
            "target": "value",
            "unit": "ppm",
            "metrics": [each.model_dump(mode="json") for each in KINDS[kind].metrics],
            "horizon": errors.shape[1] if errors.ndim == 2 else None,
            "season": 1,
            "parts": {"test": test},
            "ranked_by": "rmse",
            "gate_metric": "rmse",
            "best_baseline": "base",
            "winner": "mine",
            "guarded": {"tried": 0, "of": 0},
            "contenders": [
                {
                    "name": "mine",
                    "role": "candidate",
                    "rank": 1,
                    "metrics": {"rmse": rmse, "coverage": 0.9},
                    "seconds": 2,
                },
                {"name": "base", "role": "baseline", "rank": 2, "metrics": {"rmse": 9.0}, "seconds": 1},
            ],
            **evaluation,
        }
        (self.folder / run_id / "evaluation.json").write_bytes(orjson.dumps({"evaluation": document, "verdict": KEPT}))
        name = "mine/wrong" if kind == "classify" else "mine"
        np.savez(self.folder / run_id / "errors.npz", **{name: errors})

    def get(self, project_id: str, run_id: str) -> RunDetail:
        if run_id not in self.runs:
            raise NotFound(f"run {run_id!r} does not exist")
        return self.runs[run_id]

    def statistics(self, project_id: str, run_ids: Sequence[str], most: int) -> tuple[list[SeriesStatistics], int]:
        return [each for each in self.statistics_of if each.run_id in run_ids], 0

    def artifact(self, project_id: str, run_id: str, name: str) -> tuple[ArtifactOut | None, Path]:
        path = self.folder / run_id / name
        if not path.exists():
            raise NotFound("no such artifact")
        return None, path


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def comparisons(shelf: Shelf) -> Comparisons:
    return Comparisons(shelf, shelf.statistics, call_here, "")  # type: ignore[arg-type]


def noise(scale: float = 1.0, seed: int = 0, rows: int = 400, horizon: int = 2) -> np.ndarray:
    return (scale * np.random.default_rng(seed).normal(size=(rows, horizon))).astype(np.float32)


def test_best_and_worst_are_marked_next_to_the_baselines(shelf: Shelf, comparisons: Comparisons) -> None:
    for run_id, scale in (("a", 1.0), ("b", 0.5), ("c", 2.0)):
        shelf.add(run_id, noise(scale))
    found = comparisons.compare("p", ["a", "b", "c"])
    assert (found.same_rows, found.why_not) == (True, [])
    rows = {row.metric: row for row in found.metrics}
    assert (rows["rmse"].best, rows["rmse"].worst, rows["rmse"].unit) == ([1], [2], "ppm")
    assert rows["rmse"].alongside == [9.0, 9.0, 9.0]
    assert (rows["coverage"].best, rows["coverage"].lower_is_better) == ([], None)
    assert rows["coverage"].best == []  # neither way is better
    assert rows["fit_seconds"].best == []  # all alike: nobody is best
    assert found.runs[0].metric_series == ["loss"]
    assert found.runs[0].decision == "kept"


def test_logged_metrics_of_any_run_are_compared_and_rows_are_told_apart(shelf: Shelf, comparisons: Comparisons) -> None:
    shelf.add("a")
    shelf.add("b", noise())
    shelf.add("c", noise(), fingerprint="f2")
    shelf.add("d", noise())
    found = comparisons.compare("p", ["a", "b", "c", "d"])
    assert [each.rows for each in found.runs] == [None, 0, 1, 0]
    assert found.rows[0].part == "2020-01-01 – 2020-12-31, 400"
    row = found.logged[0]
    assert (row.series, row.last, row.highest) == ("loss", [0.5, 0.5, 0.5, None], [None] * 4)


def test_a_skill_against_another_baseline_is_not_ranked(shelf: Shelf, comparisons: Comparisons) -> None:
    for run_id, best, skill in (("a", "base", 0.1), ("b", "base", 0.2), ("c", "easy", 0.9)):
        mine = {"name": "mine", "role": "candidate", "rank": 1, "metrics": {"skill": skill}}
        alongside = {"name": best, "role": "baseline", "rank": 2, "metrics": {"skill": 0.0}}
        shelf.add(run_id, noise(), best_baseline=best, contenders=[mine, alongside])
    row = next(row for row in comparisons.compare("p", ["a", "b"]).metrics if row.metric == "skill")
    assert (row.best, row.worst) == ([1], [0])
    row = next(row for row in comparisons.compare("p", ["a", "b", "c"]).metrics if row.metric == "skill")
    assert (row.best, row.worst) == ([], [])


def test_only_what_differs_in_the_configs(shelf: Shelf, comparisons: Comparisons) -> None:
    shelf.add("a", noise(), config={"epochs": 3, "layers": [1, 2], "window": None})
    shelf.add("b", noise(), config={"epochs": 4, "layers": [1, 2]})
    shelf.add("c", config={"epochs": 3, "layers": [2, 1], "alpha": True})
    rows = {row.name: row.values for row in comparisons.compare("p", ["a", "b", "c"]).config}
    assert rows == {"epochs": [3, 4, 3], "layers": [[1, 2], [1, 2], [2, 1]], "alpha": [None, None, True]}
    assert comparisons.compare("p", ["a", "b"]).config[0].name == "epochs"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"fingerprint": "f2"}, "other_dataset"),
        ({"target": "rain"}, "other_target"),
        ({"horizon": 3}, "other_horizon"),
        ({"test": {"start": "2020-02-01T00:00:00Z"}}, "other_rows"),
        ({"test": {"origins": 399}}, "other_rows"),
        ({"kind": "classify"}, "other_task"),
    ],
)
def test_other_rows_are_neither_marked_nor_compared(
    shelf: Shelf, comparisons: Comparisons, other: dict[str, Any], code: str
) -> None:
    shelf.add("a", noise(1.0))
    shelf.add("b", noise(0.1), **other)
    found = comparisons.compare("p", ["a", "b"])
    assert found.same_rows is False
    assert [said.code for said in found.why_not] == [code]
    assert all(not row.best and not row.worst for row in found.metrics)
    pair = comparisons.pair("p", "a", "b")
    assert (pair.comparable, pair.verdict, pair.low, [said.code for said in pair.why_not]) == (
        False,
        None,
        None,
        [code],
    )
    assert all(said.text["tr"] != said.text["en"] for said in pair.why_not)


def test_a_run_that_was_never_judged_is_shown_and_not_compared(shelf: Shelf, comparisons: Comparisons) -> None:
    shelf.add("a", noise())
    shelf.add("b")
    found = comparisons.compare("p", ["a", "b"])
    assert found.metrics[0].values[1] is None
    assert found.runs[1].best_baseline is None
    assert [said.code for said in comparisons.pair("p", "a", "b").why_not] == ["not_judged"]


def test_a_better_model_is_distinguished_from_noise(shelf: Shelf, comparisons: Comparisons) -> None:
    shelf.add("a", noise(0.5, seed=1))
    shelf.add("b", noise(1.0, seed=2))
    shelf.add("c", noise(1.0, seed=3))
    pair = comparisons.pair("p", "a", "b")
    assert pair.verdict == "a_better"
    assert pair.relative_difference == pytest.approx(-0.5, abs=0.05)
    assert pair.low is not None
    assert pair.high is not None
    assert pair.low < -0.5 < pair.high < 0
    assert pair.shown["en"]["measure"] == "RMSE"
    assert pair.shown["tr"]["change"].startswith("−%")
    assert comparisons.pair("p", "b", "a").verdict == "b_better"
    assert comparisons.pair("p", "b", "c").verdict == "no_difference"


def test_too_few_rows_have_no_interval(shelf: Shelf, comparisons: Comparisons) -> None:
    shelf.add("a", noise(0.5, rows=12), test={"origins": 12})
    shelf.add("b", noise(1.0, rows=12), test={"origins": 12})
    pair = comparisons.pair("p", "a", "b")
    assert (pair.comparable, pair.verdict, pair.low) == (True, "too_few", None)


def test_classifiers_are_compared_by_their_errors_on_the_same_images(shelf: Shelf, comparisons: Comparisons) -> None:
    rng = np.random.default_rng(0)
    images = {"start": None, "end": None, "rows_sha256": "x"}
    shelf.add("a", (rng.random(2000) < 0.05).astype(np.uint8), kind="classify", test=images)
    shelf.add("b", (rng.random(2000) < 0.15).astype(np.uint8), kind="classify", test=images)
    shelf.add("c", (rng.random(2000) < 0.15).astype(np.uint8), kind="classify", test={**images, "rows_sha256": "y"})
    shelf.add("d", (rng.random(2000) < 0.15).astype(np.uint8), kind="classify", test={**images, "rows_sha256": None})
    shelf.add("e", (rng.random(2000) < 0.15).astype(np.uint8), kind="classify", test={**images, "rows_sha256": None})
    pair = comparisons.pair("p", "a", "b")
    assert (pair.verdict, pair.metric, pair.pieces) == ("a_better", "error_rate", pair.origins)
    assert comparisons.pair("p", "a", "c").why_not[0].code == "other_rows"
    assert comparisons.pair("p", "d", "e").why_not[0].code == "unknown_rows"


def test_what_cannot_be_asked(shelf: Shelf, comparisons: Comparisons) -> None:
    shelf.add("a", noise())
    with pytest.raises(InvalidInput, match="requires 2 to"):
        comparisons.compare("p", ["a", "a"])
    with pytest.raises(InvalidInput, match="with itself"):
        comparisons.pair("p", "a", "a")
    with pytest.raises(NotFound):
        comparisons.compare("p", ["a", "nowhere"])


def test_errors_in_different_units_have_no_common_unit(shelf: Shelf, comparisons: Comparisons) -> None:
    shelf.add("a", noise(1.0))
    shelf.add("b", noise(0.5), unit="°C")
    shelf.add("c")
    found = comparisons.compare("p", ["a", "b", "c"])
    assert [each.unit for each in found.runs] == ["ppm", "°C", None]
    rows = {row.metric: row for row in found.metrics}
    assert rows["rmse"].unit is None
    assert (rows["coverage"].unit, rows["fit_seconds"].unit) == ("", "s")
