"""The composition of a pipeline that combines others: its members, their weights, and those that it left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from azuraforge.messages import LANGUAGES, keyed
from azuraforge.plugins.contract.shape import Shape, Texts, text_of

#: ``failed``: its code raised an error; ``crashed``: its process ended; ``stopped``: it did not finish within the time
#: budget; ``not_started``: the budget had ended before; ``not_finite``: it forecast something other than numbers;
#: ``not_tried``: nothing spoke for spending time on it.
LeftOutWhy = Literal["failed", "crashed", "stopped", "not_started", "not_finite", "not_tried"]


class LeftOutMember(Shape):
    """A member that the combination does without."""

    name: str
    why: LeftOutWhy
    reason: Texts = Field(description="by language code; the message of an error is in English")
    seconds: float | None = Field(default=None, description="that were spent on it")

    @classmethod
    def of(
        cls, name: str, why: LeftOutWhy, detail: str | Mapping[str, str] = "", seconds: float | None = None
    ) -> LeftOutMember:
        """Return a member with its reason in words.

        Args:
            name: of the member.
            why: see ``LeftOutWhy``.
            detail: the message of an error, the code of a process, or why it was not tried; by language code where it
                is known in several.
            seconds: that were spent on it.

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
    """One of the predictors that are combined, or one that was learned and has no weight.

    ``metrics`` are those of its own predictions on the test set. They inform only: members are chosen and weighed by
    ``score``, before the test set exists.
    """

    name: str
    weight: float = Field(ge=0, description="0: learned, but not part of the combination")
    score: float | None = Field(default=None, description="on the validation part, lower is better; see measure")
    seconds: float | None = Field(default=None, description="that learning it took")
    trials: int = Field(default=1, ge=1, description="candidates that it compared on the validation part")
    metrics: dict[str, float | None] = Field(default_factory=dict, description="on the test set, by name of the metric")


class Composition(Shape):
    """The members of a combined predictor.

    ``rule``: ``weights`` is the weighted sum of the members' predictions, ``median`` the median of those that have a
    weight, ``trimmed`` their weighted mean without the extremes of each value, ``single`` the predictions of the only
    member that has a weight, ``other`` what the pipeline's summary says.
    """

    rule: Literal["weights", "median", "trimmed", "single", "other"]
    measure: Texts = Field(description="of the members' scores, in a few words")
    members: tuple[Member, ...] = Field(description="the heaviest first")
    left_out: tuple[LeftOutMember, ...] = ()
    not_refitted: tuple[LeftOutMember, ...] = Field(
        default=(), description="members whose evaluated predictor serves, because it could not be refitted"
    )
    budget_seconds: float | None = Field(default=None, description="that learning the members may take")

    @property
    def is_timed(self) -> bool:
        """True if a time budget ended before some member was learned, which a faster machine would have learned.

        Example:
            >>> late = LeftOutMember.of("my.trees", "stopped")
            >>> Composition(rule="median", measure={}, members=(), left_out=(late,)).is_timed
            True
        """
        return any(each.why in ("stopped", "not_started") for each in (*self.left_out, *self.not_refitted))

    def measured(self, metrics: Mapping[str, Mapping[str, float | None]]) -> Composition:
        """Return the composition with each member's metrics on the test set, by the member's name."""
        members = tuple(
            each.model_copy(update={"metrics": dict(metrics[each.name])}) if each.name in metrics else each
            for each in self.members
        )
        return self.model_copy(update={"members": members})
