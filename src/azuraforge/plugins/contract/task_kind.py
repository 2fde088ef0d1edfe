"""The contract of a task kind, which defines how data of one kind are split, guarded, measured and explained.

A task kind implements everything that its pipelines have in common. The platform drives the loop, calls the task kind
at each step, and does not depend on the names of task kinds; ``make bench-shape`` lists the modules that still import
from the package of one kind. The methods of a task kind run in child processes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias

from pydantic import Field, JsonValue
from typing_extensions import TypeVar

from azuraforge.messages import Message
from azuraforge.plugins.contract import conformance
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import PartSummary
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.judging import (
    ExplainCase,
    Explanation,
    Judge,
    JudgeCase,
    Remark,
    SliceKey,
    SplitResult,
)
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


#: Kind of a version's response to a single request: the next values of a series, or the class of an image.
Serving: TypeAlias = Literal["series", "image"]


class TaskKindFacts(Shape):
    """The description of a task kind, which is available without importing the kind."""

    name: str
    title: Texts
    summary: Texts
    origin: str = Field(
        default="", description="distribution package that provides it, or its file in the plugins folder"
    )
    data: str = Field(description="kind of dataset that its pipelines learn from")
    metrics: tuple[MetricFacts, ...] = Field(description="metrics, in the order of the tables")
    ranked_by: str = Field(description="name of the metric that ranks contenders")
    gate_metrics: tuple[str, ...] = Field(
        description="names of metrics that a policy may compare by; the first one is the default"
    )
    objectives: tuple[str, ...] = Field(
        description="names of metrics that a study may optimize; the first one is the default"
    )
    slices: tuple[SliceKey, ...] = Field(description="properties by which a policy may divide the targets into slices")
    baselines: tuple[str, ...] = Field(description="names of the pipelines that every candidate is compared with")
    config_fields: tuple[str, ...] = Field(description="config fields that the task itself requires")
    pipeline: str | None = Field(
        default=None, description="pipeline of a run that names none; null if a run must name one"
    )
    serving: Serving | None = Field(
        default=None, description="kind of online predictions of its versions; null if they provide none"
    )

    def metric(self, name: str) -> MetricFacts:
        """Return the metric ``name``. Raises KeyError if the task kind has no such metric."""
        found = next((each for each in self.metrics if each.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def gate_metric(self, asked: str | None) -> MetricFacts:
        """Return the gate metric named ``asked``, or the default gate metric of the kind if ``asked`` is None.

        Raises InvalidInput if the kind has no such gate metric.
        """
        name = self.gate_metrics[0] if asked is None else asked
        if name not in self.gate_metrics:
            raise conformance.not_a_gate_metric(name, self.name, self.gate_metrics)
        return self.metric(name)

    def baselines_of(self, candidate: str) -> tuple[str, ...]:
        """Return the baselines that ``candidate`` is compared with: all except ``candidate`` itself.

        Example:
            >>> kind = TaskKindFacts.model_construct(baselines=("naive", "ridge"))
            >>> kind.baselines_of("ridge")
            ('naive',)
        """
        return tuple(name for name in self.baselines if name != candidate)

    def with_metric(self, added: MetricFacts) -> TaskKindFacts:
        """Return a copy with a plugin's metric as an objective, and as a gate metric if the gate can compare by it."""
        names = (added.name,) if added.gate_can_compare else ()
        return self.model_copy(
            update={
                "metrics": (*self.metrics, added),
                "gate_metrics": (*self.gate_metrics, *names),
                "objectives": (*self.objectives, added.name),
            }
        )


class TaskKind(ABC, Generic[ConfigT, TableT, PartT, PredictionsT, SplitT]):
    """Base class of task kinds, which implement everything that the pipelines of one kind have in common.

    Attributes:
        name: unique name; pipelines refer to it as ``Pipeline.kind``.
        title, summary: texts by language code.
        Config: base class of every pipeline's config; baselines receive only these settings of a run's config.
        Split: class of the result of ``split``.
        data: kind of dataset that the pipelines learn from.
        serving: how versions respond to single requests; None if they do not.
        pipeline: name of the pipeline of runs that do not name one; None if a run must name one.
        baselines: names of the pipelines that every candidate is compared with; they may become champion.
        serves_unproven: names of the pipelines of several members (``composition``) that become a model's first
            champion if too few rows can be evaluated to compare them with the baselines.
        metrics: metrics computed for every contender, in the order in which tables show them.
        ranked_by: name of the metric that ranks contenders.
        gate_metrics: names of metrics that a policy may select; the first is the default. Each has a pairing, and lower
            values are better.
        objectives: names of metrics that a study may optimise on the validation set; the first is the default.
        slices: keys of the slices that a policy may protect.
        explanations: computations after the verdict; the judge selects which of them a run needs.
        figures: figure name → class, for every figure that the judge or an explanation draws.
        added: metrics that other plugins add to this kind.
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
    serves_unproven: ClassVar[tuple[str, ...]] = ()
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
        """Return the description of the task kind; ``origin`` names the distribution or file that contains it."""
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
        """The kind's own metrics, followed by those that other plugins add."""
        return (*self.metrics, *(each.facts for each in self.added))

    def gate_metric(self, asked: str | None) -> MetricFacts:
        """Return the gate metric named ``asked``; None names the default. Raises InvalidInput if there is none."""
        found = self.facts()
        for each in self.added:
            found = found.with_metric(each.facts)
        return found.gate_metric(asked)

    def own_config(self, config: Mapping[str, JsonValue]) -> ConfigT:
        """Return the settings in ``config`` that ``Config`` declares. Raises pydantic's ValidationError if invalid."""
        known = {name: config[name] for name in self.Config.model_fields if name in config}
        return self.Config.model_validate(known)  # type: ignore[return-value]  # ``Config`` is bound by the subclass

    # -- data

    @abstractmethod
    def table(self, frame: pl.DataFrame, schema: DatasetSchema) -> TableT:
        """Return a dataset version as the table that pipelines receive."""

    def check_pipeline(self, name: str, pipeline: AnyPipeline, schema: DatasetSchema) -> None:
        """Raise InvalidInput if the pipeline ``name`` cannot learn from a dataset with this schema."""
        conformance.check_config(name, pipeline.Config, self.Config, self.name)
        conformance.check_data(name, schema.kind, self.data, self.name)

    def obstacle(
        self, champion: DatasetSchema, candidate: DatasetSchema, learned_from: tuple[str, str] | None
    ) -> Remark | None:
        """Return why the champion cannot be compared on the candidate's test set; None if it can.

        Args:
            champion, candidate: schemas of the datasets that the champion and the candidate learned from.
            learned_from: first and last time of the rows that the champion learned from; None if its version does not
                state them.
        """
        found = self.other_data(champion, candidate)
        return found or (Remark(code="lineage_unknown") if learned_from is None else None)

    def other_data(self, learned: DatasetSchema, given: DatasetSchema) -> Remark | None:
        """Return why a predictor that was fitted to ``learned`` cannot predict ``given``; None if it can."""
        pairs = (
            ("other_kind", learned.kind, given.kind),
            ("other_target", learned.target, given.target),
            ("other_unit", learned.unit, given.unit),
        )
        differing = ((code, theirs, ours) for code, theirs, ours in pairs if theirs != ours)
        return next((Remark(code=code, params={"champion": a, "candidate": b}) for code, a, b in differing), None)

    def unreadable(self, learned: DatasetSchema, given: DatasetSchema) -> Message | None:
        """Return as a message why a version trained on ``learned`` cannot be applied to ``given``; None if it can."""
        found = self.other_data(learned, given)
        return None if found is None else conformance.unreadable_for(found)

    def completed(self, pipeline: AnyPipeline) -> AnyPipeline:
        """Return the pipeline with the behaviour that the task kind adds to every pipeline, such as a wrapper."""
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
        """Call the pipeline's ``split``, check the result, and write ``train/`` and ``validation/`` into ``folder``.

        Args:
            pipeline, table, config: pipeline of this kind, dataset version, and config of the pipeline.
            folder: folder for the parts; None to check the split without writing.
            studied: whether the config is the best of a study, whose trials were scored on the validation set.
            retrained: whether the best config of a study is trained again, now also on most of the validation set.

        Raises InvalidInput if the split is not usable or a part is too small.
        """

    @abstractmethod
    def load_part(self, folder: Path) -> PartT:
        """Return a part that ``split`` or ``hold_out`` wrote into ``folder``."""

    @abstractmethod
    def alone(self, part: PartT, index: int) -> PartT:
        """Return ``part`` restricted to the origin or example ``index``, so that it needs one prediction only."""

    @abstractmethod
    def hold_out(self, table: TableT, split: SplitT, configs: Sequence[ConfigT], outputs: Path) -> int:
        """Write the held-out data: ``test/`` without targets, ``truth/``, and ``future/`` if the kind forecasts.

        Pipelines never receive ``truth/``, which contains the true values of the test set.

        Args:
            table: dataset version.
            split: checked split of the run.
            configs: task settings of the candidate and, if there is one, of the champion.
            outputs: parent of these folders.

        Returns the number of predictions in the test set.
        """

    def hold_out_incumbent(self, incumbents: pl.DataFrame, schema: DatasetSchema, outputs: Path) -> None:
        """Write the dataset's incumbent forecast at the held-out origins into ``truth/``. The default writes nothing.

        Args:
            incumbents: incumbent forecasts with the columns ``series`` (null for a single series), ``at`` (time of the
                target), ``forecast`` and ``made_at``.
            schema: schema of the dataset version.
            outputs: folder that ``hold_out`` has filled.
        """

    def all_rows(self, table: TableT, split: SplitT, config: ConfigT) -> tuple[PartT, PartSummary] | None:
        """Return all rows of a run as one part, with its summary; None, the default, if the kind does not refit."""
        return None

    def remember(self, train: PartT, validation: PartT, predictor: Path) -> None:
        """Record the rows that a predictor learned from in its folder ``predictor``, for data without time.

        The default writes nothing, because a time range identifies the rows of a series.
        """

    # -- predictions and the leakage guard

    @abstractmethod
    def predict(self, name: str, answer: Answer[PartT], part: PartT) -> PredictionsT:
        """Return the predictions for ``part``. Raises InvalidInput if they have the wrong type or shape."""

    def predict_known(
        self, name: str, answer: Answer[PartT], part: PartT, knows: Callable[[str], bool]
    ) -> tuple[PredictionsT, tuple[str, ...]]:
        """Return the predictions of a champion, and the names of the series in ``part`` that it did not learn from.

        ``knows`` is ``Pipeline.knows_series`` of the champion. The default does not call it and returns no names.
        """
        return self.predict(name, answer, part), ()

    @abstractmethod
    def guard(
        self, name: str, answer: Answer[PartT], part: PartT, predictions: PredictionsT, seed: int, *, thorough: bool
    ) -> int:
        """Check that a predictor uses only data known at prediction time; return the number of checked predictions.

        The number must depend on the rows only. If ``thorough`` is False, as for a baseline, few predictions are
        checked. Raises InvalidInput if the predictor uses any other data; the run then promotes nothing.
        """

    @abstractmethod
    def save_predictions(self, predictions: PredictionsT, path: Path) -> None:
        """Write the predictions to ``path`` as an ``.npz`` file without pickled objects."""

    def predict_future(self, name: str, answer: Answer[PartT], future: Path, path: Path) -> None:
        """Forecast the part in the folder ``future`` and write the result to ``path``; the default writes nothing."""

    def redraw(
        self, figures: Mapping[str, Mapping[str, JsonValue]], future: Path, refitted: Mapping[str, Path]
    ) -> dict[str, Figure]:
        """Return the figures with forecasts after the dataset's last row, redrawn with the refitted predictors.

        The default returns no figures.

        Args:
            figures: figure name → JSON of the run's figures.
            future: folder of the part from which the rows after the dataset's last row are forecast.
            refitted: pipeline name → file that ``predict_future`` wrote with the refitted predictor.
        """
        return {}

    # -- scores

    @abstractmethod
    def judge(self, case: JudgeCase) -> Judge:
        """Return the judge that evaluates the contenders of one run."""

    @abstractmethod
    def stored_losses(self, errors: Mapping[str, Floats], contender: str, metric: MetricFacts) -> Floats:
        """Return the losses of a contender, ``(row, column)``, from the arrays in ``errors``, to compare two runs.

        ``errors`` is the content of ``errors.npz``. Raises InvalidInput if it does not contain the losses of ``metric``
        (``losses_not_stored``); losses of another metric must not be returned.
        """

    def prepare_scoring(self, table: TableT, split: SplitT, config: ConfigT, outputs: Path) -> None:
        """Write data that ``score`` needs into ``outputs``, the folder of the parts; the default writes nothing."""

    @abstractmethod
    def score(self, name: str, answer: Answer[PartT], parts: Path) -> dict[str, float | None]:
        """Return the metrics of a study's trial on the validation set; ``parts`` is the folder that ``split`` wrote."""

    def explain(self, explanation: str, case: ExplainCase) -> dict[str, Figure]:
        """Return the figures of ``explanation``, the name of one of ``explanations``.

        The default raises InvalidInput, because a task kind that declares an explanation must override this method.
        """
        raise conformance.not_explained(self.name, explanation)

    def drawn(self, figures: Mapping[str, Figure]) -> dict[str, dict[str, JsonValue]]:
        """Return figure name → JSON. Raises InvalidInput if a figure is not declared in the kind's ``figures``."""
        for name, figure in figures.items():
            declared = self.figures.get(name)
            if declared is None or not isinstance(figure, declared):
                raise conformance.undeclared_figure(self.name, name, type(figure).__name__)
        return {name: figure.model_dump(mode="json", serialize_as_any=True) for name, figure in figures.items()}

    def batch(self) -> Batch[TableT] | None:
        """Return the batch prediction of this kind; None, the default, if it does not support batches."""
        return None


AnyTaskKind: TypeAlias = TaskKind[Any, Any, Any, Any, Any]
