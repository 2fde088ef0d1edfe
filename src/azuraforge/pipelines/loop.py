"""The loop of a training run: which child runs when, and with what.

split → fit → fit_baselines → hold_out → predict → predict_baselines → (champion) → judge → (explain)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from azuraforge.database import Database
from azuraforge.datasets.service import DatasetVersion
from azuraforge.errors import InvalidInput, StorageError
from azuraforge.models.registry.folder import read_card
from azuraforge.models.registry.held_out import HeldOut
from azuraforge.models.registry.learned import learned_range
from azuraforge.models.service import ModelService
from azuraforge.models.tables import ModelVersion
from azuraforge.pipelines.backtests.handler import backtest
from azuraforge.pipelines.baselines import baselines_of
from azuraforge.pipelines.explaining import explain_classes, explain_forecast
from azuraforge.pipelines.extra import TrainExtra
from azuraforge.pipelines.result import Outcome
from azuraforge.runs.handlers import Job

STEPS = "azuraforge.pipelines.steps"
#: A test part without times stands between these moments: every verdict on the dataset's target looked at some of it.
TIMELESS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
#: Share of the whole run's progress per phase; the sum, with ``explaining``'s two, is 1.
SHARES: Mapping[str, float] = {
    "split": 0.02,
    "fit": 0.68,
    "fit_baselines": 0.12,
    "hold_out": 0.02,
    "predict": 0.05,
    "predict_baselines": 0.05,
    "champion": 0.02,
    "judge": 0.02,
}


class TrainingLoop:
    """One training run under way, in a thread of the worker."""

    def __init__(
        self,
        job: Job,
        plugin: str,
        model: str,
        dataset: DatasetVersion,
        database: Database,
        models: ModelService,
        plugins_folder: Path,
    ) -> None:
        self._job = job
        self._plugin = plugin
        self._model = model
        self._dataset = dataset
        self._database = database
        self._models = models
        self._plugins_folder = plugins_folder

    def carry(self) -> Outcome:
        """Run every phase. The held-out part is written only after everything that learns has ended."""
        extra = self._job.run.carries(TrainExtra)
        config, task = self._job.run.config, extra.task
        learner = {"plugin": self._plugin, "config": config}
        study = {"refit": True} if extra.refit else {}  # the winner of a study, trained anew
        split = self._phase("split", {**learner, "dataset": rows_of(self._dataset), **study})
        learning = {part: f"{split['outputs']}/{part}" for part in ("train", "validation")}
        fitted = self._phase("fit", {**learner, **learning})
        names = list(baselines_of(task, self._plugin))
        beside = {**config, "horizon": split["horizon"]}  # a config without a horizon was cut for one row
        baselines = self._phase("fit_baselines", {"names": names, "task": task, "config": beside, **learning})
        if config.get("backtest_folds"):
            backtest(
                self._job,
                learner=learner,
                baselines={"names": names, "task": task, "config": beside},
                split=split,
                chosen_by=self._chosen_by(split),
                dataset=rows_of(self._dataset),
                plugins_folder=str(self._plugins_folder),
            )
        champion, held_out = self._champion(), self._held_out(split)
        held = self._phase(
            "hold_out",
            {
                "dataset": rows_of(self._dataset),
                **{key: split[key] for key in ("ranges", "rows", "horizon", "left_out") if key in split},
                "known_ahead": known_ahead(config, champion.config if champion else {}, self._dataset.schema),
            },
        )
        parts = {"test": f"{held['outputs']}/test", "future": f"{held['outputs']}/future"}
        predicted = self._phase(
            "predict",
            {
                "plugin": self._plugin,
                "predictor": f"{fitted['outputs']}/predictor",
                **parts,
            },
        )
        standing, failed = self._predict_baselines(baselines, parts)
        case: dict[str, Any] = {
            "candidate": {
                "name": self._plugin,
                "predictions": predicted["outputs"],
                "seconds": fitted["seconds"],
                "guarded": predicted["guarded"],
            },
            "baselines": standing,
            "failed": failed,
            "champion": self._beside(champion, parts, split["horizon"]) if champion else None,
            "truth": f"{held['outputs']}/truth",
            "test": parts["test"],
            "seed": self._job.run.seed,
            "earlier_uses": self._look(held_out),
            "trials": extra.trials,
            "policy": self._policy(),
            "measured": {
                "latency_ms": predicted["latency_ms"],
                "bytes": bytes_of(Path(fitted["outputs"]) / "predictor"),
            },
        }
        learned = {
            "plugin": self._plugin,
            "plugins_folder": str(self._plugins_folder),
            "predictor": f"{fitted['outputs']}/predictor",
        }
        explained = {"test": parts["test"], "truth": f"{held['outputs']}/truth"}
        if task == "classify":
            judged = self._phase("judge", {**case, "task": task, "parts": split["parts"]})
            explain_classes(self._job, learned=learned, folders=explained)
            return self._outcome(task, held_out, champion, split, fitted, baselines, judged)
        cut = {key: split[key] for key in ("parts", "season", "left_out") if key in split}
        series = {"train": learning["train"], "split": cut}
        judged = self._phase("judge", {**case, **series, "future": parts["future"]})
        if "left_out" in split:  # a panel: who shows its table says that residuals are drawn of single series only
            return self._outcome(task, held_out, champion, split, fitted, baselines, judged)
        explain_forecast(
            self._job,
            learned=learned,
            candidate={"name": self._plugin, "predictions": predicted["outputs"]},
            baselines=standing,
            best_baseline=judged["evaluation"]["best_baseline"],
            folders=explained,
            season=split["season"],
        )
        return self._outcome(task, held_out, champion, split, fitted, baselines, judged)

    def _chosen_by(self, split: Mapping[str, Any]) -> list[int] | None:
        """The rows by whose scores a study chose this config; None where no study did."""
        if self._job.run.carries(TrainExtra).study is None:
            return None
        found: list[int] = split.get("chosen_by") or split["ranges"]["validation"]
        return found

    def _outcome(self, task: str, held_out: HeldOut, champion: ModelVersion | None, *results: Any) -> Outcome:
        return Outcome(self._plugin, self._model, task, held_out, champion.version if champion else None, *results)

    def _phase(self, name: str, payload: dict[str, Any], step: str | None = None) -> dict[str, Any]:
        if name != "judge":  # the judge works on numbers alone
            payload = {"plugins_folder": str(self._plugins_folder), **payload}
        return self._job.phase(name, f"{STEPS}:{step or name}", payload, share=SHARES[name])

    def _predict_baselines(
        self, fitted: Mapping[str, Any], parts: Mapping[str, str]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Baselines that predicted, as the judge takes them, and those that failed, with their reason."""
        learned = {each["name"]: each for each in fitted["baselines"]}
        asked = [
            {"name": name, "predictor": f"{fitted['outputs']}/{name}/predictor"}
            for name, each in learned.items()
            if "failed" not in each
        ]
        answered = self._phase("predict_baselines", {"baselines": asked, **parts})
        failed = [
            {"name": each["name"], "reason": each["failed"]}
            for each in (*learned.values(), *answered["baselines"])
            if "failed" in each
        ]
        standing = [
            {
                "name": each["name"],
                "predictions": f"{answered['outputs']}/{each['name']}",
                "seconds": learned[each["name"]]["seconds"],
            }
            for each in answered["baselines"]
            if "failed" not in each
        ]
        if not standing:
            raise InvalidInput(
                "no baseline could be judged, and a score without a baseline means nothing: "
                + "; ".join(f"{each['name']}: {each['reason']}" for each in failed),
                where="baselines",
                next_step=f"look at the series: azuraforge datasets show {self._dataset.name}",
            )
        return standing, failed

    def _held_out(self, split: Mapping[str, Any]) -> HeldOut:
        """Images have no time: whichever of them were held out before, the dataset's target was looked at."""
        times = [split["parts"]["test"][end] for end in ("start", "end")]
        start_at, end_at = TIMELESS if None in times else (datetime.fromisoformat(at) for at in times)
        dataset = self._dataset
        return HeldOut(dataset.id, dataset.schema["target"], start_at, end_at, dataset.fingerprint, dataset.file_sha256)

    def _champion(self) -> ModelVersion | None:
        """The present champion."""
        project_id = self._job.run.project_id
        with self._database.read(project_id) as session:
            return self._models.aliases.champion(session, project_id, self._model)

    def _look(self, held_out: HeldOut) -> int:
        """Reserve the look at the test part before it is taken; how many were taken at some of its rows earlier."""
        run = self._job.run
        return self._models.held_out.reserve_now(run.project_id, run.id, run.attempt, held_out)

    def _policy(self) -> dict[str, Any]:
        """The model's terms, as the judge takes them."""
        project_id = self._job.run.project_id
        with self._database.read(project_id) as session:
            return self._models.policies.current(session, project_id, self._model).model_dump(mode="json")

    def _beside(self, row: ModelVersion, parts: Mapping[str, str], horizon: int | None) -> dict[str, Any]:
        """The champion's predictions on this run's test part, or why there are none."""
        learned = learned_range(row.learned_from)
        fields: dict[str, Any] = {
            "name": f"{self._model} v{row.version}",
            "predictions": None,
            "learned_from": [learned] if learned else [],
            "obstacle": obstacle_of(row.schema, self._dataset.schema),
        }
        # Images tell it in a file of their own, which the judge reads.
        if fields["obstacle"] is None and row.kind != "classify" and learned is None:
            fields["obstacle"] = {"code": "lineage_unknown", "params": {}}
        if fields["obstacle"] is not None:
            return fields
        try:
            folder = self._models.folders.verify(self._job.run.project_id, row.content_hash)
        except StorageError as error:
            return {**fields, "obstacle": _unreadable(error.message)}
        # A config needs no horizon; what a version predicts stands on its card, as its first judge counted it.
        card = read_card(folder)
        if (theirs := card["horizon"]) != horizon:
            return {**fields, "obstacle": _other("other_horizon", theirs, horizon)}
        answer = self._phase(
            "champion",
            {
                "plugin": row.plugin,
                "predictor": str(folder),
                "engine": card.get("engine"),
                "guard": False,
                "tolerant": True,
                **parts,
            },
            step="predict",
        )
        if answer.get("none_of"):
            return {**fields, "obstacle": {"code": "no_common_series", "params": {"count": answer["none_of"]}}}
        if answer["problem"] is not None:
            return {**fields, "obstacle": _unreadable(answer["problem"])}
        images = {"folder": str(folder)} if row.kind == "classify" else {}
        return {**fields, "predictions": answer["outputs"], "unknown": answer.get("unknown", []), **images}


def bytes_of(folder: Path) -> int:
    """The bytes of a predictor's files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def rows_of(dataset: DatasetVersion) -> dict[str, Any]:
    """What a step needs to read a dataset version (``parts.read_table``)."""
    return {
        "path": str(dataset.path),
        "schema": dataset.schema,
        "options": dataset.options,
        "fingerprint": dataset.fingerprint,
    }


def known_ahead(config: Mapping[str, Any], champion: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Columns that this run or the champion calls known in advance: beside each other, both are told theirs."""
    named = {*config.get("known_ahead", ()), *champion.get("known_ahead", ())}
    return sorted(named & set(schema.get("features", ())))


def obstacle_of(champion: Mapping[str, Any], candidate: Mapping[str, Any]) -> dict[str, Any] | None:
    """Why versions of two schemas cannot be compared, None where they can; see ``gate.incomparable``."""
    kinds = [schema.get("kind") or "series" for schema in (champion, candidate)]
    if kinds != ["series", "series"]:
        return _other_images(kinds, champion, candidate)
    panels = ["several_series" if schema.get("series") else "one_series" for schema in (champion, candidate)]
    if panels[0] != panels[1]:
        return _other("other_kind", *panels)
    pairs = (
        ("other_target", champion["target"], candidate["target"]),
        ("other_unit", champion.get("unit", ""), candidate.get("unit", "")),
        ("other_frequency", _in_months(champion.get("frequency")), _in_months(candidate.get("frequency"))),
    )
    return next((_other(code, theirs, ours) for code, theirs, ours in pairs if theirs != ours), None)


def _other_images(kinds: list[str], champion: Mapping[str, Any], candidate: Mapping[str, Any]) -> dict[str, Any] | None:
    if kinds[0] != kinds[1]:
        return _other("other_kind", *kinds)
    if champion["classes"] != candidate["classes"]:
        return _other("other_classes", *(", ".join(schema["classes"][:20]) for schema in (champion, candidate)))
    sides = ("height", "width", "channels")
    sizes = ["×".join(str(schema[side]) for side in sides) for schema in (champion, candidate)]
    return _other("other_size", *sizes) if sizes[0] != sizes[1] else None


def _in_months(frequency: str | None) -> str | None:
    """A year is twelve months and a quarter three, however the file's owner called them."""
    count, unit = (frequency[:-1], frequency[-1]) if frequency else ("", "")
    months = {"q": 3, "y": 12}.get(unit)
    return f"{int(count) * months}mo" if months else frequency


def _other(code: str, champion: Any, candidate: Any) -> dict[str, Any]:
    return {"code": code, "params": {"champion": champion, "candidate": candidate}}


def _unreadable(problem: str) -> dict[str, Any]:
    return {"code": "champion_unreadable", "params": {"problem": problem}}
