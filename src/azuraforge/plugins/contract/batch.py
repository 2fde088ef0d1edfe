"""The contract of batch prediction: the predictions of one model version for the rows of a dataset version."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

from pydantic import AwareDatetime, Field, JsonValue
from typing_extensions import TypeVar

from azuraforge.plugins.contract.pipeline import Answer
from azuraforge.plugins.contract.shape import Shape

if TYPE_CHECKING:
    import polars as pl

    from azuraforge.plugins.contract.arrays import Indices

TableT = TypeVar("TableT")


class BatchRange(Shape):
    """The rows of a dataset to predict from.

    Attributes:
        start, end: first and last time of the rows, both included; None for no limit.
        every: step between two used rows; 1 for every row.
    """

    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    every: int = Field(default=1, ge=1)


@dataclass(frozen=True)
class LoadedVersion:
    """A model version that this child process has loaded.

    Attributes:
        name: name of the version's pipeline.
        answer: the pipeline's ``predict`` for one part; its result is not checked.
        folder: folder of the version's files.
        horizon: number of rows predicted from each origin; None for data without time.
        config: config in the version's model card.
        progress: callback ``progress(done, total)``.
    """

    name: str
    answer: Answer[Any, Any]
    folder: Path
    horizon: int | None
    config: Mapping[str, JsonValue]
    progress: Callable[[int, int], None]


class Batch(ABC, Generic[TableT]):
    """Base class of the batch prediction of one task kind."""

    @abstractmethod
    def origins(self, version: LoadedVersion, table: TableT, rows: BatchRange) -> tuple[Indices, int]:
        """Return the indices of the rows to predict from, ``(origin,)``, and the number of unusable requested rows.

        Raises InvalidInput if no requested row is usable.
        """

    @abstractmethod
    def predict(
        self, version: LoadedVersion, table: TableT, origins: Indices, learned_until: str | None
    ) -> pl.DataFrame:
        """Return the predictions as the rows of a data frame.

        Args:
            version: version that predicts.
            table: dataset version.
            origins: ``(origin,)`` indices of the rows to predict from, as ``origins`` returns them.
            learned_until: time of the last row that the version learned from; None if unknown.

        Raises InvalidInput if the predictions of the version have the wrong type or shape.
        """

    @abstractmethod
    def scores(self, frame: pl.DataFrame) -> dict[str, float | None] | None:
        """Return metric name → score, over the rows with a known true value that the version did not learn from.

        ``frame`` contains all rows that ``predict`` returned for one batch. Returns None if no row qualifies.
        """
