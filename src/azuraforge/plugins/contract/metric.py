"""The contract of a metric: the losses behind it, and the facts that are needed to display and compare it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias

from pydantic import Field
from typing_extensions import TypeVar

from azuraforge.plugins.contract.shape import Shape, Texts

if TYPE_CHECKING:
    from azuraforge.plugins.contract.arrays import Floats

TruthT = TypeVar("TruthT", contravariant=True)
SaidT = TypeVar("SaidT", contravariant=True)

Direction = Literal["lower", "higher", "none"]
Unit = Literal["target", "target_squared", "seconds", "bytes", "none"]
Format = Literal["number", "share", "signed_share", "percent"]
Detail = Literal["main", "more", "full", "hidden"]

#: Symbols of the units that do not depend on the target.
_MARKS: Mapping[Unit, str] = {"seconds": "s", "bytes": "B", "none": ""}


class Pairing(Shape):
    """Rule for comparing two contenders by a metric, from their losses on the same rows.

    Rows that are ``origins`` follow one another in time: neighbouring losses are correlated, and the difference is
    relative. Rows that are ``examples`` are independent: they are resampled one by one, and the difference is absolute.
    """

    rows: Literal["origins", "examples"] = Field(description="meaning of one row of losses")
    mean: Literal["arithmetic", "root"] = Field(
        default="arithmetic", description="how losses are averaged; root: square root of the mean loss, as in RMSE"
    )
    binary: bool = Field(
        default=False, description="whether each loss is 0 or 1, so that an exact sign test must agree"
    )


class MetricFacts(Shape):
    """The description of a metric without its computation, for the API, tables, model cards and reports."""

    name: str
    title: Texts
    hint: Texts = Field(default_factory=dict, description="explanation in one sentence, by language code")
    direction: Direction = Field(
        description="whether lower or higher values are better; none: neither, as for interval coverage"
    )
    unit: Unit = Field(default="none", description="unit of the metric; target: that of the dataset's target")
    format: Format = Field(
        default="number",
        description="display format; share: 0.25 is shown as 25 %; signed_share: the same with a sign; percent:"
        " 25 is shown as 25 %",
    )
    digits: int | None = Field(
        default=None, description="number of decimal places; null if it depends on the value's size"
    )
    detail: Detail = Field(
        default="main",
        description="where it is shown; main: every table; more: tables with enough space; full: selection of a"
        " single metric; hidden: only as part of another metric",
    )
    pairing: Pairing | None = Field(
        default=None, description="how the gate compares contenders by the metric; null if it cannot"
    )

    def unit_of(self, target: str) -> str:
        """Return the unit for display; ``target`` is the unit of the target.

        Example:
            >>> variance = MetricFacts(name="v", title={"en": "variance"}, direction="none", unit="target_squared")
            >>> variance.unit_of("ppm"), variance.unit_of("")
            ('ppm²', '')
        """
        if self.unit == "target":
            return target
        return (f"{target}²" if target else "") if self.unit == "target_squared" else _MARKS[self.unit]

    @property
    def lower_is_better(self) -> bool | None:
        """Return whether lower values are better; None if neither direction is better."""
        return None if self.direction == "none" else self.direction == "lower"

    def score(self, losses: Floats) -> float | None:
        """Return the mean of the finite ``losses``, or its square root if ``pairing.mean`` is ``root``.

        Losses are NaN where the true value is missing. Returns None if no loss is finite.
        """
        import numpy as np  # imported here, because the API process uses this class without NumPy

        known = losses[np.isfinite(losses)]
        if not known.size:
            return None
        mean = float(known.mean())
        return math.sqrt(mean) if self.pairing is not None and self.pairing.mean == "root" else mean


class Metric(ABC, Generic[TruthT, SaidT]):
    """Base class of metrics that plugins add to a task kind; the platform computes them for every contender.

    Attributes:
        name: unique name, under which evaluations store the value.
        task: name of the task kind whose predictions the metric measures.
        facts: description for display and comparison; its ``name`` must equal ``name``.
    """

    name: ClassVar[str]
    task: ClassVar[str]
    facts: ClassVar[MetricFacts]
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def losses(self, truth: TruthT, predictions: SaidT) -> Floats:
        """Return the loss of each prediction, ``(row, …)``, NaN where the true value is missing.

        Args:
            truth: true values as the task kind reads them, such as ``(origin, horizon)`` for forecasts.
            predictions: checked predictions of one contender.
        """


#: Duration of the fit, which is measured for every contender of every task kind.
FIT_SECONDS = MetricFacts(
    name="fit_seconds",
    title={"en": "Time to fit", "tr": "Eğitim süresi"},
    direction="lower",
    unit="seconds",
    detail="more",
)
BYTES = MetricFacts(
    name="bytes", title={"en": "Size", "tr": "Boyut"}, direction="lower", unit="bytes", digits=0, detail="more"
)


#: A metric of any task.
AnyMetric: TypeAlias = Metric[Any, Any]
