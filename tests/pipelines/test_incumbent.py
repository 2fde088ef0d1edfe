"""A present forecast in the dataset: what counts of it, who beats it, and that no model sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.database import Database
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.loading import present_forecasts
from azuraforge.datasets.reading.reader import read_file
from azuraforge.datasets.schemas import AppendOptions, FileOptions, IncumbentOptions, RevisionPolicy
from azuraforge.errors import InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.verdict import Verdict, decide
from azuraforge.models.predictions.live import LiveReads
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.truths import Truths
from azuraforge.models.schemas import PredictRequest
from azuraforge.plugins.contract.dataset_schema import DatasetSchema, IncumbentColumns
from azuraforge.plugins.contract.parts import Part, Schema
from azuraforge.plugins.forecasting.availability import known_table
from azuraforge.plugins.kinds.forecast.facts import RMSE
from azuraforge.plugins.kinds.forecast.incumbent import Incumbent, at_origins
from tests.pipelines.test_training_with_children import Stand
from tests.task_kinds import use_baselines

START = datetime(2024, 1, 1, tzinfo=UTC)
OPTIONS = {"time": "at", "target": "sold", "incumbent": "plan", "incumbent_made_at": "planned"}


def day(number: int) -> str:
    return (START + timedelta(days=number)).isoformat()


def sales(count: int, error: float, *, first: int = 0, said: Callable[[int], bool] = lambda _: True) -> str:
    """A weekly series; the plan of each day was made two days before and misses by about ``error``."""
    rng = np.random.default_rng(3)
    lines = ["at,sold,rain,plan,planned"]
    for row in range(count):
        sold, rain, miss = 40 + 5 * np.sin(2 * np.pi * row / 7) + rng.normal(), rng.normal(), rng.normal()
        plan = f"{sold + error * miss:.6f},{day(row - 2)}" if said(row) else ","
        lines.append(f"{day(row)},{sold:.6f},{rain:.6f},{plan}")
    return "\n".join([lines[0], *lines[1 + first :]]) + "\n"


def read(tmp_path: Path, text: str, **options: Any) -> Any:
    (tmp_path / "sales.csv").write_text(text)
    return read_file(tmp_path / "sales.csv", "sales.csv", FileOptions(**{**OPTIONS, **options})).prepared


def test_the_columns_are_read_kept_apart_and_hidden_from_models(tmp_path: Path) -> None:
    made = read(tmp_path, sales(60, 0.001, said=lambda row: row % 2 == 0))
    schema, frame = made.schema, made.frame
    assert schema.incumbent == IncumbentColumns(forecast="plan", made_at="planned")
    assert (schema.features, frame.columns) == (("rain",), ["at", "sold", "plan", "planned", "rain"])
    assert frame.height == 60, "rows without a present forecast stay, and are not filled"
    assert frame["plan"].null_count() == frame["planned"].null_count() == 30
    assert frame["planned"][2] == (START.timestamp()) * 1e6
    assert known_table(frame, schema).frame.columns == ["at", "sold", "rain"]
    told = {each.code: each for each in made.findings}
    assert told["incumbent_read"].count == 30
    assert not [each for each in made.findings if "plan" in str(each.text) and each.severity != "info"], (
        "a forecast of the target is no column that knows the future"
    )


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        (sales(60, 1), {"incumbent_made_at": None}, "two columns"),
        (sales(60, 1), {"incumbent": "sold"}, "'sold' is already used as target"),
        (sales(60, 1), {"incumbent": "nobody"}, "nobody"),
        (sales(60, 1).replace(f",{day(1)}\n", ",\n", 1), {}, "no time"),
        (sales(60, 1) + f"{day(60)},1,1,many,{day(58)}\n", {}, "not a number"),
    ],
)
def test_bad_columns_are_one_clear_error(tmp_path: Path, text: str, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        read(tmp_path, text, **options)


def test_a_forecast_counts_at_an_origin_only_if_it_was_made_by_then() -> None:
    times = [START + timedelta(days=row) for row in range(6)]
    micros = [at.timestamp() * 1e6 for at in times]
    frame = pl.DataFrame({"at": times, "sold": [float(row) for row in range(6)]})
    rows = frame.with_columns(
        plan=pl.Series([10.0, 11.0, 12.0, 13.0, None, 15.0]),
        # the plans of days 2 and 3 were made on day 1, that of day 5 one microsecond after day 4
        planned=pl.Series([micros[0], micros[0], micros[1], micros[1], None, micros[4] + 1]),
    )
    columns = IncumbentColumns(forecast="plan", made_at="planned")
    told = present_forecasts(rows, DatasetSchema(target="sold", time="at", incumbent=columns), None)
    assert told is not None
    part = Part(frame, Schema("at", "sold"), 0, 2, np.array([0, 1, 2, 3, 4]))
    nan = np.nan
    np.testing.assert_array_equal(at_origins(told, part), [[11, nan], [12, 13], [13, nan], [nan, nan], [nan, nan]])


def test_of_several_forecasts_of_one_time_the_newest_by_the_origin_counts() -> None:
    times = [START + timedelta(days=row) for row in range(4)]
    frame = pl.DataFrame({"store": [*"aaaabbbb"], "at": times * 2, "sold": [1.0] * 8})
    said = [("a", 2, 20.0, 0), ("a", 2, 21.0, 1), ("a", 3, 30.0, 0), ("a", 3, 32.0, 2), ("b", 3, 99.0, 1)]
    told = pl.DataFrame(
        [(name, times[at], value, times[made]) for name, at, value, made in reversed(said)],
        schema={
            "series": pl.String,
            "at": pl.Datetime("us", "UTC"),
            "forecast": pl.Float64,
            "made_at": frame["at"].dtype,
        },
        orient="row",
    )
    part = Part(frame, Schema("at", "sold", series="store"), 0, 3, np.array([0, 1, 2, 4, 6]))
    nan = np.nan
    expected = [[nan, 20, 30], [21, 30, nan], [32, nan, nan], [nan, nan, nan], [99, nan, nan]]
    np.testing.assert_array_equal(at_origins(told, part), expected)


def test_one_that_equals_what_happened_is_suspected() -> None:
    rng = np.random.default_rng(0)
    truth, last = rng.normal(size=(100, 2)), rng.normal(size=100)
    honest = Incumbent("plan", truth + 0.01 * rng.normal(size=truth.shape))
    written_later = Incumbent("plan", np.where(rng.random(truth.shape) < 0.5, truth, truth + 1))
    assert honest.suspicion(truth, last) is None
    found = written_later.suspicion(truth, last)
    assert found is not None
    assert found.blocks
    assert Incumbent("plan", truth).suspicion(np.zeros_like(truth), np.zeros(100)) is None, "nothing has moved"


def losses(scale: float, own: int) -> np.ndarray:
    rng = np.random.default_rng(99)
    common = rng.normal(size=(400, 4))
    return (scale * (0.95 * common + 0.3 * np.random.default_rng(own).normal(size=(400, 4)))) ** 2


def gate(candidate: float, baseline: float, incumbent: float, share: float = 1.0) -> Verdict:
    known = np.random.default_rng(1).random((400, 4)) < share
    return decide(
        Contender("candidate", losses(candidate, 1), metric=RMSE),
        [Contender("baseline", losses(baseline, 2), metric=RMSE)],
        None,
        horizon=4,
        season=1,
        incumbent=Contender("incumbent", np.where(known, losses(incumbent, 3), np.nan), metric=RMSE),
    )


def test_nothing_takes_the_title_that_does_not_beat_the_present_forecast() -> None:
    ahead, behind, baseline = gate(0.5, 1.0, 0.8), gate(0.5, 1.0, 0.5), gate(0.9, 0.9, 1.5)
    assert (ahead.decision, ahead.champion) == ("promoted", "candidate")
    assert (behind.decision, behind.champion) == ("kept", "incumbent")
    assert [each.code for each in behind.reasons][-1] == "incumbent_stays"
    assert (baseline.decision, baseline.champion) == ("baseline_promoted", "baseline")
    few = gate(0.5, 1.0, 0.8, share=0.02)
    assert (few.decision, few.champion) == ("kept", "incumbent"), "too few rows prove nothing"
    assert "incumbent_unknown" in [each.code for each in few.reasons]
    half = gate(0.5, 1.0, 0.8, share=0.5)
    (told,) = [each for each in half.comparisons if (each.a, each.b) == ("candidate", "incumbent")]
    assert told.better
    assert told.low is not None


@pytest.fixture
def stand(
    database: Database, project_id: str, tmp_path: Path, plugins_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stand]:
    use_baselines(monkeypatch, "forecast", "forecasting.naive")
    made = Stand(database, project_id, tmp_path / "home", plugins_folder)
    made.supervisor.start()
    yield made
    made.stop()


@pytest.mark.sqlite_only
def test_a_file_of_its_own_is_compared_as_the_columns_are(stand: Stand, tmp_path: Path) -> None:
    """The same plan, once in the rows and once in a file that is added to, from the verdict to the ledger."""
    text = sales(303, 6.0, said=lambda row: row % 5 != 0)
    cells = [line.split(",") for line in text.splitlines()]
    (tmp_path / "rows.csv").write_text("\n".join(",".join(row[:3]) for row in cells[:301]) + "\n")
    (tmp_path / "both.csv").write_text("\n".join(",".join(row) for row in cells[:301]) + "\n")
    for name, last in (("plan", 302), ("later", 304)):
        said = [",".join((row[0], *row[3:])) for row in cells[1:last] if row[3]]
        (tmp_path / f"{name}.csv").write_text("\n".join(["at,plan,planned", *said]) + "\n")
    growing = GrowingDatasets(stand.datasets, stand.database, EventLog(stand.database))
    stand.datasets.add_file(
        stand.project_id, tmp_path / "both.csv", "both.csv", FileOptions(name="both", unit="boxes", **OPTIONS)
    )
    stand.datasets.add_file(
        stand.project_id, tmp_path / "rows.csv", "rows.csv", FileOptions(name="rows", time="at", target="sold")
    )
    columns = IncumbentOptions(forecast="plan", made_at="planned")
    growing.add_incumbent(stand.project_id, "rows", tmp_path / "plan.csv", "plan.csv", columns)
    found = {}
    for name in ("both", "rows"):
        run = stand.carry(plugin="forecasting.ridge", dataset=name, model=name, config={"horizon": 3}, seed=5)
        assert (run.state, run.error) == ("succeeded", None)
        found[name] = stand.models.reads.evaluation(stand.project_id, run.id).evaluation.incumbent
    assert found["rows"].column == "plan (plan.csv)"
    assert found["rows"].targets > 0
    assert found["rows"] == found["both"].model_copy(update={"column": "plan (plan.csv)"})

    stand.models.aliases.promote_by_hand(
        stand.project_id, "rows", 1, alias="champion", reason="whatever it says", by="ada"
    )
    made = asyncio.run(stand.models.predict(stand.project_id, "rows", PredictRequest(), "somebody"))
    added = growing.add_incumbent(stand.project_id, "rows", tmp_path / "later.csv", "later.csv", IncumbentOptions())
    assert added.added == 2
    (tmp_path / "more.csv").write_text("\n".join(",".join(row[:3]) for row in [cells[0], *cells[301:]]) + "\n")
    growing.append_file(stand.project_id, "rows", tmp_path / "more.csv", "more.csv", AppendOptions())
    truths = Truths(stand.models.versions, stand.launcher.call)
    outcomes = Outcomes(stand.database, EventLog(stand.database), stand.datasets, truths)
    assert outcomes.join(stand.project_id, stand.datasets.get(stand.project_id, "rows").id) == 3
    points = LiveReads(stand.database).show(stand.project_id, made.prediction_id).outcomes
    # Day 300 has no plan. The plan of day 301 was made on the origin's day, that of day 302 a day after it.
    miss = abs(float(cells[302][3]) - float(cells[302][1]))
    assert [each.incumbent_loss for each in points] == [None, pytest.approx(miss), None]


@pytest.mark.sqlite_only
def test_did_the_model_beat_our_spreadsheet(stand: Stand, tmp_path: Path) -> None:
    """From the file through the run to the ledger: an answer with an interval, and the same rows scored live."""
    for name, error in (("weak", 6.0), ("strong", 0.1)):
        (tmp_path / f"{name}.csv").write_text(sales(900, error, said=lambda row: row % 5 != 0))
        options = FileOptions(name=name, unit="boxes", **OPTIONS)
        stand.datasets.add_file(stand.project_id, tmp_path / f"{name}.csv", f"{name}.csv", options)
    found = {}
    for name in ("weak", "strong"):
        run = stand.carry(plugin="forecasting.ridge", dataset=name, model=name, config={"horizon": 3}, seed=5)
        assert (run.state, run.error) == ("succeeded", None)
        found[name] = stand.models.reads.evaluation(stand.project_id, run.id)
    for name, better in (("weak", True), ("strong", False)):
        evaluation, verdict = found[name].evaluation, found[name].verdict
        told = evaluation.incumbent
        assert told.column == "plan"
        assert 0 < told.targets < told.of, "a plan made two days ahead is none yet three days ahead"
        (comparison,) = [
            each for each in evaluation.comparisons if each.b == "incumbent" and each.a != "forecasting.naive"
        ]
        assert comparison.better == better
        assert comparison.low is not None
        assert verdict.champion == ("forecasting.ridge" if better else "incumbent")
        assert not evaluation.suspicious
        assert "incumbent" not in [each.name for each in evaluation.contenders]
    assert stand.models.reads.show(stand.project_id, "strong").champion is None
    np.testing.assert_allclose(found["strong"].evaluation.incumbent.metrics["mae"], 0.08, atol=0.02)

    # The ledger scores the plan on the same rows as the champion.
    made = asyncio.run(stand.models.predict(stand.project_id, "weak", PredictRequest(), "somebody"))
    events = EventLog(stand.database)
    growing = GrowingDatasets(stand.datasets, stand.database, events)
    (tmp_path / "more.csv").write_text(sales(903, 6.0, first=900, said=lambda row: row % 5 != 0))
    added = growing.append_file(stand.project_id, "weak", tmp_path / "more.csv", "more.csv", AppendOptions())
    assert added.rows_added == 3
    outcomes = Outcomes(stand.database, events, stand.datasets, Truths(stand.models.versions, stand.launcher.call))
    dataset = stand.datasets.get(stand.project_id, "weak")
    assert outcomes.join(stand.project_id, dataset.id) == 3
    points = LiveReads(stand.database).show(stand.project_id, made.prediction_id).outcomes
    rows = [line.split(",") for line in sales(903, 6.0, said=lambda row: row % 5 != 0).splitlines()[-3:]]
    # Day 900 has no plan. The plan of day 901 was made on the origin's day, that of day 902 a day after it.
    expected = [None, abs(float(rows[1][3]) - float(rows[1][1])), None]
    assert [each.incumbent_loss for each in points] == [None, pytest.approx(expected[1]), None]
    (score,) = LiveReads(stand.database).scores(stand.project_id, "weak", None).total
    assert (score.incumbent_count, score.incumbent_loss) == (1, pytest.approx(expected[1]))
    assert score.incumbent_skill == pytest.approx(1 - points[1].loss / expected[1])

    growing.set_revisions(stand.project_id, "weak", RevisionPolicy(revisions="refuse"))
    rewritten = sales(903, 6.0, first=900, said=lambda row: row % 5 != 0).replace(rows[1][3], "1.0")
    (tmp_path / "again.csv").write_text(rewritten)
    with pytest.raises(InvalidInput, match="plan"):
        growing.append_file(stand.project_id, "weak", tmp_path / "again.csv", "again.csv", AppendOptions())
