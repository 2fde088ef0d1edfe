"""The composition of a combined predictor: its members, their weights, and the members left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from azuraforge.messages import LANGUAGES, keyed
from azuraforge.plugins.contract.shape import Shape, Texts, text_of

#: Why a member was left out. ``failed``: its code raised an error. ``crashed``: its process ended unexpectedly.
#: ``stopped``: it did not finish within the time budget. ``not_started``: the budget ended before it began.
#: ``not_finite``: its forecast contained infinite values or NaN. ``not_tried``: it was skipped to save time.
LeftOutWhy = Literal["failed", "crashed", "stopped", "not_started", "not_finite", "not_tried"]


class LeftOutMember(Shape):
    """A member that the combined predictor does not use, or that could not be refitted, with the reason."""

    name: str
    why: LeftOutWhy
    reason: Texts = Field(description="reason by language code; error messages are in English")
    seconds: float | None = Field(
        default=None, description="duration of the member's training in seconds; null if unknown"
    )

    @classmethod
    def of(
        cls, name: str, why: LeftOutWhy, detail: str | Mapping[str, str] = "", seconds: float | None = None
    ) -> LeftOutMember:
        """Return a left-out member whose ``reason`` is written out in every language.

        Args:
            name: name of the member.
            why: code of the reason; see ``LeftOutWhy``.
            detail: error message, exit code of the process, or why the member was not tried; a mapping by language
                code if the text exists in several languages.
            seconds: time spent on the member; None if unknown.

        Example:
            >>> LeftOutMember.of("my.trees", "failed", "no rows").reason["en"]
            'it failed: no rows'
        """
        reason: Texts = {
            code: keyed(
                f"left_out.{why}", code, detail=detail if isinstance(detail, str) else text_of(dict(detail), code)
            )
            for code in LANGUAGES
        }
        return cls(name=name, why=why, reason=reason, seconds=seconds)


class Member(Shape):
    """A member of a combined predictor; its weight may be 0.

    ``metrics`` measure the member's own predictions on the test set, for information only: members are selected and
    weighted by ``score``, before the test set is available.
    """

    name: str
    weight: float = Field(ge=0, description="weight in the combination; 0 if the member was trained but is not used")
    score: float | None = Field(
        default=None,
        description="score on the validation set, lower is better, see `measure` of the composition; null if unknown",
    )
    seconds: float | None = Field(default=None, description="training time in seconds; null if unknown")
    trials: int = Field(
        default=1, ge=1, description="number of candidates that the member compared on the validation set"
    )
    metrics: dict[str, float | None] = Field(
        default_factory=dict, description="metrics on the test set by name; empty if not measured"
    )


class Composition(Shape):
    """The members of a combined predictor and the rule that combines them.

    ``rule`` is one of: ``weights``, the weighted sum of the members' predictions; ``median``, the median over members
    with a weight above 0; ``trimmed``, the weighted mean of each value without a quarter of the weights at either end;
    ``single``, the predictions of the only member with a weight; ``other``, a rule that the pipeline's summary states.
    """

    rule: Literal["weights", "median", "trimmed", "single", "other"]
    measure: Texts = Field(description="short description of the members' scores, by language code")
    members: tuple[Member, ...] = Field(description="members in descending order of weight")
    left_out: tuple[LeftOutMember, ...] = ()
    not_refitted: tuple[LeftOutMember, ...] = Field(
        default=(), description="members whose evaluated predictor serves because they could not be refitted"
    )
    budget_seconds: float | None = Field(
        default=None, description="time budget for training the members, in seconds; null if there is none"
    )

    @property
    def is_timed(self) -> bool:
        """Return whether the budget ended before all members were fitted: results depend on the machine's speed.

        Example:
            >>> late = LeftOutMember.of("my.trees", "stopped")
            >>> Composition(rule="median", measure={}, members=(), left_out=(late,)).is_timed
            True
        """
        return any(each.why in ("stopped", "not_started") for each in (*self.left_out, *self.not_refitted))

    def measured(self, metrics: Mapping[str, Mapping[str, float | None]]) -> Composition:
        """Return a copy with the members' metrics on the test set; ``metrics`` maps member names to metrics."""
        members = tuple(
            each.model_copy(update={"metrics": dict(metrics[each.name])}) if each.name in metrics else each
            for each in self.members
        )
        return self.model_copy(update={"members": members})
