"""``azuraforge predictions`` against a real platform: from an answer to its outcome, its score, and a whole dataset."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

LAST_DAY = date(2021, 2, 3)


@pytest.fixture(scope="module")
def served(platform, tmp_path_factory):
    """A platform with a champion of a series of days in Istanbul, whose midnight is 21:00 UTC of the day before."""
    days = [LAST_DAY - timedelta(days=400 - day) for day in range(401)]
    file = tmp_path_factory.mktemp("days") / "load.csv"
    file.write_text("\n".join(["day,load", *(f"{day},{20 + day.toordinal() * 7 % 11}.5" for day in days)]))
    columns = ("--time", "day", "--target", "load", "--timezone", "Europe/Istanbul")
    platform.run("datasets", "add", str(file), *columns, "--name", "ledger-days")
    platform.run("runs", "start", "forecasting.naive", "--dataset", "ledger-days", "--model", "ledger", "--wait")
    if platform.api("/models/ledger")["champion"] is None:
        platform.run("models", "promote", "ledger", "1", "--reason", "for this test")
    return platform


def test_from_an_answer_to_its_score(served, tmp_path):
    assert "Drift has not been checked yet" in served.run("predictions", "drift", "ledger").stdout
    made = served.json("models", "predict", "ledger", "--version", "1")  # the naive one, whoever is champion
    listed = served.json("predictions", "list", "--model", "ledger", "--waiting")
    assert [each["prediction_id"] for each in listed] == [made["prediction_id"]]
    shown = served.run("predictions", "show", made["prediction_id"]).stdout
    assert "not yet known" in shown
    point = made["predictions"][0]
    rows = [{"at": point["at"], "value": point["value"] + 1}]
    (tmp_path / "measured.json").write_text(json.dumps(rows))
    told = served.run("predictions", "outcomes", str(tmp_path / "measured.json"), "--model", "ledger").stdout
    assert told.startswith("1 point judged. 0 had been judged before")
    with (tmp_path / "measured.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["prediction_id", "at", "value"])
        writer.writeheader()
        writer.writerow({"prediction_id": made["prediction_id"], "at": point["at"], "value": 0})
    assert served.json("predictions", "outcomes", str(tmp_path / "measured.csv")) == {"judged": 0, "known": 1}
    scores = served.json("predictions", "scores", "ledger")
    (total,) = scores["total"]
    assert (total["count"], total["late"]) == (1, True), "the series ended long ago"
    assert total["loss"] == pytest.approx(1.0)
    assert total["loss"] == pytest.approx(total["naive_loss"]), "the naive model is as good as the naive baseline"
    assert total["skill"] == pytest.approx(0.0, abs=1e-9)
    assert "made after the predicted time" in served.run("predictions", "scores", "ledger").stdout
    looked = served.run("predictions", "drift", "ledger", "--version", "1", "--look").stdout
    assert "too few independent predictions" in looked
    assert "(answer)" in looked


def test_a_whole_dataset_as_a_run(served):
    done = served.run("predictions", "create", "--model", "ledger", "--every", "50", "--wait")
    assert "succeeded" in done.stdout
    newest = served.api("/runs?kind=predict&limit=1")["items"][0]
    assert newest["summary"]["partial"] is False
    names = {each["name"] for each in served.api(f"/runs/{newest['id']}")["artifacts"]}
    assert {"predictions.parquet", "predictions.csv"} <= names
    refused = served.run("predictions", "create", "--model", "nobody", check=False)
    assert refused.returncode != 0
    assert "'nobody' does not exist" in refused.stderr


@pytest.fixture(params=["Pacific/Auckland", "America/New_York"])
def reader(request: pytest.FixtureRequest) -> Iterator[str]:
    """A reader's time zone, set for this process, in which commands run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


def test_rows_of_days_are_dates_of_their_series_wherever_the_reader_is(served, reader):
    made = served.json("models", "predict", "ledger", "--version", "1")
    assert made["origin"].startswith("2021-02-02T21:00"), "the rows stand at midnight in Istanbul"
    count = len(made["predictions"])
    following = [str(LAST_DAY + timedelta(days=step)) for step in range(1, count + 1)]
    commands = {
        ("models", "predict", "ledger", "--version", "1"): [*following, str(LAST_DAY)],
        ("predictions", "show", made["prediction_id"]): [str(LAST_DAY), *following],
        ("predictions", "list", "--model", "ledger", "--limit", "1"): [str(LAST_DAY)],
    }
    for command, dates in commands.items():
        assert re.findall(r"2021-[\d-]+(?: [\d:]+)?", served.run(*command).stdout) == dates
