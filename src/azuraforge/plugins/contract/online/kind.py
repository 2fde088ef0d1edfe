"""The contract of a task kind for learners: baselines and sums of the scores, outcome by outcome.

A learner never has a test set: each answer is judged when its outcome becomes known. A task kind for learners therefore
implements neither splits nor judges, but sums of scores that can be added over any set of outcomes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol, TypeAlias

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.judging import JudgeCase, SplitResult
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.pipeline import AnyPipeline
from azuraforge.plugins.contract.pipeline import Config as TaskConfig
from azuraforge.plugins.contract.task_kind import TaskKind

if TYPE_CHECKING:
    import polars as pl

    from azuraforge.plugins.contract.arrays import Floats, Indices
    from azuraforge.plugins.contract.dataset_schema import DatasetSchema

#: Baseline name → answers, ``(origin, width)``.
BaselineAnswers: TypeAlias = Mapping[str, "Floats"]


class Baseline(Protocol):
    """A rule that answers from earlier outcomes of the same key only. Its whole state is an array."""

    @property
    def state(self) -> Floats:
        """``(number,)`` numbers that determine all later answers."""
        ...

    def advance(self, outcomes: Floats, known: Indices) -> Floats:
        """Learn ``outcomes`` and return the answers, ``(origin, width)``; NaN where there is no answer yet.

        Args:
            outcomes: ``(outcome,)`` in the order in which they become known.
            known: ``(origin,)`` number of these outcomes that are known at each origin; it does not decrease.
        """
        ...


class OnlineKind(TaskKind[TaskConfig, Any, Any, Any, SplitResult]):
    """Base class of the task kinds of learners.

    ``baselines`` are names of learners. The platform computes the answers of all of them for every learner of the kind,
    and each can be started as a learner of its own.

    Attributes:
        target_kinds: kinds of target for which a learner of this task kind can be requested.
    """

    data = "feed"
    Config = TaskConfig
    target_kinds: ClassVar[tuple[str, ...]]

    # -- answers and scores

    @abstractmethod
    def width(self, classes: int) -> int:
        """Return the number of columns of an answer; ``classes`` is the number of classes of the target, or 0."""

    @abstractmethod
    def fault(self, answers: Floats, classes: int) -> str | None:
        """Return in one sentence which answer is not valid; None if all are. Rows of NaN are abstentions."""

    @abstractmethod
    def baseline(self, name: str, classes: int, state: Floats | None = None) -> Baseline:
        """Return one of ``baselines`` for one key, from its beginning or from a state."""

    @abstractmethod
    def sums(self, classes: int) -> tuple[str, ...]:
        """Return the names of the sums from which the metrics are computed."""

    @abstractmethod
    def tally(self, answers: Floats, outcomes: Floats, classes: int) -> Floats:
        """Return what each judged answer adds to the sums, ``(outcome, sum)``. No answer is an abstention."""

    @abstractmethod
    def scores(self, sums: Floats, classes: int) -> dict[str, Floats]:
        """Return metric name → values, ``(…)``, from sums ``(…, sum)``; NaN where a metric is not defined."""

    @abstractmethod
    def losses(self, answers: Floats, outcomes: Floats, metric: MetricFacts) -> Floats:
        """Return the loss of each judged answer, ``(outcome,)``, by which a gate metric compares learners."""

    # -- what only bounded runs have

    def _refuse(self) -> NoReturn:
        raise InvalidInput(
            "models of the task kind {kind!r} learn row by row, not in a bounded run",
            where="task kind {kind}",
            next_step="start a learner",
            code="learns_row_by_row",
            kind=self.name,
        )

    def table(self, frame: pl.DataFrame, schema: DatasetSchema) -> NoReturn:
        self._refuse()

    def split(
        self,
        pipeline: AnyPipeline,
        table: object,
        config: TaskConfig,
        folder: Path | None,
        *,
        studied: bool = False,
        retrained: bool = False,
    ) -> NoReturn:
        self._refuse()

    def load_part(self, folder: Path) -> NoReturn:
        self._refuse()

    def alone(self, part: object, index: int) -> NoReturn:
        self._refuse()

    def hold_out(self, table: object, split: SplitResult, configs: Sequence[TaskConfig], outputs: Path) -> NoReturn:
        self._refuse()

    def predict(self, name: str, answer: object, part: object) -> NoReturn:
        self._refuse()

    def guard(
        self, name: str, answer: object, part: object, predictions: object, seed: int, *, thorough: bool
    ) -> NoReturn:
        self._refuse()

    def save_predictions(self, predictions: object, path: Path) -> NoReturn:
        self._refuse()

    def judge(self, case: JudgeCase) -> NoReturn:
        self._refuse()

    def stored_losses(self, errors: Mapping[str, Floats], contender: str, metric: MetricFacts) -> NoReturn:
        self._refuse()

    def prepare_scoring(self, table: object, split: SplitResult, config: TaskConfig, outputs: Path) -> NoReturn:
        self._refuse()

    def score(self, name: str, answer: object, parts: Path) -> NoReturn:
        self._refuse()
