"""The interface between a task kind, which measures contenders, and the gate, which decides between them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, Field, JsonValue

from azuraforge.plugins.contract.evaluation import Evaluation, PartSummary, SuspiciousColumn
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import Shape, Texts

if TYPE_CHECKING:
    from azuraforge.plugins.contract.arrays import Flags, Floats


class SliceKey(Shape):
    """A property by which targets are sliced, such as the hour of the day; each of its values is a slice."""

    name: str
    title: Texts


class Remark(Shape):
    """A fact for the verdict's reasons: a stable code and its values. Codes: ``azuraforge.models.reasons``."""

    code: str
    params: dict[str, JsonValue] = Field(default_factory=dict)


def other(code: str, champion: JsonValue, candidate: JsonValue) -> Remark:
    """Return the remark that champion and candidate differ.

    Example:
        >>> other("other_target", "rain", "snow").params
        {'champion': 'rain', 'candidate': 'snow'}
    """
    return Remark(code=code, params={"champion": champion, "candidate": candidate})


class Fold(Shape):
    """Half-open row ranges ``[start, stop]`` of one fold of a backtest."""

    train: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]


class Backtest(Shape):
    """The folds of a backtest, and their position relative to the rows of the study behind the config (null: none)."""

    folds: tuple[Fold, ...]
    purge_rows: int
    choice: Literal["before", "inside"] | None = None


class SplitResult(Shape):
    """A checked split. A kind may add fields in a subclass; other code passes them on unchanged."""

    model_config = ConfigDict(extra="allow", frozen=True)

    parts: dict[str, PartSummary]
    horizon: int | None = Field(default=None, description="rows predicted from each origin; null: no time")
    season: int | None = None
    backtest: Backtest | None = Field(default=None, description="null: none was asked for")
    refit: bool = Field(default=False, description="after the verdict, versions are fitted again on every row")


class Predicted(Shape):
    """A contender with the folder of its predictions."""

    name: str
    predictions: str
    seconds: float | None = None
    guarded: int = Field(default=0, description="at how many predictions the leakage guard tried it")
    members: dict[str, str] = Field(default_factory=dict, description="folders of the predictions of members, by name")


class PresentChampion(Shape):
    """The champion next to the candidate: its predictions on the candidate's test set, or the obstacle.

    Attributes:
        folder: of its version, for kinds that keep what it learned from there.
        learned_from: time ranges, both ends included.
        unknown: parts of the test set that it did not learn, such as series of a panel.
        refitted: the predictor that serves, refitted on every row, predicted what comes after the last row.
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
    """The contenders of one run, and the folders in which their test set lies."""

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
    """The targets of one slice: ``mask`` has the shape of the losses."""

    key: str
    value: str
    mask: Flags


@dataclass(frozen=True)
class Contest:
    """The losses that the gate compares. A row is an independent draw: an origin, a moment, an example.

    Attributes:
        losses: contender → ``(row, column)``, not negative; NaN where the truth is missing.
        slices: slices of the requested keys.
        unseen: ``(row,)`` True where the champion has learned from none of the row's targets.
        horizon, season: rows; 1 for independent examples.
        obstacle: why the champion cannot be compared; its losses are not read then.
        answered: in the shape of the losses, False where the champion has no answer; None: it has all.
        limit: the remark that states it.
        suspicious: columns of the data that seem to know the future of the target.
        incumbent: losses of the dataset's present forecast in the shape of the others, NaN where it said nothing; None:
            there is none.
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
    """A computation after the run's success that draws figures of the candidate.

    Attributes:
        name: ``TaskKind.explain`` is called with it.
        problem: the note if it fails, by language code, with ``{problem}``. A failing explanation does not end the run.
        app_code: whether the candidate itself is loaded and used.
    """

    name: str
    problem: Texts
    app_code: bool = True


@dataclass(frozen=True)
class Judged:
    """The evaluation before the gate adds comparisons and failed baselines, its figures, and its explanations."""

    evaluation: Evaluation
    figures: Mapping[str, Figure] = field(default_factory=dict)
    explanations: tuple[str, ...] = ()


class Judge(ABC):
    """Evaluator of the contenders of one case. Runs in a child, on numbers alone: no pipeline is loaded."""

    def members(self) -> Mapping[str, dict[str, float | None]]:
        """Return the metrics of the predictions of each member of the candidate, by its name."""
        return {}

    def metric(self) -> str | None:
        """Return the metric that suits the data better than the kind's own; a metric named by the policy wins."""
        return None

    @abstractmethod
    def contest(self, metric: MetricFacts, slices: Sequence[str]) -> Contest:
        """Return the losses by ``metric``, and the slices of the named keys."""

    @abstractmethod
    def evaluate(self, metric: MetricFacts, best_baseline: str, champion: str, outputs: Path) -> Judged:
        """Rank the contenders and write ``errors.npz``.

        Args:
            metric: that the gate compared by.
            best_baseline: its name, by the gate's metric; skill is measured against it.
            champion: who holds the title after the verdict.
            outputs: a folder; ``errors.npz`` there holds each contender's errors by its name.
        """
