"""The interface between a task kind, which measures contenders, and the gate, which decides which is promoted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, Field, JsonValue

from azuraforge.plugins.contract.evaluation import Evaluation, PartSummary, SuspiciousColumn
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import Shape, Texts

if TYPE_CHECKING:
    from azuraforge.plugins.contract.arrays import Flags, Floats
    from azuraforge.plugins.contract.pipeline import Answer


class SliceKey(Shape):
    """A property that divides the targets into slices, one per value, such as the hour of the day."""

    name: str
    title: Texts


class Remark(Shape):
    """A reason of a verdict: a stable code from ``azuraforge.models.reasons`` and its parameters."""

    code: str
    params: dict[str, JsonValue] = Field(default_factory=dict)


def other(code: str, champion: JsonValue, candidate: JsonValue) -> Remark:
    """Return the remark that the champion and the candidate differ in the property that ``code`` names.

    Example:
        >>> other("other_target", "rain", "snow").params
        {'champion': 'rain', 'candidate': 'snow'}
    """
    return Remark(code=code, params={"champion": champion, "candidate": candidate})


class Fold(Shape):
    """Row ranges of one fold of a backtest, each as ``(start, stop)`` without row ``stop``."""

    train: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]


class Backtest(Shape):
    """The folds of a backtest.

    Attributes:
        folds: row ranges of each fold.
        purge_rows: number of rows left out between two parts.
        choice: position of the folds relative to the rows on which a study selected the config: the folds end
            ``before`` these rows or contain them (``inside``); None if no study selected it.
    """

    folds: tuple[Fold, ...]
    purge_rows: int
    choice: Literal["before", "inside"] | None = None


class SplitResult(Shape):
    """A checked split. A task kind may add fields in a subclass; the platform stores and returns them unchanged."""

    model_config = ConfigDict(extra="allow", frozen=True)

    parts: dict[str, PartSummary]
    horizon: int | None = Field(
        default=None, description="number of rows predicted from each origin; null if the rows have no time"
    )
    season: int | None = None
    backtest: Backtest | None = Field(default=None, description="folds of the backtest; null if none was requested")
    windows: dict[str, int] = Field(
        default_factory=dict,
        description="by part, the number of windows that are learned from or predicted; empty if the rows have no time",
    )
    refit: bool = Field(default=False, description="whether versions are refitted on all rows after the verdict")


class Predicted(Shape):
    """A contender that has predicted the test set; ``predictions`` is the folder of its predictions."""

    name: str
    predictions: str
    seconds: float | None = None
    guarded: int = Field(default=0, description="number of predictions that the leakage guard checked")
    members: dict[str, str] = Field(
        default_factory=dict, description="folders of the members' predictions, by name of the member"
    )


class PresentChampion(Shape):
    """The current champion: its predictions on the candidate's test set, or the reason why it has none.

    Attributes:
        name: name under which the evaluation lists the champion.
        predictions: folder of its predictions; None if there are none.
        folder: folder of its version, in which some task kinds store the rows that it learned from.
        learned_from: time ranges that it learned from, both ends included.
        unknown: names of the series in a panel's test set that it did not learn from.
        refitted: whether the forecast of the rows after the dataset's last row comes from its refitted predictor, which
            serves requests.
        obstacle: why it cannot be compared; None if it can.
    """

    name: str
    predictions: str | None = None
    folder: str | None = None
    learned_from: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    refitted: bool = False
    obstacle: Remark | None = None


@dataclass(frozen=True)
class JudgeCase:
    """The input of a judge: the contenders of one run, its split, and the folders of its data.

    Attributes:
        candidate: contender that the run trained.
        baselines: baselines that could predict.
        champion: current champion; None if the model has none.
        truth: folder of the true values of the test set.
        test: folder of the test set without targets.
        future: folder of the part from which the rows after the dataset's last row are forecast.
        train: folder of the training set.
        split: split of the run.
        seed: seed of the run.
    """

    candidate: Predicted
    baselines: tuple[Predicted, ...]
    champion: PresentChampion | None
    truth: Path
    test: Path
    future: Path
    train: Path
    split: SplitResult
    seed: int = 0


@dataclass(frozen=True)
class SliceMask:
    """A slice: the targets for which ``mask``, in the shape of the losses, is True."""

    key: str
    value: str
    mask: Flags


@dataclass(frozen=True)
class Contest:
    """The losses that the gate compares. A row is the unit of comparison: an origin, a moment of a panel or an example.

    Attributes:
        losses: contender → ``(row, column)`` non-negative losses; NaN where the true value is missing.
        slices: slices of the requested keys.
        unseen: ``(row,)`` True where the champion has not learned from any target of the row.
        horizon, season: length of the horizon and of the season in rows; both are 1 for independent examples.
        obstacle: why the champion cannot be compared; its losses are ignored then. None if it can be compared.
        answered: array in the shape of the losses, False where the champion has no prediction; None if it has all.
        limit: remark that states which predictions the champion lacks; None if it has all.
        suspicious: columns of the dataset that seem to contain later values of the target.
        incumbent: losses of the dataset's incumbent forecast, in the shape of the other losses and NaN where it has no
            value; None if the dataset has no incumbent.
    """

    losses: Mapping[str, Floats]
    slices: tuple[SliceMask, ...]
    unseen: Flags
    horizon: int = 1
    season: int = 1
    obstacle: Remark | None = None
    answered: Flags | None = None
    limit: Remark | None = None
    suspicious: tuple[SuspiciousColumn, ...] = ()
    incumbent: Floats | None = None


@dataclass(frozen=True)
class Explanation:
    """A computation after the verdict that draws figures to explain the candidate.

    Attributes:
        name: name that is passed to ``TaskKind.explain``.
        problem: note, by language code, that is added to the run if the computation fails, with the placeholder
            ``{problem}``. The run itself does not fail then.
        app_code: whether the computation loads and calls the candidate.
    """

    name: str
    problem: Texts
    app_code: bool = True


@dataclass(frozen=True)
class Judged:
    """The result of a judge.

    Attributes:
        evaluation: evaluation to which the gate adds comparisons and failed baselines.
        figures: figures of the evaluation by name.
        explanations: names of the explanations to compute.
    """

    evaluation: Evaluation
    figures: Mapping[str, Figure] = field(default_factory=dict)
    explanations: tuple[str, ...] = ()


class Judge(ABC):
    """Base class of judges, which evaluate the contenders of one run.

    A judge runs in a child process and reads stored predictions; it does not load any pipeline.
    """

    def members(self) -> Mapping[str, dict[str, float | None]]:
        """Return member name → metrics of the member's own predictions; empty if the candidate has no members."""
        return {}

    def metric(self) -> str | None:
        """Return the name of a metric that suits this data better than the kind's default; None for the default.

        A metric that the model's policy names takes precedence over both.
        """
        return None

    @abstractmethod
    def contest(self, metric: MetricFacts, slices: Sequence[str]) -> Contest:
        """Return the losses by ``metric`` for the gate, with the slices of the slice keys named in ``slices``."""

    @abstractmethod
    def evaluate(self, metric: MetricFacts, best_baseline: str, champion: str, outputs: Path) -> Judged:
        """Rank the contenders, write ``errors.npz`` and return the evaluation with its figures.

        Args:
            metric: metric that the gate compared by.
            best_baseline: name of the best baseline by that metric; skill is measured against it.
            champion: name of the contender that is champion after the verdict.
            outputs: folder for ``errors.npz``, which contains each contender's errors under its name.
        """


@dataclass(frozen=True)
class ExplainCase:
    """The input of one explanation.

    Attributes:
        candidate: contender that the run trained, with the folder of its predictions.
        baseline: best baseline, with the folder of its predictions.
        test: folder of the test set without targets.
        truth: folder of the true values of the test set.
        split: split of the run.
        seed: seed of the run.
        answer: ``predict`` of the loaded candidate; None if the explanation does not call it.
        progress: callback ``progress(done, total, note)``.
    """

    candidate: Predicted
    baseline: Predicted
    test: Path
    truth: Path
    split: SplitResult
    seed: int
    answer: Answer[Any, Any] | None
    progress: Callable[[int, int, str], None]
