"""Training runs on a real database, real datasets and a real model store; the phases run in this process."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from pydantic import BaseModel
from sqlalchemy import update

from azuraforge.database import Database
from azuraforge.datasets.schemas import FileOptions
from azuraforge.datasets.service import DatasetService
from azuraforge.engine.io import load_safetensors
from azuraforge.errors import AzuraError, InvalidInput, NotFound, TransientError
from azuraforge.events.service import EventLog
from azuraforge.models.gate.policy import GatePolicy
from azuraforge.models.provenance import LearnedRows
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.schemas import PolicyRequest, PredictRequest
from azuraforge.models.service import ModelService
from azuraforge.models.serving.pool import ReplicaPool
from azuraforge.models.tables import ModelVersion
from azuraforge.pipelines.baseline_cache import BaselineCache
from azuraforge.pipelines.shapes import to_json
from azuraforge.pipelines.steps import load_pipeline
from azuraforge.pipelines.training import TrainingHandler
from azuraforge.plugins import DatasetSchema
from azuraforge.plugins.contract.shape import Shape
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.plugins.kinds.forecast.kind import Forecast
from azuraforge.processes.launcher import Launcher
from azuraforge.runs.handlers import ChildSettings, ClaimedRun, Finish, PhaseResult, PreparedRun
from azuraforge.runs.schemas import RunRequest
from azuraforge.settings import Settings
from tests.task_kinds import use_baselines


@dataclass
class Asked:
    payload: dict[str, Any]


def call_here(entry: str, payload: dict[str, Any], result: type[Any], timeout_seconds: float) -> Any:
    """A call's child, in this process; what crosses the pipe is JSON in both directions."""
    module, _, name = entry.partition(":")
    found = getattr(importlib.import_module(module), name)(Asked(json.loads(json.dumps(payload))))
    told = found.model_dump(mode="json", by_alias=True) if isinstance(found, BaseModel) else found
    return result.model_validate(orjson.loads(orjson.dumps(told)))


@dataclass
class JobHere:
    """A job whose phases run in this process, each once, their results kept over attempts."""

    run: ClaimedRun
    folder: Path
    make_child: Callable[..., Any]
    done: dict[str, tuple[Shape, PhaseResult[Any]]] = field(default_factory=dict)
    began: list[str] = field(default_factory=list)
    shares: dict[str, float] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    figures: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def phase(
        self,
        name: str,
        entry: str,
        payload: Shape,
        *,
        share: float,
        result: type[Shape],
    ) -> PhaseResult[Any]:
        self.shares[name] = share
        if name in self.done and self.done[name][0] == payload:
            return self.done[name][1]
        self.began.append(name)
        child = self.make_child(f"{self.run.id}/{name}", **json.loads(json.dumps(to_json(payload))))
        module, _, function = entry.partition(":")
        answer = json.dumps(to_json(getattr(importlib.import_module(module), function)(child)))
        self.done[name] = (payload, PhaseResult(result.model_validate_json(answer), child.outputs))
        return self.done[name][1]

    def child_settings(self) -> ChildSettings:
        return ChildSettings(seed=self.run.seed, threads=1, environment={}, kernels_folder=None)

    def check(self) -> None:
        """Nobody cancels here."""

    def artifact(self, name: str, path: Path, media_type: str, kind: str) -> None:
        self.artifacts[name] = path.read_bytes()

    def figure(self, name: str, data: Mapping[str, Any]) -> None:
        self.figures[name] = json.loads(json.dumps(data))

    def note(self, markdown: str) -> None:
        self.notes.append(markdown)


class System:
    """A platform's training side."""

    use_baselines_named: Callable[..., None]

    def __init__(self, database: Database, project_id: str, home: Path, plugins: Path, child: Callable[..., Any]):
        settings = Settings(home=home)
        self.database, self.project_id, self.home, self.child = database, project_id, home, child
        events = EventLog(database)
        self.datasets = DatasetService(database, events, call_here, settings)
        self.catalogue = Catalogue(call_here, plugins, home / "pretrained", home / "cache" / "plugins.json")
        self.launcher = Launcher()
        warm = ReplicaPool(self.launcher.open, str(plugins))
        self.models = ModelService(
            *(database, events, VersionFolders(settings.artifacts), self.datasets, warm, self.launcher.call),
            self.catalogue.task_kinds,
        )
        self.handler = TrainingHandler(
            *(database, self.catalogue, self.datasets, self.models, call_here), BaselineCache(home / "baselines")
        )
        self.runs = 0

    def close(self) -> None:
        self.models.close()
        self.launcher.stop()

    def add(self, rows: int = 600, seed: int = 0, unit: str = "ppm", name: str = "series") -> None:
        rng = np.random.default_rng(seed)
        level, start = 0.0, datetime(2020, 1, 1, tzinfo=UTC)
        lines = ["at,value,rain"]
        for row in range(rows):
            level = 0.8 * level + rng.normal()
            value = 50 + level + 3 * np.sin(2 * np.pi * row / 7)
            lines.append(f"{(start + timedelta(days=row)).isoformat()},{value:.6f},{rng.normal():.6f}")
        path = self.home / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        options = FileOptions(name=name, time="at", target="value", unit=unit)
        self.datasets.add_file(self.project_id, path, path.name, options)

    def prepare(self, plugin: str, dataset: str = "series", **config: Any) -> PreparedRun:
        asked = {key: value for key, value in {"horizon": 3, **config}.items() if value is not None}
        request = RunRequest(plugin=plugin, dataset=dataset, config=asked, seed=7)
        return self.handler.prepare(self.project_id, request)

    def job(self, prepared: PreparedRun) -> JobHere:
        self.runs += 1
        fields = {key: getattr(prepared, key) for key in prepared.__dataclass_fields__ if key != "parts"}
        run = ClaimedRun(
            id=f"run{self.runs:013d}",
            project_id=self.project_id,
            attempt=1,
            kind="train",
            seed=7,
            threads=1,
            code_version="test",
            environment={},
            time_limit_seconds=None,
            **fields,
        )
        folder = self.home / "work" / run.id
        folder.mkdir(parents=True)
        return JobHere(run, folder, self.child)

    def finish(self, finish: Finish) -> dict[str, Any]:
        assert finish.commit is not None
        self.database.write(self.project_id, finish.commit)
        return finish.summary.stored()

    def train(self, plugin: str, **config: Any) -> tuple[JobHere, dict[str, Any]]:
        job = self.job(self.prepare(plugin, **config))
        return job, self.finish(self.handler.execute(job))


@pytest.fixture
def system(
    database: Database,
    project_id: str,
    tmp_path: Path,
    plugins_folder: Path,
    child: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[System]:
    made = System(database, project_id, tmp_path / "home", plugins_folder, child)
    made.use_baselines_named = lambda *names: use_baselines(monkeypatch, "forecast", *names)
    made.use_baselines_named("test.last", "test.mean", "test.failing")
    made.add()
    yield made
    made.close()


def test_the_first_run_makes_a_version_an_evaluation_and_a_champion(system: System) -> None:
    job, summary = system.train("test.linear")
    assert job.began == [
        *("split", "fit", "fit_baselines", "hold_out", "predict", "predict_baselines", "judge"),
        "refit",
    ]
    assert sum(job.shares.values()) == pytest.approx(0.98)  # there was no champion to predict with
    assert (summary["decision"], summary["champion"]) == ("promoted", "test.linear")
    assert (summary["version"], summary["champion_version"]) == (1, 1)
    assert summary["failed_baselines"] == ["test.failing"]
    version = system.models.reads.show_version(system.project_id, "series", 1)
    assert version.aliases == ["champion"]
    assert version.plugin == "test.linear"
    assert version.plugin_version == system.catalogue.show("test.linear").version
    assert version.learned_from.start == "2020-01-01T00:00:00Z"
    evaluated = version.learned_from.evaluated
    assert evaluated.end < "2021-06"
    assert version.seed == 7
    assert datetime.fromisoformat(version.learned_from.end) == system.datasets.get(system.project_id, "series").end_at
    assert evaluated.weights_sha256 == summary["weights_sha256"]
    assert version.weights_sha256 == summary["refitted_sha256"] != summary["weights_sha256"]
    folder = system.models.folders.verify(system.project_id, version.content_hash)
    served, judged = (load_safetensors(one / "weights.safetensors")[0] for one in (folder, folder / "evaluated"))
    assert not np.array_equal(served["weights"], judged["weights"])
    assert np.array_equal(served["low"], judged["low"]), "intervals are calibrated on rows that nothing has learned"
    stored = system.models.reads.evaluation(system.project_id, job.run.id)
    assert stored.version == 1
    tried = stored.evaluation.guarded
    assert tried.of == stored.evaluation.parts["test"].origins
    assert tried.tried == min(64, tried.of)  # whatever else the machine does
    assert [each.name for each in stored.evaluation.failed] == ["test.failing"]
    assert stored.evaluation.failed[0].reason["tr"] == "ValueError: the matrix is singular"
    assert json.loads(job.artifacts["evaluation.json"])["verdict"] == stored.verdict.model_dump(mode="json")
    assert "errors.npz" in job.artifacts
    assert job.figures["forecast"]["contender"] == "test.linear"
    history = system.models.aliases.history(system.project_id, "series").items
    assert [line.by for line in history] == ["gate"]
    assert "test.linear" in history[0].reason


def next_values(system: System, job: JobHere, version: int, part: str = "") -> list[float]:
    """The values after the last row of a run's data, by the predictor of a version: the serving or ``part``."""
    row = system.models.reads.show_version(system.project_id, "series", version)
    folder = system.models.folders.verify(system.project_id, row.content_hash)
    pipeline, kind = load_pipeline(row.plugin, str(system.catalogue.plugins_folder))
    future = kind.load_part(job.done["hold_out"][1].outputs / "future")
    found: list[float] = pipeline.predict(pipeline.load(folder / part), future).point[0].tolist()
    return found


def shown(job: JobHere) -> list[float]:
    return [point["value"] for point in job.figures["forecast"]["next"]]


def errors_of(job: JobHere, contender: str) -> Any:
    return np.load(BytesIO(job.artifacts["errors.npz"]))[contender]


def test_without_a_refit_or_where_it_fails_the_evaluated_predictor_serves(system: System) -> None:
    job, summary = system.train("test.linear", refit=False)
    assert "refit" not in job.began
    failed, other = system.train("wrong.refit")
    assert [
        note for note in failed.notes if "wrong.refit could not be refitted" in note["en"] and "no rest" in note["tr"]
    ]
    for each in (summary, other):
        version = system.models.reads.show_version(system.project_id, "series", each["version"])
        assert version.learned_from.evaluated is None
        assert version.weights_sha256 == each["weights_sha256"]
        assert "refitted_sha256" not in each
    assert job.figures["forecast"]["refitted"] is False
    assert shown(job) == next_values(system, job, summary["version"])
    assert shown(failed) == next_values(system, failed, summary["version"])


def test_members_are_judged_next_to_the_combination_and_named_where_they_were_left_out(system: System) -> None:
    job, summary = system.train("test.pair")
    stored = json.loads(job.artifacts["evaluation.json"])["evaluation"]
    scores = {each["name"]: each["metrics"]["rmse"] for each in stored["contenders"]}
    members = {each["name"]: each for each in stored["composition"]["members"]}
    assert members["test.last"]["metrics"]["rmse"] == scores["test.last"]
    assert scores["test.pair"] < members["test.last"]["metrics"]["rmse"] * 1.001
    assert members["test.line"]["metrics"]["rmse"] not in scores.values()
    for part in ("left_out", "not_refitted"):
        (gone,) = stored["composition"][part]
        assert (gone["name"], gone["why"]) == ("test.failing", "failed")
    card = system.models.cards.show(system.project_id, "series", summary["version"], "tr").markdown
    assert "## Üyeler" in card
    assert "hata verdi: the matrix is singular" in card
    assert "test.line | %50" in card
    other, _ = system.train("test.linear")
    assert json.loads(other.artifacts["evaluation.json"])["evaluation"]["composition"] is None


def test_members_that_predict_nonsense_cost_no_verdict(system: System) -> None:
    job, summary = system.train("test.forgetful_pair")
    assert summary["decision"]
    members = json.loads(job.artifacts["evaluation.json"])["evaluation"]["composition"]["members"]
    assert [each["metrics"] for each in members] == [{}, {}]


def test_a_run_that_names_no_pipeline_gets_the_usual_one_of_its_kind_of_data(system: System) -> None:
    request = RunRequest(dataset="series", config={"horizon": 3, "budget_seconds": 9})
    prepared = system.handler.prepare(system.project_id, request)
    assert (prepared.plugin, prepared.config["budget_seconds"]) == ("forecasting.auto", 9)


def test_a_figure_that_cannot_be_redrawn_shows_the_evaluated_predictor(system: System, monkeypatch: Any) -> None:
    def broken(*given: object) -> object:
        raise ValueError("no more ink")

    monkeypatch.setattr(Forecast, "redraw", broken)
    job, summary = system.train("test.linear")
    assert "refitted_sha256" in summary
    assert job.figures["forecast"]["refitted"] is False
    assert shown(job) == next_values(system, job, 1, "evaluated") != next_values(system, job, 1)


def test_a_figure_that_cannot_be_drawn_is_left_out_and_costs_no_verdict(system: System, monkeypatch: Any) -> None:
    declared = {name: figure for name, figure in Forecast.figures.items() if name != "forecast"}
    monkeypatch.setattr(Forecast, "figures", declared)
    job, summary = system.train("test.linear")
    assert summary["decision"] == "promoted"
    assert "forecast" not in job.figures
    assert system.models.reads.evaluation(system.project_id, job.run.id).verdict.decision == "promoted"


def test_a_baseline_that_wins_becomes_champion_as_a_version_of_its_own(system: System) -> None:
    system.use_baselines_named("test.linear", "test.last")
    job, summary = system.train("test.mean")
    assert summary["decision"] == "baseline_promoted"
    assert job.figures["forecast"]["refitted"] is True
    assert shown(job) == next_values(system, job, 2) != next_values(system, job, 2, "evaluated")
    assert (summary["version"], summary["champion_version"]) == (1, 2)
    detail = system.models.reads.show(system.project_id, "series")
    assert detail.champion == 2
    champion = detail.version_list[0]
    assert (champion.plugin, champion.aliases) == ("test.linear", ["champion"])
    assert champion.plugin_version == system.catalogue.show("test.linear").version
    assert champion.metrics is not None
    assert champion.metrics["rmse"] < summary["metrics"]["rmse"]


def test_the_second_run_is_judged_next_to_the_champion(system: System) -> None:
    _, before = system.train("test.last")
    job, summary = system.train("test.linear")
    assert "champion" in job.began
    contenders = system.models.reads.evaluation(system.project_id, job.run.id).evaluation.contenders
    roles = {each.name: each.role for each in contenders}
    assert roles[f"series v{before['champion_version']}"] == "champion"
    assert summary["decision"] == "promoted"
    again, kept = system.train("test.linear")
    assert kept["decision"] == "kept"
    standing = before["champion_version"] + 1
    assert again.figures["forecast"]["contender"] == f"series v{standing}"
    assert again.figures["forecast"]["refitted"] is True
    assert shown(again) == next_values(system, again, standing) != next_values(system, again, standing, "evaluated")
    judged = errors_of(again, f"series v{standing}")
    assert np.array_equal(judged, errors_of(job, "test.linear")), "judged by the bits of the evaluated predictor"
    compared, found = (again.done[name][0] for name in ("champion", "judge"))
    assert to_json(compared)["predictor"].endswith("/evaluated"), "the refitted champion has learned the test set"
    row = system.models.reads.show_version(system.project_id, "series", before["champion_version"] + 1)
    evaluated = row.learned_from.evaluated
    assert to_json(found)["champion"]["learned_from"] == [[evaluated.start, evaluated.end]]
    verdict = system.models.reads.evaluation(system.project_id, again.run.id).verdict
    assert any(reason.code == "level_tightened" for reason in verdict.reasons)
    champion = system.models.reads.show(system.project_id, "series").champion
    assert kept["champion_version"] == champion


def test_a_run_is_judged_under_its_models_policy(system: System) -> None:
    job, _ = system.train("test.last")
    verdict = system.models.reads.evaluation(system.project_id, job.run.id).verdict
    assert verdict.policy == GatePolicy()
    assert (verdict.measured.latency_ms or 0) > 0
    assert (verdict.measured.bytes or 0) > 0

    def terms(**fields: Any) -> PolicyRequest:
        return PolicyRequest(reason="ours", **fields)

    system.models.policies.set(system.project_id, "series", terms(max_bytes=1), "ayşe")
    job, summary = system.train("test.linear")
    verdict = system.models.reads.evaluation(system.project_id, job.run.id).verdict
    assert summary["decision"] == "kept"
    assert "too_large" in [reason.code for reason in verdict.reasons]
    assert (verdict.policy.number, verdict.policy.max_bytes) == (1, 1)

    system.models.policies.set(system.project_id, "series", terms(metric="mae", automatic=False), "ayşe")
    job, summary = system.train("test.linear", window=21)
    assert summary["decision"] == "approved"
    detail = system.models.reads.show(system.project_id, "series")
    assert detail.champion != summary["approved_version"]
    aliases = {each.version: each.aliases for each in detail.version_list}
    assert aliases[summary["approved_version"]] == ["candidate"]
    comparison = system.models.reads.evaluation(system.project_id, job.run.id).evaluation.comparisons[-1]
    assert (comparison.metric, comparison.better) == ("mae", True)


def test_a_baseline_that_a_person_may_promote_is_a_version_too(system: System) -> None:
    system.use_baselines_named("test.last", "test.linear")
    system.train("test.last")
    champion = system.models.reads.show(system.project_id, "series").champion
    assert champion is not None
    system.models.aliases.promote_by_hand(system.project_id, "series", 1, alias="champion", reason="worse", by="ayşe")
    request = PolicyRequest(reason="by hand", automatic=False)
    system.models.policies.set(system.project_id, "series", request, "ayşe")
    _, summary = system.train("test.mean")
    assert (summary["decision"], summary["headline"], summary["approved"]) == ("approved", "approved", "test.linear")
    detail = system.models.reads.show(system.project_id, "series")
    approved = next(each for each in detail.version_list if each.version == summary["approved_version"])
    assert (approved.plugin, approved.aliases, detail.champion) == ("test.linear", ["candidate"], 1)


def test_a_test_part_that_was_moved_a_little_was_looked_at_before(system: System) -> None:
    first, _ = system.train("test.last")
    again, _ = system.train("test.last", test_share=0.16)
    parts = [
        system.models.reads.evaluation(system.project_id, job.run.id).evaluation.parts["test"] for job in (first, again)
    ]
    assert parts[0].start != parts[1].start
    reasons = system.models.reads.evaluation(system.project_id, again.run.id).verdict.reasons
    assert reasons[0].code == "level_tightened"
    assert reasons[0].params["looks"] == 2


def test_the_same_file_under_another_name_was_looked_at_before(system: System) -> None:
    system.train("test.last")
    system.add(name="twin")
    job, _ = system.train("test.last", dataset="twin")
    assert system.models.reads.show(system.project_id, "twin").versions  # a model of its own
    reasons = system.models.reads.evaluation(system.project_id, job.run.id).verdict.reasons
    assert (reasons[0].code, reasons[0].params["looks"]) == ("level_tightened", 2)
    system.add(name="another", seed=1)
    job, _ = system.train("test.last", dataset="another")
    assert system.models.reads.evaluation(system.project_id, job.run.id).verdict.reasons[0].code == "no_champion_before"


def test_a_run_that_was_stopped_while_it_was_judged_has_looked(system: System) -> None:
    """The verdict may have been read from the judge's files; and the run itself is told the same number again."""
    stopped = system.job(system.prepare("test.linear"))
    system.handler.execute(stopped)  # and never committed
    job, _ = system.train("test.linear")
    first = system.models.reads.evaluation(system.project_id, job.run.id).verdict.reasons[0]
    assert (first.code, first.params["looks"]) == ("level_tightened", 2)
    system.finish(system.handler.execute(stopped))
    reasons = system.models.reads.evaluation(system.project_id, stopped.run.id).verdict.reasons
    assert "level_tightened" not in [reason.code for reason in reasons]  # its look was the first


@pytest.mark.parametrize("learned", [{}, {"start": "2031-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}])
def test_a_champion_that_claims_to_have_learned_from_nothing_is_not_comparable(system: System, learned: Any) -> None:
    """As a bundle may: then every row could judge it, those it has memorised included."""
    system.train("test.linear")

    def forget(session: Any) -> None:
        session.execute(update(ModelVersion).values(learned_from=LearnedRows(**learned)))

    system.database.write(system.project_id, forget)
    job, summary = system.train("test.linear", window=21)
    assert summary["decision"] == "not_comparable"
    codes = [each.code for each in system.models.reads.evaluation(system.project_id, job.run.id).verdict.reasons]
    assert "lineage_unknown" in codes


@pytest.mark.parametrize(
    ("change", "code"), [({"config": {"horizon": 4}}, "other_horizon"), ({"unit": "ppb"}, "other_unit")]
)
def test_what_cannot_be_compared_promotes_nothing(system: System, change: dict[str, Any], code: str) -> None:
    system.train("test.linear")
    if "unit" in change:
        system.add(unit=change["unit"])
    job, summary = system.train("test.linear", **change.get("config", {}))
    assert summary["decision"] == "not_comparable"
    assert summary["champion_version"] == 1
    verdict = system.models.reads.evaluation(system.project_id, job.run.id).verdict
    assert verdict.reasons[0].code in (code, "level_tightened")
    assert code in [reason.code for reason in verdict.reasons]


def test_a_config_that_does_not_extend_the_base_of_its_task_is_refused(system: System) -> None:
    with pytest.raises(InvalidInput, match="does not extend ForecastConfig, the base class of the task forecast"):
        system.prepare("test.without_horizon", horizon=None)


@pytest.mark.parametrize(
    ("champion", "candidate", "code"),
    [
        ("1y", "12mo", None),
        ("3mo", "1q", None),
        ("1d", "1d", None),
        (None, None, None),
        ("1mo", "1q", "other_frequency"),
        (None, "1d", "other_frequency"),
    ],
)
def test_a_frequency_is_the_same_by_whatever_name(champion: str | None, candidate: str | None, code: str) -> None:
    schemas = [DatasetSchema(target="y", frequency=each) for each in (champion, candidate)]
    found = Forecast().obstacle(*schemas, ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"))
    assert (found and found.code) == code


def test_a_promotion_by_the_platform_is_explained_in_the_readers_language(system: System) -> None:
    system.train("test.linear")
    (line,) = system.models.aliases.history(system.project_id, "series").items
    assert line.said is not None
    assert "There was no champion before." in line.said.en
    assert "Daha önce bir şampiyon yoktu." in line.said.tr
    system.train("test.linear", window=21)
    system.models.aliases.promote_by_hand(system.project_id, "series", 2, alias="night", reason="a try", by="ayşe")
    assert system.models.aliases.history(system.project_id, "series", "night").items[0].said is None


def test_a_damaged_champion_is_no_reason_to_fail(system: System) -> None:
    system.train("test.linear")
    hashed = system.models.reads.show_version(system.project_id, "series", 1).content_hash
    weights = system.models.folders.path(system.project_id, hashed) / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    job, summary = system.train("test.linear", window=21)
    assert summary["decision"] == "not_comparable"
    codes = [each.code for each in system.models.reads.evaluation(system.project_id, job.run.id).verdict.reasons]
    assert "champion_unreadable" in codes


def test_a_champion_that_changed_meanwhile_is_compared_again(system: System) -> None:
    late = system.job(system.prepare("test.linear"))
    finish = system.handler.execute(late)
    system.train("test.last")
    with pytest.raises(TransientError, match="the champion changed"):
        system.finish(finish)
    versions = system.models.reads.show(system.project_id, "series").versions
    late.began.clear()
    summary = system.finish(system.handler.execute(late))
    assert late.began == ["hold_out", "champion", "judge"], (
        "the obstacle to a comparison is found where rows are held out"
    )
    assert summary["version"] == versions + 1


def test_the_same_seed_gives_the_same_weights_and_the_same_content(system: System) -> None:
    _, first = system.train("test.linear")
    _, second = system.train("test.linear")
    assert first["weights_sha256"] == second["weights_sha256"]
    one, two = (
        system.models.reads.show_version(system.project_id, "series", number["version"]) for number in (first, second)
    )
    assert one.content_hash == two.content_hash


def test_a_leak_promotes_nothing(system: System) -> None:
    job = system.job(system.prepare("leak.shifted_target"))
    with pytest.raises(InvalidInput, match="uses data from the future"):
        system.handler.execute(job)
    with pytest.raises(NotFound):
        system.models.reads.show(system.project_id, "series")


def test_without_any_baseline_there_is_no_score(system: System) -> None:
    system.use_baselines_named("test.failing", "test.failing_later")
    job = system.job(system.prepare("test.linear"))
    with pytest.raises(
        InvalidInput,
        match=r"no baseline could.*the matrix is singular.*no prediction today",
    ):
        system.handler.execute(job)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"plugin": None, "dataset": None}, "specifies neither a pipeline nor a dataset"),
        ({"plugin": "test.liner"}, r"plugin 'test\.liner' does not exist; similar names: test\.linear"),
        ({"dataset": None}, "specifies no dataset"),
        ({"dataset": "seris"}, "dataset 'seris' does not exist"),
        ({"dataset_version": 9}, "has no version 9"),
        ({"model": "a/b"}, "is not a valid model name"),
        ({"config": {"horizon": 0}}, r"horizon: .*got 0 \(allowed: at least 1 and at most 1000\)"),
        ({"config": {"horizn": 3}}, "horizn does not exist; did you mean horizon"),
        ({"config": {"horizon": 400}}, "the series has 600 rows; this pipeline needs"),
        ({"plugin": "wrong.overlapping_split"}, "the pipeline's split is invalid"),
    ],
)
def test_what_cannot_run_is_refused_before_the_run_exists(
    system: System, request_: dict[str, Any], sentence: str
) -> None:
    fields = {"plugin": "test.linear", "dataset": "series", "config": {"horizon": 3}} | request_
    with pytest.raises(AzuraError, match=sentence) as caught:
        system.handler.prepare(system.project_id, RunRequest(**fields))
    assert caught.value.next_step


def test_the_prepared_config_is_canonical(system: System) -> None:
    prepared = system.prepare("test.linear")
    assert prepared.config == {
        "horizon": 3,
        "season": None,
        "validation_share": 0.15,
        "test_share": 0.15,
        "gap": 0,
        "backtest_folds": 0,
        "intervals": "fixed",
        "known_ahead": [],
        "holidays": None,
        "refit": True,
        "reconcile": "mint_shrink",
        "non_negative": "auto",
        "window": 14,
    }
    assert (prepared.name, prepared.model) == ("test.linear · series", "series")


def test_the_worker_side_loads_no_frame_library_and_no_app() -> None:
    code = (
        "import sys, azuraforge.pipelines.training, azuraforge.pipelines.agents.handler\n"
        "bad = [name for name in sys.modules if name.partition('.')[0] in ('polars', 'sklearn', 'statsmodels',"
        " 'scipy', 'pandas') or name.startswith('azuraforge.apps')]\n"
        "assert not bad, bad[:5]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_champion_serves_what_the_run_has_shown(system: System) -> None:
    job, _ = system.train("test.linear")
    served = asyncio.run(system.models.predict(system.project_id, "series", PredictRequest(), by="somebody"))
    assert job.figures["forecast"]["refitted"] is True
    shown = job.figures["forecast"]["next"]
    assert served.version == 1
    assert [point.value for point in served.predictions] == [point["value"] for point in shown]
    assert [point.low for point in served.predictions] == [point["low"] for point in shown]
    assert [point.at for point in served.predictions] == [datetime.fromisoformat(point["at"]) for point in shown]
