"""The plan of a learner: its target, its features, and the settings of the loop."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import Field, JsonValue, model_validator

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.online.kind import OnlineKind
from azuraforge.plugins.contract.shape import Shape

#: Microseconds per second.
SECOND = 1_000_000

TargetKind: TypeAlias = Literal["value", "change", "sign", "log_return"]


class Target(Shape):
    """The quantity that a learner predicts; the platform computes its outcomes.

    A target of the kind ``value`` that is zero rows ahead is a *label*: its column is never a feature, and its value
    becomes known when the next row of the feed arrives or the feed closes.

    Example:
        >>> Target(column="class").label, Target(column="close", kind="sign", ahead_rows=12).label
        (True, False)
    """

    column: str = Field(min_length=1, max_length=200, description="column of the feed")
    kind: TargetKind = Field(
        default="value",
        description="value: the column itself; change: its difference from the row of the answer; sign: whether it is"
        " above that row's value; log_return: logarithm of the ratio",
    )
    ahead_rows: int = Field(default=0, ge=0, le=100_000, description="number of rows of the key ahead")
    ahead_seconds: float | None = Field(
        default=None, gt=0, description="time ahead; if set, it replaces the number of rows"
    )

    @model_validator(mode="after")
    def _ahead(self) -> Self:
        if self.ahead_seconds is not None and self.ahead_rows:
            raise ValueError("a target is either a number of rows ahead or a time ahead")
        if self.kind != "value" and not self.ahead_rows and self.ahead_seconds is None:
            raise ValueError(f"a target of the kind {self.kind} needs a number of rows or a time ahead")
        return self

    @property
    def label(self) -> bool:
        """Whether the target is a label."""
        return self.kind == "value" and self.ahead_seconds is None and not self.ahead_rows

    @property
    def ahead_us(self) -> int | None:
        """The time ahead in microseconds; None if the target is a number of rows ahead."""
        return None if self.ahead_seconds is None else round(self.ahead_seconds * SECOND)

    @property
    def overlap(self) -> int:
        """The number of consecutive outcomes that share rows; 1 if they share none or the target is a time ahead."""
        return max(1, self.ahead_rows)


class FeatureSet(Shape):
    """A features plugin with its config."""

    name: str = Field(min_length=1, max_length=200)
    config: dict[str, JsonValue] = Field(default_factory=dict)


class DriftPlan(Shape):
    """Settings of the drift tests, which look at outcomes that share no rows."""

    adwin_delta: float = Field(default=0.002, gt=0, lt=1, description="ADWIN: bound of a false alarm per comparison")
    page_hinkley_threshold: float = Field(
        default=50.0, gt=0, description="Page–Hinkley: threshold, in units of the loss; numbers: of twice its mean"
    )
    page_hinkley_delta: float = Field(default=0.02, ge=0, description="Page–Hinkley: change that is tolerated")


class Plan(Shape):
    """Everything that determines the loop of a learner, apart from the plugin's own config."""

    task: str
    target: Target
    columns: tuple[str, ...] = Field(description="columns of the feed")
    classes: tuple[str, ...] = Field(default=(), description="names of the classes of a class column, in code order")
    keys: tuple[str, ...] = Field(default=(), description="keys to learn from; empty: all keys")
    inputs: tuple[str, ...] = Field(default=(), description="columns of the feed that are features as they are")
    features: tuple[FeatureSet, ...] = ()
    seed: int = 0
    buffer: int = Field(default=1, ge=1, le=1_000_000, description="number of outcomes after which the learner learns")
    state_every_seconds: int = Field(default=3600, ge=1, description="distance of states in event time")
    archive_every_seconds: int = Field(default=21_600, ge=1, description="distance of archives in event time")
    state_rows: int = Field(default=32, ge=1, description="least number of rows between two states")
    drift: DriftPlan | None = DriftPlan()
    suspicious_above: float | None = Field(
        default=None, description="score beyond which a promotion waits until a person confirms it"
    )
    accuracy_below: float | None = Field(
        default=None, description="hourly accuracy below which challengers are requested"
    )

    def check(self, kind: OnlineKind) -> None:
        """Raise InvalidInput if the plan does not fit its task kind or names a column that the feed lacks."""
        if self.target.kind not in kind.target_kinds:
            raise InvalidInput(
                "a learner of the task kind {task} cannot predict a target of the kind {kind}",
                where="target",
                next_step="choose one of {known}",
                task=kind.name,
                kind=self.target.kind,
                known=", ".join(kind.target_kinds),
            )
        for column in (self.target.column, *self.inputs):
            if column not in self.columns:
                raise InvalidInput(
                    "the feed has no column {column!r}",
                    where="target" if column == self.target.column else "inputs",
                    next_step="choose one of {known}",
                    column=column,
                    known=", ".join(self.columns),
                )
        if self.target.label and self.target.column in self.inputs:
            raise InvalidInput(
                "the column {column!r} is the label, so it cannot be a feature",
                where="inputs",
                next_step="remove the column, or predict a row ahead",
                code="label_is_no_feature",
                column=self.target.column,
            )
        if not self.inputs and not self.features:
            raise InvalidInput(
                "the learner has no features", where="inputs", next_step="name columns of the feed or feature sets"
            )
        if kind.width(2) > kind.width(0) and len(self.classes) < 2:
            raise InvalidInput(
                "the target {column!r} has fewer than two classes",
                where="target",
                next_step="state the names of the classes in the feed's schema",
                column=self.target.column,
            )
