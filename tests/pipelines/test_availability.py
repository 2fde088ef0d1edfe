"""Columns that become known late, from the dataset to the verdict, to serving and to batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.datasets.schemas import AvailabilityRequest, FileOptions
from azuraforge.errors import InvalidInput
from azuraforge.models.schemas import PredictRequest
from azuraforge.pipelines.backtests import steps as backtest_steps
from azuraforge.pipelines.backtests.shapes import FoldRows
from azuraforge.plugins import DatasetSchema
from azuraforge.plugins.kinds.forecast.kind import Forecast
from tests.pipelines.test_training import System, system  # noqa: F401  a fixture

DAYS = 500
START = datetime(2022, 1, 1, tzinfo=UTC)


def add(system: System, **stated: str) -> Any:  # noqa: F811
    """A dataset ``leaky`` whose column ``meter`` holds the target of the next day, with a day's delay in truth."""
    rng = np.random.default_rng(0)
    level = np.zeros(DAYS + 1)
    for row in range(1, DAYS + 1):
        level[row] = 0.8 * level[row - 1] + rng.normal()
    value = 50 + level + 3 * np.sin(2 * np.pi * np.arange(DAYS + 1) / 7)
    lines = ["at,value,meter,rain"]
    for row in range(DAYS):
        lines.append(f"{START + timedelta(days=row)},{value[row]:.6f},{value[row + 1]:.6f},{rng.normal():.6f}")
    path = system.home / "leaky.csv"
    path.write_text("\n".join(lines) + "\n")
    options = FileOptions(name="leaky", time="at", target="value", available_after=stated)
    return system.datasets.add_file(system.project_id, path, path.name, options)


def test_a_leak_that_is_declared_with_its_true_delay_is_harmless(system: System) -> None:  # noqa: F811
    system.use_baselines_named("test.last", "test.mean")
    found = add(system)
    assert "column_knows_future" in [each.code for each in found.findings]
    job, leaking = system.train("forecasting.ridge", dataset="leaky", refit=False)
    verdict = system.models.reads.evaluation(system.project_id, job.run.id).verdict
    assert (leaking["headline"], verdict.promotes) == ("withheld", False)
    reasons = " ".join(each.text.en for each in verdict.reasons)
    assert "azuraforge datasets available-after NAME meter=1d" in reasons

    asked = AvailabilityRequest(columns={"meter": "1 day"})
    stated = system.datasets.state_availability(system.project_id, "leaky", asked)
    assert (stated.version, stated.rows) == (2, found.rows)
    assert stated.fingerprint != found.fingerprint
    codes = [each.code for each in stated.findings]
    assert "column_knows_future" not in codes
    assert "availability_stated" in codes
    again, honest = system.train("forecasting.ridge", dataset="leaky", refit=False)
    assert honest["headline"] == "promoted"
    before, after = (
        system.models.reads.evaluation(system.project_id, each.run.id).evaluation.candidate.horizons[0].metrics["rmse"]
        for each in (job, again)
    )
    assert before is not None
    assert after is not None
    assert after > 4 * before  # the delay was kept: the leak no longer helps


def test_serving_and_training_see_the_same_rows(system: System) -> None:  # noqa: F811
    """Rows that are sent up to the day are answered as the dataset's own end; the newest values may be unknown."""
    system.use_baselines_named("test.last")
    add(system, meter="1d")
    system.train("forecasting.ridge", dataset="leaky", refit=False)
    table = pl.read_csv(system.home / "leaky.csv", try_parse_dates=True)
    rows = [{**row, "at": row["at"].isoformat()} for row in table.to_dicts()]
    rows[-1]["meter"] = None  # tomorrow's target: nobody knows it

    def ask(**fields: Any) -> list[float]:
        answer = predict(system, PredictRequest(version=1, **fields))
        return [point.value for point in answer.predictions]

    own = ask()
    assert ask(rows=rows) == pytest.approx(own)
    rows[-1]["meter"] = 1e6  # and who sends it is not helped by it
    assert ask(rows=rows) == pytest.approx(own)
    rows[-2]["meter"] = 1e6
    assert ask(rows=rows) != pytest.approx(own)
    rows[-2]["meter"] = None
    rows[-3]["meter"] = None
    rows[-1]["meter"] = 1.0
    with pytest.raises(InvalidInput, match="'meter' is None"):
        ask(rows=rows)
    with pytest.raises(InvalidInput, match="becomes known 1d after its row, but the rows end before that"):
        ask(rows=rows[-1:])


def test_columns_that_are_too_good_together_block_until_it_is_stated_when_they_are_known(
    system: System,  # noqa: F811
) -> None:
    system.use_baselines_named("test.last", "test.mean")
    rng = np.random.default_rng(1)
    value, booked = rng.normal(size=DAYS + 1).cumsum(), rng.normal(0, 30, DAYS)
    lines = ["at,value,stock,booked"]
    for row in range(DAYS):
        lines.append(f"{START + timedelta(days=row)},{value[row]},{value[row + 1] + booked[row]},{booked[row]}")
    path = system.home / "split.csv"
    path.write_text("\n".join(lines) + "\n")
    system.datasets.add_file(
        system.project_id, path, path.name, FileOptions(name="split", time="at", target="value", gaps="keep")
    )
    job, summary = system.train("forecasting.ridge", dataset="split", refit=False)
    evaluated = system.models.reads.evaluation(system.project_id, job.run.id)
    assert summary["headline"] == "withheld"
    assert {(each.column, each.kind) for each in evaluated.evaluation.suspicious} == {
        ("stock", "too_good"),
        ("booked", "too_good"),
    }
    assert any("available-after NAME stock=1d" in each.text.en for each in evaluated.verdict.reasons)
    asked = AvailabilityRequest(columns={"stock": "0", "booked": "0"})
    system.datasets.state_availability(system.project_id, "split", asked)
    job, summary = system.train("forecasting.ridge", dataset="split", refit=False)
    again = system.models.reads.evaluation(system.project_id, job.run.id)
    assert not any(each.blocks for each in again.evaluation.suspicious)
    assert summary["headline"] != "withheld"  # a second look at the same rows needs more evidence to promote


def predict(system: System, request: PredictRequest) -> Any:  # noqa: F811
    import asyncio

    return asyncio.run(system.models.predict(system.project_id, "leaky", request, "test"))


def test_every_table_of_a_run_holds_what_was_known(system: System) -> None:  # noqa: F811
    stated = add(system, meter="3d")
    version = system.datasets.get(system.project_id, "leaky")
    frame = pl.read_parquet(version.paths)
    late = Forecast().table(frame, stated.dataset_schema).frame["meter"]
    assert late.null_count() == 3
    assert late[3:].to_list() == frame["meter"][:-3].to_list()
    split = {"parts": {}, "ranges": {"train": [0, 300], "validation": [300, 400], "test": [400, 500]}, "season": 7}
    fold = {"train": [0, 300], "validation": [300, 400], "test": [400, 500]}
    files = {"paths": [str(path) for path in version.paths], "schema": version.schema, "options": version.options}
    files["fingerprint"] = version.fingerprint
    asked = FoldRows.model_validate(
        {
            "dataset": files,
            "config": {"horizon": 3},
            "split": split,
            "fold": fold,
        }
    )
    assert backtest_steps._table(asked).frame["meter"].equals(late)


def test_what_is_stated_known_ahead_is_used_ahead_and_nothing_else_may_be(system: System) -> None:  # noqa: F811
    add(system, rain="known ahead", meter="6h")
    assert system.prepare("forecasting.ridge", dataset="leaky").config["known_ahead"] == ["rain"]
    with pytest.raises(InvalidInput, match="its values become known 6h after their row") as caught:
        system.prepare("forecasting.ridge", dataset="leaky", known_ahead=["meter"])
    assert "available-after" in str(caught.value.next_step)


def test_a_version_reads_no_dataset_that_states_less(system: System) -> None:  # noqa: F811
    stated = add(system, meter="1d").dataset_schema
    bare = stated.model_copy(update={"available_after": {}})
    problem = Forecast().unreadable(stated, bare)
    assert problem is not None
    assert "'meter' became known 1d after its row" in str(problem)
    assert Forecast().unreadable(bare, stated) is None
    assert isinstance(stated, DatasetSchema)
