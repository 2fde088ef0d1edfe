"""Automations through the client, on a real platform with its own loops, children and services."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from azuraforge.client import ApiError, Automation, Client
from tests.automations.receiving import SECRET, Receiver
from tests.conftest import running_platform

ROWS = "time,value\n" + "".join(f"{date(2020, 1, 1) + timedelta(days=i)},{i % 7 + i * 0.01}\n" for i in range(120))


@pytest.fixture(scope="module")
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(tmp_path_factory, receiver):
    """Of a platform that may send to the receiver, with a model of two versions."""
    folder = tmp_path_factory.mktemp("automations")
    (folder / "daily.csv").write_text(ROWS)
    for platform in running_platform(folder, AZURAFORGE_OUTGOING__ALLOW=f"127.0.0.1:{receiver.port}"):
        with Client(url=platform.url, token=platform.token) as made:
            made.datasets.add(folder / "daily.csv", name="daily", time="time", target="value")
            options = {"url": f"http://127.0.0.1:{receiver.port}/hook/token", "secret": SECRET}
            made.notifications.create_target("team", "webhook", options, group_seconds=0)
            for season in ("first", "second"):
                run = made.runs.start("forecasting.naive", dataset="daily", config={"horizon": 2}, name=season)
                assert made.runs.wait(run.id).state == "succeeded"
            yield made


def awaited(client: Client, name: str, holds: Callable[[Automation], bool]) -> Automation:
    until = time.monotonic() + 120
    while not holds(found := client.automations.get(name)):
        assert time.monotonic() < until, found.raw
        time.sleep(0.1)
    return found


def ended(client: Client, name: str) -> list[tuple[str, str]]:
    """The steps of its newest firing, once it has ended."""
    found = awaited(client, name, lambda each: bool(each.newest_firings) and each.newest_firings[0].state != "running")
    return [(step.do, step.state) for step in found.newest_firings[0].steps]


def test_a_run_that_ends_becomes_one_signed_message(client, receiver):
    before = len(receiver.got)
    where = [{"field": "kind", "equals": "train"}, {"field": "state", "equals": "succeeded"}]
    where.append({"field": "name", "equals": "the one"})
    steps = [{"do": "predict", "run": {"model": "{cause.model}", "dataset": "daily"}}, {"do": "notify", "to": ["team"]}]
    client.automations.create("tell", {"on": "event", "type": "run.state", "where": where}, steps)
    run = client.runs.start("forecasting.naive", dataset="daily", config={"horizon": 2}, name="the one")
    assert client.runs.wait(run.id).state == "succeeded"
    assert ended(client, "tell") == [("predict", "succeeded"), ("notify", "succeeded")]
    until = time.monotonic() + 60
    while client.notifications.list()[0].state != "sent":
        assert time.monotonic() < until
        time.sleep(0.1)
    ((headers, body),) = receiver.got[before:]
    signed = f"{headers['AzuraForge-Timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["AzuraForge-Signature"] == f"sha256={expected}"
    assert json.loads(body)["text"] == f"Run the one ({run.id}) has succeeded."
    found = client.automations.get("tell")
    assert (found.fires, found.grouped) == (1, 0)
    tried = client.automations.dry_run("tell")
    assert (tried.causes, tried.fires) == (1, 1)


def test_steps_promote_roll_back_and_study_do_so_once(client):
    first, second = 1, 2
    if client.models.get("daily").champion != second:
        client.models.promote("daily", second, reason="to begin with")
    steps = [
        {"do": "promote", "model": "daily", "version": first},
        {"do": "roll_back", "model": "daily"},
        {
            "do": "study",
            "study": {
                "plugin": "forecasting.lstm",
                "dataset": "daily",
                "config": {"epochs": 1, "horizon": 1},
                "space": {"hidden_size": {"choices": [4]}},
                "sampler": "grid",
                "budget": {"trials": 1},
                "retrain": False,
            },
        },
        {"do": "promote", "model": "daily", "version": 99, "on_failure": "continue"},
    ]
    client.automations.create("change", {"on": "event", "type": "never.happens"}, steps)
    client.automations.fire("change")
    assert ended(client, "change") == [
        ("promote", "succeeded"),
        ("roll_back", "succeeded"),
        ("study", "succeeded"),
        ("promote", "failed"),
    ]
    moves = client.models.history("daily")
    mine = [each for each in moves if each.by == "automation"]
    assert sorted((each.action, each.version) for each in mine) == [("promote", first), ("rollback", second)]
    assert client.models.get("daily").champion == second
    study, lost = client.automations.get("change").newest_firings[0].steps[2:]
    assert client.studies.get(study.study_name).state == "finished"
    assert lost.error.message.startswith("model 'daily' has no version 99")


def test_a_study_step_is_checked_when_it_is_saved(client):
    study = {"plugin": "forecasting.lstm", "dataset": "daily", "space": {"hidden_sice": {"choices": [4]}}}
    with pytest.raises(ApiError, match="hidden_sice"):
        client.automations.create("lost", {"on": "event", "type": "never.happens"}, [{"do": "study", "study": study}])
    assert "lost" not in [each.name for each in client.automations.list()]


def test_what_an_automation_uses_is_kept_and_a_limit_is_said(client):
    steps = [{"do": "roll_back", "model": "daily", "on_failure": "continue"}]
    client.automations.create("keeps", {"on": "event", "type": "never.happens"}, steps, most_per_day=1)
    with pytest.raises(ApiError, match=r"automation .* uses"):
        client.models.delete("daily")
    client.automations.fire("keeps")
    with pytest.raises(ApiError, match="limit of 1 firing within 24 hours") as raised:
        client.automations.fire("keeps")
    assert raised.value.status == 409
    client.automations.pause("keeps")
    with pytest.raises(ApiError, match="is paused"):
        client.automations.fire("keeps")


def test_a_model_that_is_kept_fresh_forecasts_new_rows_and_is_judged_by_later_ones(client, tmp_path):
    """The row of today is forecast from, and the row of tomorrow judges: it was not known when that was said."""
    until = datetime.now(UTC).date() - timedelta(days=1)

    def rows(first: int, last: int) -> Path:
        file = tmp_path / "rows.csv"
        lines = [f"{until + timedelta(days=day)},{day % 7}" for day in range(first, last + 1)]
        file.write_text("\n".join(["time,value", *lines, ""]))
        return file

    client.datasets.add(rows(-90, 0), name="shop", time="time", target="value")
    run = client.runs.start("forecasting.naive", dataset="shop", config={"horizon": 1})
    assert client.runs.wait(run.id).state == "succeeded"
    with pytest.raises(ApiError, match="target 'nobody' does not exist"):
        client.models.keep_fresh("shop", notify=["nobody"])
    assert not client.models.freshness("shop").kept
    made = client.models.keep_fresh("shop", notify=["team"], promote=False)
    assert [each.role for each in made.automations] == [
        *("forecast", "retrain_regularly", "retrain_on_drift", "retrain_when_worse", "report")
    ]
    assert (made.arrives, made.promotes, made.outdated, made.notify) == ("by_append", False, False, ["team"])
    again = client.models.keep_fresh("shop", notify=["team"], promote=False)
    assert [each.id for each in again.automations] == [each.id for each in made.automations]
    assert again.automations[1].next_at == made.automations[1].next_at
    assert client.models.policy("shop").number == 1

    client.datasets.append("shop", rows(1, 1))
    name = next(each.name for each in made.automations if each.role == "forecast")
    assert ended(client, name) == [("forecast", "succeeded")]
    (line,) = client.predictions.list(model="shop")
    assert (line.inputs.dataset_version, len(line.predictions), line.judged_at) == (2, 1, None)
    client.datasets.append("shop", rows(2, 2))
    awaited(client, name, lambda found: found.fires == 2 and found.newest_firings[0].state == "succeeded")
    judged = client.predictions.get(line.prediction_id)
    until_judged = time.monotonic() + 60
    while judged.judged_at is None:
        assert time.monotonic() < until_judged
        time.sleep(0.1)
        judged = client.predictions.get(line.prediction_id)
    assert [each.actual for each in judged.outcomes] == [2]
    assert not any(each.late for each in judged.outcomes)
    standing = client.models.freshness("shop").standing
    assert (standing.worse_than, standing.baselines[0].forecasts) == (None, 1)

    with pytest.raises(ApiError, match=r"automation .* uses"):
        client.models.delete("shop")
    assert not client.models.stop_keeping_fresh("shop").kept
    assert not [each for each in client.automations.list() if "shop" in each.name]
