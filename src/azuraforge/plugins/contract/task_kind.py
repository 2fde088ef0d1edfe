"""The contract of a task kind: how its data are split, guarded, measured and explained.

A task kind answers for everything that pipelines of one kind have in common. The platform drives the loop and asks the
kind at each step and compares no kind by name; which of its modules still import from a kind's package, as serving and
reports do, ``make bench-shape`` lists. Its methods run in children.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias

from pydantic import Field, JsonValue
from typing_extensions import TypeVar

from azuraforge.messages import Message
from azuraforge.plugins.contract.conformance import check_config, check_data, not_explained, undeclared_figure
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import PartSummary
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.judging import Explanation, Judge, JudgeCase, Predicted, Remark, SliceKey, SplitResult
from azuraforge.plugins.contract.metric import AnyMetric, MetricFacts
from azuraforge.plugins.contract.pipeline import Answer, AnyPipeline, Config
from azuraforge.plugins.contract.shape import Shape, Texts

if TYPE_CHECKING:  # the API and the supervisor never load Polars; children do
    import polars as pl

    from azuraforge.plugins.contract.arrays import Floats
    from azuraforge.plugins.contract.batch import Batch

ConfigT = TypeVar("ConfigT", bound=Config)
TableT = TypeVar("TableT")
PartT = TypeVar("PartT")
PredictionsT = TypeVar("PredictionsT")
SplitT = TypeVar("SplitT", bound=SplitResult)


#: How a version answers a single question: with the next values after rows, or with the classes of a picture.
Serving: TypeAlias = Literal["series", "picture"]


class TaskKindFacts(Shape):
    """Everything about a task kind that can be known without running its code."""

    name: str
    title: Texts
    summary: Texts
    origin: str = Field(default="", description="the distribution that brought it, or the file in the plugins folder")
    data: str = Field(description="kind of dataset that it learns from")
    metrics: tuple[MetricFacts, ...] = Field(description="in the order in which tables show them")
    ranked_by: str = Field(description="name of the metric that ranks contenders")
    gate_metrics: tuple[str, ...] = Field(description="what a policy may compare by; the first is the kind's own")
    objectives: tuple[str, ...] = Field(description="what a study may aim at; the first is the kind's own")
    slices: tuple[SliceKey, ...] = Field(description="what a policy may guard")
    baselines: tuple[str, ...] = Field(description="pipelines that every candidate is compared with")
    config_fields: tuple[str, ...] = Field(description="settings that the task itself needs")
    pipeline: str | None = Field(default=None, description="that a run uses which names none; null: it must name one")
    serving: Serving | None = Field(default=None, description="how versions answer online; null: they do not")

    def metric(self, name: str) -> MetricFacts:
        """Return the metric of this name. Raises KeyError."""
        found = next((each for each in self.metrics if each.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def gate_metric(self, asked: str | None) -> MetricFacts:
        """Return the metric that a policy asks for, or the kind's own."""
        return self.metric(asked if asked in self.gate_metrics else self.gate_metrics[0])

    def baselines_of(self, candidate: str) -> tuple[str, ...]:
        """Return the baselines that ``candidate`` is compared with; one that is itself the candidate is left out.

        Example:
            >>> kind = TaskKindFacts.model_construct(baselines=("naive", "ridge"))
            >>> kind.baselines_of("ridge")
            ('naive',)
        """
        return tuple(name for name in self.baselines if name != candidate)

    def with_metric(self, added: MetricFacts) -> TaskKindFacts:
        """Return the kind with a metric that a plugin adds; one that has a pairing may decide and be aimed at."""
        names = (added.name,) if added.pairing is not None else ()
        return self.model_copy(
            update={
                "metrics": (*self.metrics, added),
                "gate_metrics": (*self.gate_metrics, *names),
                "objectives": (*self.objectives, added.name),
            }
        )


@dataclass(frozen=True)
class ExplainCase:
    """The material of one explanation.

    Attributes:
        candidate, baseline: with the folders of their predictions; the baseline is the best one.
        test, truth: folders.
        split: of the run.
        answer: the loaded candidate, None where the explanation needs no app code.
        progress: ``progress(done, total, note)``.
    """

    candidate: Predicted
    baseline: Predicted
    test: Path
    truth: Path
    split: SplitResult
    seed: int
    answer: Answer[Any, Any] | None
    progress: Callable[[int, int, str], None]


class TaskKind(ABC, Generic[ConfigT, TableT, PartT, PredictionsT, SplitT]):
    """Everything that pipelines of one kind have in common.

    Attributes:
        name: ``Pipeline.kind`` of its pipelines.
        Config: base of every pipeline's config; baselines are given these settings of a run's config and no others.
        Split: the result of its splitting rule.
        data: kind of dataset.
        serving: how versions answer online; None: they do not.
        pipeline: that a run uses which names none; None: a run must name one.
        baselines: pipelines of this kind that every candidate is compared with; they may become champion.
        metrics: what is computed of every contender, in the order in which tables show them.
        ranked_by: name of the metric that ranks contenders.
        gate_metrics: names of metrics that a policy may choose; the first is the kind's own. All have a pairing, and
            lower is better.
        objectives: names of metrics that a study may aim at, computed on the validation part; the first is the kind's
            own.
        slices: what a policy may guard.
        explanations: phases after the verdict; the judge says which of them apply.
        figures: the shape of each figure that the judge or an explanation draws, by name.
        added: metrics of other plugins for this kind.
    """

    name: ClassVar[str]
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}
    Config: ClassVar[type[Config]]
    Split: ClassVar[type[SplitResult]] = SplitResult
    data: ClassVar[str] = "series"
    serving: ClassVar[Serving | None] = None
    pipeline: ClassVar[str | None] = None
    baselines: ClassVar[tuple[str, ...]]
    metrics: ClassVar[tuple[MetricFacts, ...]]
    ranked_by: ClassVar[str]
    gate_metrics: ClassVar[tuple[str, ...]]
    objectives: ClassVar[tuple[str, ...]]
    slices: ClassVar[tuple[SliceKey, ...]] = ()
    explanations: ClassVar[tuple[Explanation, ...]] = ()
    figures: ClassVar[Mapping[str, type[Figure]]] = {}

    def __init__(self, added: Sequence[AnyMetric] = ()) -> None:
        self.added = tuple(added)

    @classmethod
    def facts(cls, origin: str = "") -> TaskKindFacts:
        """Return what can be known of the kind without running its code."""
        return TaskKindFacts(
            name=cls.name,
            title=dict(cls.title),
            summary=dict(cls.summary),
            origin=origin,
            data=cls.data,
            metrics=cls.metrics,
            ranked_by=cls.ranked_by,
            gate_metrics=cls.gate_metrics,
            objectives=cls.objectives,
            slices=cls.slices,
            baselines=cls.baselines,
            config_fields=tuple(cls.Config.model_fields),
            pipeline=cls.pipeline,
            serving=cls.serving,
        )

    @property
    def all_metrics(self) -> tuple[MetricFacts, ...]:
        """The kind's own metrics and those of other plugins."""
        return (*self.metrics, *(each.facts for each in self.added))

    def gate_metric(self, asked: str | None) -> MetricFacts:
        """Return the metric that a policy asks for, or the kind's own."""
        found = self.facts()
        for each in self.added:
            found = found.with_metric(each.facts)
        return found.gate_metric(asked)

    def own_config(self, config: Mapping[str, JsonValue]) -> ConfigT:
        """Return the settings of the task itself out of a pipeline's config."""
        known = {name: config[name] for name in self.Config.model_fields if name in config}
        return self.Config.model_validate(known)  # type: ignore[return-value]  # ``Config`` is bound by the subclass

    # -- data

    @abstractmethod
    def table(self, frame: pl.DataFrame, schema: DatasetSchema) -> TableT:
        """Return a dataset version as app code sees it."""

    def check_pipeline(self, name: str, pipeline: AnyPipeline, schema: DatasetSchema) -> None:
        """Refuse a pipeline that cannot learn such a dataset. Raises InvalidInput."""
        check_config(name, pipeline.Config, self.Config, self.name)
        check_data(name, schema.kind, self.data, self.name)

    def obstacle(
        self, champion: DatasetSchema, candidate: DatasetSchema, learned_from: tuple[str, str] | None
    ) -> Remark | None:
        """Return why a champion of one schema cannot be compared on the test set of another; None where it can.

        Args:
            champion, candidate: schemas of the data that they learned from.
            learned_from: the champion's time range; None: its version does not state one.
        """
        found = self.other_data(champion, candidate)
        return found or (Remark(code="lineage_unknown") if learned_from is None else None)

    def other_data(self, learned: DatasetSchema, given: DatasetSchema) -> Remark | None:
        """Return in what two schemas differ so that a predictor of one cannot be asked about the other."""
        pairs = (
            ("other_kind", learned.kind, given.kind),
            ("other_target", learned.target, given.target),
            ("other_unit", learned.unit, given.unit),
        )
        differing = ((code, theirs, ours) for code, theirs, ours in pairs if theirs != ours)
        return next((Remark(code=code, params={"champion": a, "candidate": b}) for code, a, b in differing), None)

    def unreadable(self, learned: DatasetSchema, given: DatasetSchema) -> Message | None:
        """Return why a version of one schema cannot predict from data of another; None where it can."""
        found = self.other_data(learned, given)
        if found is None:
            return None
        values = {"given": found.params.get("candidate"), "learned": found.params.get("champion")}
        match found.code:
            case "other_kind":
                return Message("its kind is {given!r}, and the version learned {learned!r}", values)
            case "other_target":
                return Message("its target is {given!r}, and the version learned {learned!r}", values)
            case _:
                return Message("its unit is {given!r}, and the version learned {learned!r}", values)

    def completed(self, pipeline: AnyPipeline) -> AnyPipeline:
        """Return a loaded pipeline with what the kind adds to each of its pipelines."""
        return pipeline

    # -- splitting rule and parts

    @abstractmethod
    def split(
        self,
        pipeline: AnyPipeline,
        table: TableT,
        config: ConfigT,
        folder: Path | None,
        *,
        studied: bool = False,
        retrained: bool = False,
    ) -> SplitT:
        """Ask the pipeline for a split, check it, and write ``train/`` and ``validation/`` into ``folder``.

        Args:
            pipeline: of this kind.
            config: the pipeline's own.
            folder: None: check only, write nothing.
            studied: the config is the best of a study, whose trials were scored on the validation part.
            retrained: the study's winner is trained again, on most of the validation part too.

        Raises InvalidInput where the split is not usable or a part is too small.
        """

    @abstractmethod
    def load_part(self, folder: Path) -> PartT:
        """Read a part that ``split`` or ``hold_out`` wrote."""

    @abstractmethod
    def alone(self, part: PartT, index: int) -> PartT:
        """Return ``part`` with one of its predictions only."""

    @abstractmethod
    def hold_out(self, table: TableT, split: SplitT, configs: Sequence[ConfigT], outputs: Path) -> int:
        """Write ``test/`` without targets, ``future/`` where the kind has one, and ``truth/``, which no app code sees.

        Args:
            configs: the task's settings of the candidate and of the champion, where there is one.

        Returns how many predictions the test set asks for.
        """

    def hold_out_incumbent(self, told: pl.DataFrame, schema: DatasetSchema, outputs: Path) -> None:
        """Write the dataset's present forecast at the held-out origins into ``truth/``, where the kind compares it.

        Args:
            told: the present forecasts: ``series`` (null: there is one), ``at``, ``forecast`` and ``made_at``.
            schema: the meaning of the dataset's columns.
            outputs: the folder that ``hold_out`` has filled.
        """

    def all_rows(self, table: TableT, split: SplitT, config: ConfigT) -> tuple[PartT, PartSummary] | None:
        """Return every row of a run as one part to learn from, and its range; None: this kind does not refit."""
        return None

    def remember(self, train: PartT, validation: PartT, predictor: Path) -> None:
        """Write into ``predictor`` what it has learned from, where time ranges do not tell."""

    # -- predictions and the leakage guard

    @abstractmethod
    def predict(self, name: str, answer: Answer[PartT], part: PartT) -> PredictionsT:
        """Ask a predictor and refuse an answer of the wrong type or shape. Raises InvalidInput."""

    def predict_known(
        self, name: str, answer: Answer[PartT], part: PartT, knows: Callable[[str], bool]
    ) -> tuple[PredictionsT, tuple[str, ...]]:
        """Ask a champion, whose ``Pipeline.knows_series`` is ``knows``, and name the series that it did not learn."""
        return self.predict(name, answer, part), ()

    @abstractmethod
    def guard(
        self, name: str, answer: Answer[PartT], part: PartT, predictions: PredictionsT, seed: int, *, thorough: bool
    ) -> int:
        """Refuse a predictor that uses what it may not know; return at how many predictions that was tried.

        The number must follow from the rows alone. Not ``thorough``, as for a baseline: few are tried.
        Raises InvalidInput; then nothing of the run may be promoted.
        """

    @abstractmethod
    def save_predictions(self, predictions: PredictionsT, path: Path) -> None:
        """Write one ``.npz`` without pickles."""

    def predict_future(self, name: str, answer: Answer[PartT], future: Path, path: Path) -> None:
        """Predict what comes after the last row, where the kind has a future, and write it to ``path``."""

    def redraw(
        self, figures: Mapping[str, Mapping[str, JsonValue]], future: Path, refitted: Mapping[str, Path]
    ) -> dict[str, Figure]:
        """Return the figures that show what comes after the last row, with the predictions of refitted predictors.

        ``refitted``: name of the pipeline → the file that ``predict_future`` wrote for the part in ``future``.
        """
        return {}

    # -- scores

    @abstractmethod
    def judge(self, case: JudgeCase) -> Judge:
        """Return the judge of one run's contenders."""

    @abstractmethod
    def stored_losses(self, errors: Mapping[str, Floats], contender: str, metric: MetricFacts) -> Floats:
        """Return ``(row, column)`` losses out of ``errors.npz``, for comparisons of two runs."""

    def prepare_scoring(self, table: TableT, split: SplitT, config: ConfigT, outputs: Path) -> None:
        """Write next to the parts what the trials of a study are scored with, on the validation part."""

    @abstractmethod
    def score(self, name: str, answer: Answer[PartT], parts: Path) -> dict[str, float | None]:
        """Return the metrics of a trial on the validation part; ``parts`` is the folder that ``split`` wrote."""

    def explain(self, explanation: str, case: ExplainCase) -> dict[str, Figure]:
        """Return the figures of one of ``explanations``."""
        raise not_explained(self.name, explanation)

    def drawn(self, figures: Mapping[str, Figure]) -> dict[str, dict[str, JsonValue]]:
        """Return figures as JSON. Raises InvalidInput for one that the kind does not declare in ``figures``."""
        for name, figure in figures.items():
            declared = self.figures.get(name)
            if declared is None or not isinstance(figure, declared):
                raise undeclared_figure(self.name, name, type(figure).__name__)
        return {name: figure.model_dump(mode="json", serialize_as_any=True) for name, figure in figures.items()}

    def batch(self) -> Batch[TableT] | None:
        """Return how a version predicts a whole dataset; None: it cannot."""
        return None


#: A task kind of any data.
AnyTaskKind: TypeAlias = TaskKind[Any, Any, Any, Any, Any]
