"""The contract of batch predictions: a version over all rows of a dataset version, in chunks."""

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
    """The rows of a dataset that are predicted from; both ends included."""

    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    every: int = Field(default=1, ge=1)


@dataclass(frozen=True)
class LoadedVersion:
    """A version, loaded in this child.

    Attributes:
        name: of its pipeline.
        answer: its ``predict`` of one part, unchecked.
        folder: its files.
        horizon: rows that it predicts from each origin; None: no time.
        config: as its card states it.
        progress: ``progress(done, total)``.
    """

    name: str
    answer: Answer[Any, Any]
    folder: Path
    horizon: int | None
    config: Mapping[str, JsonValue]
    progress: Callable[[int, int], None]


class Batch(ABC, Generic[TableT]):
    """Batch prediction of a whole dataset by versions of one task kind."""

    @abstractmethod
    def origins(self, version: LoadedVersion, table: TableT, rows: BatchRange) -> tuple[Indices, int]:
        """Return the rows to predict from, and the number of requested rows that the version cannot predict from.

        Raises InvalidInput if none is left.
        """

    @abstractmethod
    def predict(
        self, version: LoadedVersion, table: TableT, origins: Indices, learned_until: str | None
    ) -> pl.DataFrame:
        """Return the predictions as rows of a table. ``learned_until``: the last time that the version learned from."""

    @abstractmethod
    def scores(self, frame: pl.DataFrame) -> dict[str, float | None] | None:
        """Return the scores of rows with known truth that the version has not learned from; None if there are none."""
