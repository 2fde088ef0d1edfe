"""Stored form of a verdict, shared by the database, the API, the card, the report and the bundle."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.models.gate.policy import PLATFORM, UNMEASURED, GatePolicy, Measured

Decision = Literal["promoted", "approved", "kept", "baseline_promoted", "not_comparable"]
#: Key of the sentence that states a verdict: its decision, whether that is proven, or why the best score does not win.
Headline = Literal[
    "promoted",
    "serves_unproven",
    "approved",
    "kept",
    "baseline_promoted",
    "not_comparable",
    "baseline_unproven",
    "baseline_barred",
    "withheld",
    "awaits_approval",
    "incumbent_stays",
]
Value = bool | int | float | str | None
_MOST_TEXT = 10_000
_SHAPE = ConfigDict(frozen=True, extra="forbid")


class Sentences(BaseModel):
    """Text in both languages."""

    model_config = _SHAPE

    en: str = Field(min_length=1, max_length=_MOST_TEXT)
    tr: str = Field(min_length=1, max_length=_MOST_TEXT)


class ReasonRecord(BaseModel):
    """One reason of a verdict: a stable code, its values, and its sentences."""

    model_config = _SHAPE

    code: str = Field(min_length=1, max_length=200)
    params: dict[str, Value] = Field(max_length=100)
    text: Sentences


class SliceRecord(BaseModel):
    """Result of one guarded slice.

    ``low`` and ``high`` are null if the state is unknown: too few rows, or too few independent ones.
    """

    model_config = _SHAPE

    name: str = Field(max_length=400)
    state: Literal["held", "worse", "unknown"]
    margin: float
    targets: int = Field(description="number of origins or examples with a target in the slice")
    relative_difference: float | None
    difference: float
    low: float | None
    high: float | None
    level: float


class VerdictRecord(BaseModel):
    """The gate's decision about a candidate, with its reasons and the conditions that applied.

    Attributes:
        champion: name of the champion after the verdict; empty if there is none.
        approved: name of the predictor that a person may promote; None unless the decision is "approved".
        slices: results of the guarded slices.
    """

    model_config = _SHAPE

    decision: Decision
    headline: Headline
    champion: str = Field(max_length=400, description="name of the champion after the verdict; empty if there is none")
    approved: str | None = Field(
        default=None,
        max_length=400,
        description="name of the predictor that a person may promote; null if there is none",
    )
    reasons: list[ReasonRecord] = Field(max_length=1000)
    policy: GatePolicy = PLATFORM
    measured: Measured = UNMEASURED
    slices: list[SliceRecord] = Field(default=[], max_length=100_000)

    @property
    def promotes(self) -> bool:
        """Return whether the verdict moves the champion alias."""
        return self.decision in ("promoted", "baseline_promoted")

    @property
    def awaits_approval(self) -> bool:
        """Return whether the candidate passed the gate and another member must approve its promotion."""
        return self.headline == "awaits_approval"

    @property
    def entrant(self) -> str:
        """Name of the new champion, or of the predictor to approve."""
        return self.approved or self.champion

    def text(self, language: Literal["en", "tr"]) -> str:
        """Return the reasons as one paragraph."""
        return " ".join(getattr(reason.text, language) for reason in self.reasons)
