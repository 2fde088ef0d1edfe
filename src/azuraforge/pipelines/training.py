"""Training runs, seen from the worker: which child runs when, and what becomes true when the run succeeds.

No app code and no frame is loaded here; children do that (``steps.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

import azuraforge
from azuraforge.database import Database, Session
from azuraforge.datasets.service import DatasetService, DatasetVersion
from azuraforge.errors import Conflict, InvalidInput, StorageError, TransientError
from azuraforge.models.registry import check_name, held_out_key
from azuraforge.models.service import ModelService
from azuraforge.models.tables import ModelVersion
from azuraforge.pipelines.baselines import BASELINES, baselines_of
from azuraforge.plugins.catalogue import Call, Catalogue
from azuraforge.runs.handlers import Finish, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest

STEPS = "azuraforge.pipelines.steps"
VALIDATE_TIMEOUT_SECONDS = 120.0
#: Share of the whole run's progress per phase; the sum is 1.
SHARES: Mapping[str, float] = {
    "split": 0.02,
    "fit": 0.70,
    "fit_baselines": 0.12,
    "hold_out": 0.02,
    "predict": 0.05,
    "predict_baselines": 0.05,
    "champion": 0.02,
    "judge": 0.02,
}


class TrainingHandler:
    """Split, fit, predict, judge, and, where the gate agrees, promote."""

    kind = "train"

    def __init__(
        self, database: Database, catalogue: Catalogue, datasets: DatasetService, models: ModelService, call: Call
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._datasets = datasets
        self._models = models
        self._call = call

    def prepare(self, access_project_id: str, request: RunRequest) -> PreparedRun:
        """Check everything that can be checked before the run exists; raises UserError."""
        if not request.plugin:
            raise InvalidInput("no pipeline is named", where="plugin", next_step="see `azuraforge plugins list`")
        plugin = self._catalogue.get("pipeline", request.plugin)
        if plugin.task not in BASELINES:
            raise InvalidInput(
                f"pipelines of the task {plugin.task!r} cannot be trained yet; known: {', '.join(BASELINES)}",
                where=f"plugin {plugin.name}",
            )
        if not request.dataset:
            raise InvalidInput("no dataset is named", where="dataset", next_step="see `azuraforge datasets list`")
        dataset = self._datasets.get(access_project_id, request.dataset, request.dataset_version)
        model = check_name(request.model or dataset.name)
        payload = {**self._known(), "plugin": plugin.name, "config": request.config, "dataset": _rows_of(dataset)}
        checked = self._call(f"{STEPS}:validate", payload, VALIDATE_TIMEOUT_SECONDS)
        return PreparedRun(
            name=request.name or f"{plugin.name} on {dataset.name}",
            plugin=plugin.name,
            config=checked["config"],
            dataset_id=dataset.id,
            dataset_version=dataset.version,
            dataset_fingerprint=dataset.fingerprint,
            model=model,
            extra={"task": plugin.task, "plugin_version": plugin.version, "dataset_name": dataset.name},
        )

    def execute(self, job: Job) -> Finish:
        """Carry the run through its phases, in a worker thread."""
        return _Training(self, job).carry()

    def _known(self) -> dict[str, Any]:
        return {"plugins_folder": str(self._catalogue.plugins_folder)}


@dataclass(frozen=True)
class _Champion:
    """The champion when the judging began; ``row`` is None where the model has none."""

    row: ModelVersion | None
    earlier_uses: int

    @property
    def version(self) -> int | None:
        return self.row.version if self.row else None


class _Training:
    """One training run under way."""

    def __init__(self, handler: TrainingHandler, job: Job) -> None:
        self._handler = handler
        self._job = job
        self._run = job.run
        assert job.run.dataset_id is not None
        assert job.run.plugin is not None
        assert job.run.model is not None
        self._plugin: str = job.run.plugin
        self._model: str = job.run.model
        self._task: str = job.run.extra["task"]
        self._dataset = handler._datasets.get(job.run.project_id, job.run.dataset_id, job.run.dataset_version)

    def carry(self) -> Finish:
        learner = {"plugin": self._plugin, "config": self._run.config}
        split = self._phase("split", {**learner, "dataset": _rows_of(self._dataset)})
        learning = {part: f"{split['outputs']}/{part}" for part in ("train", "validation")}
        fitted = self._phase("fit", {**learner, **learning})
        names = list(baselines_of(self._task, self._plugin))
        asked = {"names": names, "task": self._task, "config": self._run.config, **learning}
        baselines = self._phase("fit_baselines", asked)
        # Only now does the held-out part exist outside the dataset.
        held = self._phase(
            "hold_out",
            {"dataset": _rows_of(self._dataset), "ranges": split["ranges"], "horizon": split["horizon"]},
        )
        parts = {"test": f"{held['outputs']}/test", "future": f"{held['outputs']}/future"}
        predicted = self._phase(
            "predict", {"plugin": self._plugin, "predictor": f"{fitted['outputs']}/predictor", **parts}
        )
        learned = {each["name"]: each for each in baselines["baselines"]}
        answered = self._phase(
            "predict_baselines",
            {
                "baselines": [
                    {"name": name, "predictor": f"{baselines['outputs']}/{name}/predictor"}
                    for name, each in learned.items()
                    if "failed" not in each
                ],
                **parts,
            },
        )
        failed = [each for each in (*learned.values(), *answered["baselines"]) if "failed" in each]
        standing = [each["name"] for each in answered["baselines"] if "failed" not in each]
        if not standing:
            raise InvalidInput(
                "no baseline could be judged, and a score without a baseline means nothing: "
                + "; ".join(f"{each['name']}: {each['failed']}" for each in failed),
                where="baselines",
                next_step="look at the dataset: `azuraforge datasets show " + self._dataset.name + "`",
            )
        champion = self._champion(split)
        judged = self._judge(
            champion,
            {
                "candidate": {
                    "name": self._plugin,
                    "predictions": predicted["outputs"],
                    "seconds": fitted["seconds"],
                },
                "baselines": [
                    {
                        "name": name,
                        "predictions": f"{answered['outputs']}/{name}",
                        "seconds": learned[name]["seconds"],
                    }
                    for name in standing
                ],
                "failed": [{"name": each["name"], "reason": each["failed"]} for each in failed],
                "champion": self._beside(champion, parts, split),
                "truth": f"{held['outputs']}/truth",
                "train": learning["train"],
                "split": {key: split[key] for key in ("parts", "season")},
                "seed": self._run.seed,
                "earlier_uses": champion.earlier_uses,
                **parts,
            },
        )
        self._keep_files(Path(fitted["outputs"]) / "files", judged)
        return self._finish(champion, split, fitted, baselines, judged)

    def _phase(self, name: str, payload: dict[str, Any], step: str | None = None, shown: str | None = None) -> Any:
        payload = {**self._handler._known(), **payload}
        return self._job.phase(shown or name, f"{STEPS}:{step or name}", payload, share=SHARES[name])

    def _judge(self, champion: _Champion, payload: dict[str, Any]) -> Any:
        # Named after the champion it was judged beside: were that to change, a retry judges anew.
        name = "judge" if champion.row is None else f"judge_beside_v{champion.version}"
        return self._job.phase(name, f"{STEPS}:judge", payload, share=SHARES["judge"])

    def _champion(self, split: Mapping[str, Any]) -> _Champion:
        with self._handler._database.read(self._run.project_id) as session:
            row = self._handler._models.champion(session, self._run.project_id, self._model)
            uses = self._handler._models.earlier_uses(session, self._run.project_id, self._test_part(split))
        return _Champion(row, uses)

    def _beside(self, champion: _Champion, parts: Mapping[str, str], split: Mapping[str, Any]) -> dict[str, Any] | None:
        """The champion's predictions on this run's test part, or why there are none."""
        row = champion.row
        if row is None:
            return None
        fields: dict[str, Any] = {
            "name": f"{self._model} v{row.version}",
            "predictions": None,
            "learned_from": [[row.learned_from["start"], row.learned_from["end"]]],
            "obstacle": _obstacle(row, self._dataset.schema, split["horizon"]),
        }
        if fields["obstacle"] is not None:
            return fields
        try:
            folder = self._handler._models.folders.verify(self._run.project_id, row.content_hash)
        except StorageError as error:
            return {**fields, "obstacle": _unreadable(error.message)}
        answer = self._phase(
            "champion",
            {"plugin": row.plugin, "predictor": str(folder), "guard": False, "tolerant": True, **parts},
            step="predict",
            shown=f"predict_champion_v{row.version}",
        )
        if answer["problem"] is not None:
            return {**fields, "obstacle": _unreadable(answer["problem"])}
        return {**fields, "predictions": answer["outputs"]}

    def _test_part(self, split: Mapping[str, Any]) -> str:
        test = split["parts"]["test"]
        return held_out_key(self._run.dataset_id, self._dataset.schema["target"], test["start"], test["end"])

    def _keep_files(self, files: Path, judged: Mapping[str, Any]) -> None:
        """What the pipeline left in its outputs, every single error, and the evaluation become artifacts."""
        for path in sorted(files.rglob("*")):
            if path.is_file() and not path.is_symlink():
                name = "-".join(path.relative_to(files).parts)
                self._job.artifact(name, path, "application/octet-stream", "output")
        self._job.artifact("errors.npz", Path(judged["outputs"]) / "errors.npz", "application/octet-stream", "losses")
        written = self._job.folder / "evaluation.json"
        document = {"evaluation": judged["evaluation"], "verdict": judged["verdict"]}
        written.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        self._job.artifact("evaluation.json", written, "application/json", "evaluation")
        self._job.figure("forecast", judged["forecast"])

    def _finish(
        self, champion: _Champion, split: Any, fitted: Any, baselines: Any, judged: Mapping[str, Any]
    ) -> Finish:
        verdict, evaluation = judged["verdict"], judged["evaluation"]
        contenders = {each["name"]: each for each in evaluation["contenders"]}
        config, schema = self._run.config, self._dataset.schema
        entries = [_Entry(self._plugin, f"{fitted['outputs']}/predictor", fitted, config)]
        if verdict["decision"] == "baseline_promoted":
            name = verdict["champion"]
            learned = next(each for each in baselines["baselines"] if each["name"] == name)
            folder = f"{baselines['outputs']}/{name}/predictor"
            entries.append(_Entry(name, folder, learned, learned["config"]))
        imported = [
            self._handler._models.import_folder(
                self._run.project_id,
                Path(entry.folder),
                {
                    "kind": self._task,
                    "plugin": entry.plugin,
                    "config": entry.config,
                    "schema": schema,
                    "horizon": split["horizon"],
                },
            )
            for entry in entries
        ]
        versions = {entry.plugin: self._handler._catalogue.show(entry.plugin).version for entry in entries}
        parts = split["parts"]
        learned_from = {
            "start": parts["train"]["start"],
            "end": parts["validation"]["end"],
            "rows": parts["train"]["rows"] + parts["validation"]["rows"],
            "parts": {name: parts[name] for name in ("train", "validation")},
        }
        summary = {
            "model": self._model,
            "decision": verdict["decision"],
            "champion": verdict["champion"],
            "winner": evaluation["winner"],
            "best_baseline": evaluation["best_baseline"],
            "metrics": contenders[self._plugin]["metrics"],
            "weights_sha256": fitted["weights_sha256"],
            "failed_baselines": [each["name"] for each in evaluation["failed"]],
        }

        def commit(session: Session) -> None:
            models, run = self._handler._models, self._run
            rows = [
                models.register_version(
                    session,
                    run.project_id,
                    self._model,
                    folder,
                    kind=self._task,
                    plugin=entry.plugin,
                    plugin_version=versions[entry.plugin],
                    config=entry.config,
                    schema=schema,
                    run_id=run.id,
                    dataset_id=run.dataset_id,
                    dataset_version=run.dataset_version,
                    dataset_fingerprint=run.dataset_fingerprint,
                    learned_from=learned_from,
                    code_version=azuraforge.__version__,
                    seed=run.seed,
                    parent_version=champion.version,
                    metrics=contenders[entry.plugin]["metrics"],
                    weights_sha256=entry.learned["weights_sha256"],
                )
                for entry, folder in zip(entries, imported, strict=True)
            ]
            models.store_evaluation(
                session,
                run.project_id,
                run.id,
                self._model,
                rows[0].version,
                evaluation=evaluation,
                verdict=verdict,
                test_part=self._test_part(split),
                losses_artifact="errors.npz",
            )
            summary["version"] = rows[0].version
            if verdict["decision"] in ("promoted", "baseline_promoted"):
                summary["champion_version"] = rows[-1].version
                self._promote(session, rows[-1].version, champion, verdict)

        return Finish(summary, commit)

    def _promote(self, session: Session, version: int, champion: _Champion, verdict: Mapping[str, Any]) -> None:
        try:
            self._handler._models.promote(
                session,
                self._run.project_id,
                self._model,
                version,
                reason=" ".join(reason["text"]["en"] for reason in verdict["reasons"])[:1000],
                by="gate",
                run_id=self._run.id,
                expected=champion.version,
            )
        except Conflict as error:
            if error.error_code != "champion_changed":
                raise
            raise TransientError(
                "the champion changed while this run was judged beside the earlier one", where=f"model {self._model}"
            ) from error


@dataclass(frozen=True)
class _Entry:
    """A predictor that becomes a version."""

    plugin: str
    folder: str
    learned: Mapping[str, Any]
    config: Mapping[str, Any]


def _rows_of(dataset: DatasetVersion) -> dict[str, Any]:
    return {
        "path": str(dataset.path),
        "schema": dataset.schema,
        "options": dataset.options,
        "fingerprint": dataset.fingerprint,
    }


def _obstacle(row: ModelVersion, schema: Mapping[str, Any], horizon: int) -> dict[str, Any] | None:
    """Why the champion cannot be compared, as far as its row tells."""
    pairs = (
        ("other_target", row.schema["target"], schema["target"]),
        ("other_unit", row.schema.get("unit", ""), schema.get("unit", "")),
        ("other_frequency", row.schema.get("frequency"), schema.get("frequency")),
        ("other_horizon", row.config.get("horizon"), horizon),
    )
    for code, theirs, ours in pairs:
        if theirs != ours:
            return {"code": code, "params": {"champion": theirs, "candidate": ours}}
    return None


def _unreadable(problem: str) -> dict[str, Any]:
    return {"code": "champion_unreadable", "params": {"problem": problem}}
