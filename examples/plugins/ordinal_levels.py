"""A task kind of its own in one file: ordinal levels (0, 1, 2 …) of independent rows, such as warning levels.

    cp examples/plugins/ordinal_levels.py ~/.azuraforge/plugins/
    azuraforge datasets add warnings.csv --time at --target level
    azuraforge runs start levels.cumulative --dataset warnings --model warnings --wait

The file brings the kind (how rows are split, guarded and measured), its metric (the ranked probability score), its
baseline (how often each level occurred) and a pipeline (the cumulative logit model of McCullagh, 1980).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import polars as pl
from pydantic import Field

from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.errors import InvalidInput
from azuraforge.plugins import Config, DatasetSchema, Figure, Floats, Indices, Pipeline, Rows, RunContext, Split
from azuraforge.plugins.contract.evaluation import ContenderScores, Evaluation, GuardedRows, PartSummary, Role
from azuraforge.plugins.contract.judging import (
    Contest,
    Judge,
    JudgeCase,
    Judged,
    Predicted,
    SliceKey,
    SliceMask,
    SplitResult,
)
from azuraforge.plugins.contract.metric import MetricFacts, Pairing
from azuraforge.plugins.contract.part_folders import fresh_folder
from azuraforge.plugins.contract.pipeline import AnyPipeline
from azuraforge.plugins.contract.task_kind import Answer, TaskKind

RPS = MetricFacts(
    name="rps",
    title={"en": "RPS", "tr": "RPS"},
    hint={
        "en": "Ranked probability score: squared distance of the cumulative probabilities from the truth.",
        "tr": "Sıralı olasılık puanı: birikimli olasılıkların gerçekten kare uzaklığı.",
    },
    direction="lower",
    digits=4,
    pairing=Pairing(rows="examples"),
)
EXACT = MetricFacts(
    name="exact",
    title={"en": "exact level", "tr": "tam düzey"},
    direction="higher",
    format="share",
)
SKILL = MetricFacts(
    name="skill",
    title={"en": "skill", "tr": "beceri"},
    direction="higher",
    format="signed_share",
)


class LevelsConfig(Config):
    """Settings that the task itself needs; the baseline is given the same ones."""

    levels: Annotated[int, Field(default=3, ge=2, le=20, description="Number of levels, counted from 0")]
    test_share: Annotated[float, Field(default=0.25, gt=0, lt=0.5, description="Share of the last rows, held out")]
    validation_share: Annotated[float, Field(default=0.1, gt=0, lt=0.5, description="Share of rows before those")]


@dataclass(frozen=True)
class LevelTable:
    """``(row, feature)`` inputs and ``(row,)`` levels, in the order of the dataset."""

    inputs: Floats
    levels: Indices
    target: str

    def __len__(self) -> int:
        return len(self.levels)


@dataclass(frozen=True)
class LevelPart:
    """Rows to learn from or to predict; ``levels`` is None where the receiver may not know them."""

    inputs: Floats
    levels: Indices | None
    count: int

    def __len__(self) -> int:
        return len(self.inputs)


class LevelSplit(SplitResult):
    """The range of the held-out rows, and the number of levels."""

    test: tuple[int, int]
    levels: int
    target: str


class Shares(Figure):
    """How often each level occurred on the held-out rows, next to the mean probability that the candidate gave it."""

    levels: tuple[int, ...]
    occurred: tuple[float, ...]
    predicted: tuple[float, ...]


class Levels(TaskKind[LevelsConfig, LevelTable, LevelPart, Floats, LevelSplit]):
    """Predictions are ``(row, level)`` probabilities."""

    name = "levels"
    title: ClassVar[Mapping[str, str]] = {"en": "Ordinal levels", "tr": "Sıralı düzeyler"}
    Config = LevelsConfig
    Split = LevelSplit
    baselines = ("levels.frequency",)
    metrics = (RPS, SKILL, EXACT)
    ranked_by = "rps"
    gate_metrics = ("rps",)
    objectives = ("rps",)
    slices = (SliceKey(name="level", title={"en": "level", "tr": "düzey"}),)
    figures: ClassVar[Mapping[str, type[Figure]]] = {"shares": Shares}

    def table(self, frame: pl.DataFrame, schema: DatasetSchema) -> LevelTable:
        levels = frame.get_column(schema.target).cast(pl.Int64).to_numpy()
        return LevelTable(frame.select(schema.features).cast(pl.Float64).to_numpy(), levels, schema.target)

    def split(
        self,
        pipeline: AnyPipeline,
        table: LevelTable,
        config: LevelsConfig,
        folder: Path | None,
        *,
        studied: bool = False,
        retrained: bool = False,
    ) -> LevelSplit:
        if table.levels.min() < 0 or table.levels.max() >= config.levels:
            raise InvalidInput(f"levels lie between 0 and {config.levels - 1}", where=f"column {table.target!r}")
        split: Split = pipeline.split(table, config)
        parts = {"train": split.train, "validation": split.validation, "test": split.test}
        if any(not len(rows) for rows in parts.values()) or split.test.start < split.validation.stop:
            raise InvalidInput("the parts must hold rows, and follow one another", where="split")
        if folder is not None:
            for part in ("train", "validation"):
                rows = slice(parts[part].start, parts[part].stop)
                _save(LevelPart(table.inputs[rows], table.levels[rows], config.levels), folder / part)
        return LevelSplit(
            parts={name: PartSummary(rows=len(rows), start=None, end=None) for name, rows in parts.items()},
            test=(split.test.start, split.test.stop),
            levels=config.levels,
            target=table.target,
        )

    def load_part(self, folder: Path) -> LevelPart:
        tensors, facts = load_safetensors(folder / "part.safetensors")
        return LevelPart(tensors["inputs"], tensors.get("levels"), int(facts["count"]))

    def alone(self, part: LevelPart, index: int) -> LevelPart:
        return replace(part, inputs=part.inputs[index : index + 1])

    def hold_out(self, table: LevelTable, split: LevelSplit, configs: Sequence[LevelsConfig], outputs: Path) -> int:
        rows = slice(*split.test)
        _save(LevelPart(table.inputs[rows], None, split.levels), outputs / "test")
        _save(LevelPart(table.inputs[rows], table.levels[rows], split.levels), outputs / "truth")
        return len(table.levels[rows])

    def predict(self, name: str, answer: Answer, part: LevelPart) -> Floats:
        found = np.asarray(answer(part), dtype=np.float64)
        if found.shape != (len(part), part.count) or not np.allclose(found.sum(axis=1), 1) or (found < 0).any():
            raise InvalidInput(f"{name} must return probabilities (row, level)", where=f"predict of {name}")
        return found

    def guard(
        self, name: str, answer: Answer, part: LevelPart, predictions: Floats, seed: int, *, thorough: bool
    ) -> int:
        """Predict single rows alone: the other rows of the test set must not change a prediction."""
        rows = np.random.default_rng(seed).permutation(len(part))[: 64 if thorough else 3].tolist()
        for row in rows:
            if not np.allclose(self.predict(name, answer, self.alone(part, row))[0], predictions[row], atol=1e-9):
                raise InvalidInput(f"the prediction of {name} for row {row} depends on other rows", code="leak")
        return len(rows)

    def save_predictions(self, predictions: Floats, path: Path) -> None:
        np.savez(path, probabilities=predictions)

    def judge(self, case: JudgeCase) -> "LevelJudge":
        return LevelJudge(self, case)

    def stored_losses(self, errors: Mapping[str, Floats], contender: str, metric: MetricFacts) -> Floats:
        if metric.name != "rps":
            raise InvalidInput(f"the losses of {metric.name} are not stored", where="errors.npz")
        return np.asarray(errors[contender], dtype=np.float64)[:, None]

    def prepare_scoring(self, table: LevelTable, split: LevelSplit, config: LevelsConfig, outputs: Path) -> None:
        """The validation part holds everything."""

    def score(self, name: str, answer: Answer, parts: Path) -> dict[str, float | None]:
        part = self.load_part(parts / "validation")
        assert part.levels is not None
        return _measured(part.levels, self.predict(name, answer, replace(part, levels=None)))


class LevelJudge(Judge):
    """Measures the contenders of one run."""

    def __init__(self, kind: Levels, case: JudgeCase) -> None:
        self._case = case
        self._split = LevelSplit.model_validate(case.split.model_dump())
        truth = kind.load_part(case.truth).levels
        assert truth is not None
        self._truth = truth
        self._contenders: list[tuple[Predicted, Role]] = [(case.candidate, "candidate")]
        self._contenders += [(each, "baseline") for each in case.baselines]
        self._made = {each.name: _probabilities(each) for each, _ in self._contenders}

    def contest(self, metric: MetricFacts, slices: Sequence[str]) -> Contest:
        levels = np.unique(self._truth).tolist() if "level" in slices else []
        return Contest(
            losses={name: ranked_probability(self._truth, made)[:, None] for name, made in self._made.items()},
            slices=tuple(SliceMask("level", str(level), self._truth[:, None] == level) for level in levels),
            # Rows have no time, and versions do not keep which they learned: a champion is never compared with, and a
            # person decides (obstacle "lineage_unknown", which the base class states).
            unseen=np.zeros(len(self._truth), dtype=bool),
            obstacle=None if self._case.champion is None else self._case.champion.obstacle,
        )

    def evaluate(self, metric: MetricFacts, best_baseline: str, champion: str, outputs: Path) -> Judged:
        losses = {name: ranked_probability(self._truth, made).astype(np.float32) for name, made in self._made.items()}
        np.savez(outputs / "errors.npz", **losses)  # type: ignore[arg-type]  # numpy's stub takes the names otherwise
        measured = {name: _measured(self._truth, made) for name, made in self._made.items()}
        best = measured[best_baseline]["rps"]
        for metrics in measured.values():
            rps = metrics["rps"]
            metrics["skill"] = 1 - rps / best if best and rps is not None else None
        ranked = sorted(self._contenders, key=lambda each: measured[each[0].name]["rps"] or 0.0)
        rows = len(self._truth)
        evaluation = Evaluation(
            kind=Levels.name,
            target=self._split.target,
            unit="",
            metrics=Levels.metrics,
            ranked_by="rps",
            gate_metric=metric.name,
            parts={
                **self._split.parts,
                "test": self._split.parts["test"].model_copy(update={"origins": rows}),
            },
            contenders=tuple(
                ContenderScores(name=each.name, role=role, rank=rank, metrics=measured[each.name], seconds=each.seconds)
                for rank, (each, role) in enumerate(ranked, 1)
            ),
            best_baseline=best_baseline,
            winner=ranked[0][0].name,
            guarded=GuardedRows(tried=self._case.candidate.guarded, of=rows),
        )
        counts = np.bincount(self._truth, minlength=self._split.levels)
        shares = Shares(
            levels=tuple(range(self._split.levels)),
            occurred=tuple((counts / rows).tolist()),
            predicted=tuple(self._made[self._case.candidate.name].mean(axis=0).tolist()),
        )
        return Judged(evaluation, {"shares": shares})


def ranked_probability(levels: Indices, probabilities: Floats) -> Floats:
    """Return ``(row,)`` ranked probability scores (Epstein, 1969), between 0 and 1."""
    count = probabilities.shape[1]
    happened = np.arange(count)[None, :] >= levels[:, None]
    distance = np.square(np.cumsum(probabilities, axis=1) - happened)
    return np.asarray(distance[:, :-1].sum(axis=1) / (count - 1))


class LevelPipeline(Pipeline[LevelsConfig, dict[str, Floats], LevelPart, Floats, LevelTable, Split]):
    """Base of the pipelines of this kind: the first rows are learned, the last are held out."""

    kind = Levels.name
    Config = LevelsConfig
    uses_engine = False

    def split(self, table: LevelTable, config: LevelsConfig) -> Split:
        test = max(1, round(len(table) * config.test_share))
        validation = max(1, round(len(table) * config.validation_share))
        first = len(table) - test - validation
        return Split(Rows(0, first), Rows(first, first + validation), Rows(first + validation, len(table)))

    def save(self, predictor: dict[str, Floats], folder: Path) -> None:
        save_safetensors(folder / "weights.safetensors", predictor)
        (folder / "preprocessing.json").write_text(json.dumps({"kind": self.kind}))

    def load(self, folder: Path) -> dict[str, Floats]:
        return load_safetensors(folder / "weights.safetensors")[0]


class Frequency(LevelPipeline):
    """The baseline: each level as often as it occurred."""

    name: ClassVar[str] = "levels.frequency"
    title: ClassVar[Mapping[str, str]] = {"en": "Frequency of the levels", "tr": "Düzeylerin sıklığı"}

    def fit(self, run: RunContext[LevelsConfig], train: LevelPart, validation: LevelPart) -> dict[str, Floats]:
        assert train.levels is not None
        counts = np.bincount(train.levels, minlength=train.count).astype(np.float64)
        return {"share": counts / counts.sum()}

    def predict(self, predictor: dict[str, Floats], part: LevelPart) -> Floats:
        return np.repeat(predictor["share"][None, :], len(part), axis=0)


class Cumulative(LevelPipeline):
    """One slope for all thresholds: P(level ≤ k) = sigmoid(threshold_k − inputs · slope)."""

    name: ClassVar[str] = "levels.cumulative"
    title: ClassVar[Mapping[str, str]] = {"en": "Cumulative logit", "tr": "Birikimli lojit"}

    def fit(self, run: RunContext[LevelsConfig], train: LevelPart, validation: LevelPart) -> dict[str, Floats]:
        assert train.levels is not None
        mean, spread = train.inputs.mean(axis=0), train.inputs.std(axis=0) + 1e-12
        inputs = (train.inputs - mean) / spread
        below = (train.levels[:, None] <= np.arange(train.count - 1)[None, :]).astype(np.float64)
        slope, thresholds = np.zeros(inputs.shape[1]), np.linspace(-1, 1, train.count - 1)
        for step in range(400):
            error = _sigmoid(thresholds[None, :] - (inputs @ slope)[:, None]) - below
            slope += 0.5 * (inputs * error.sum(axis=1)[:, None]).mean(axis=0)
            thresholds -= 0.5 * error.mean(axis=0)
            if step % 100 == 0:
                run.log(step, loss=float(np.square(error).mean()))
        return {"slope": slope, "thresholds": np.sort(thresholds), "mean": mean, "spread": spread}

    def predict(self, predictor: dict[str, Floats], part: LevelPart) -> Floats:
        inputs = (part.inputs - predictor["mean"]) / predictor["spread"]
        reached = _sigmoid(predictor["thresholds"][None, :] - (inputs * predictor["slope"]).sum(axis=1)[:, None])
        edges = np.concatenate([np.zeros((len(part), 1)), reached, np.ones((len(part), 1))], axis=1)
        return np.diff(edges, axis=1)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)))


def _measured(levels: Indices, probabilities: Floats) -> dict[str, float | None]:
    exact = float((probabilities.argmax(axis=1) == levels).mean())
    return {"rps": float(ranked_probability(levels, probabilities).mean()), "exact": exact}


def _probabilities(said: Predicted) -> Floats:
    with np.load(Path(said.predictions) / "test.npz", allow_pickle=False) as arrays:
        return np.asarray(arrays["probabilities"])


def _save(part: LevelPart, folder: Path) -> None:
    fresh_folder(folder)
    tensors = {"inputs": part.inputs} if part.levels is None else {"inputs": part.inputs, "levels": part.levels}
    save_safetensors(folder / "part.safetensors", tensors, {"count": str(part.count)})
