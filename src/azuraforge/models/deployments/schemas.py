"""API shapes of deployments."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.bounds import Number
from azuraforge.models.schemas import Alias
from azuraforge.paging import Page


class DeploymentRequest(BaseModel):
    """Request to deploy a version alongside the version an alias points to."""

    model_config = ConfigDict(extra="forbid")

    version: Number
    mode: Literal["shadow", "canary"]
    alias: Alias = "champion"
    share_percent: float = Field(
        default=10.0, ge=0, le=100, description="share of the requests in percent that a canary answers"
    )
    error_margin: float = Field(
        default=0.01,
        ge=0,
        lt=1,
        description="allowed excess of the share of failed requests over that of the alias's version",
    )
    loss_margin: float = Field(
        default=0.1, ge=0, le=10, description="relative increase from which a loss counts as worse; 0.1 is 10 %"
    )
    level: float = Field(default=0.95, gt=0.5, lt=1, description="joint confidence level of all sequential tests")
    reason: str = Field(min_length=1, max_length=1000)


class EndRequest(BaseModel):
    """Request to end a shadow or canary, with the reason."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=1000)


class TestOut(BaseModel):
    """Sequential test of whether a version is worse by more than the margin.

    ``worse``, ``even`` and ``better`` are numbers of requests in the test of errors, and of pairs in the test of
    losses. The result is positive once exp(log_wealth) reaches 1 / alpha.
    """

    worse: int
    even: int
    better: int
    margin: float
    log_wealth: float
    alpha: float


class ExtremesOut(BaseModel):
    """Sequential test of whether more than ``share`` of the losses are above ``bound``.

    The result is positive once exp(log_wealth) reaches 1 / alpha.
    """

    bound: float | None = Field(
        description="largest known loss of the alias's version (for panels, relative to each series' usual "
        "loss); null if too few are known"
    )
    known: int = Field(description="number of losses of the alias's version that the bound is based on")
    needed: int = Field(description="number of known losses required to set the bound")
    share: float | None = Field(
        description="maximum share of losses above the bound that chance explains; null without a bound"
    )
    beyond: int = Field(
        description="number of pairs in which only the deployed version's largest loss is above the bound"
    )
    within: int = Field(description="number of all other pairs since the bound was set")
    log_wealth: float
    alpha: float


class DeploymentOut(BaseModel):
    """A shadow or canary, and its results next to version ``alongside``, which the alias pointed to at its start."""

    number: int
    alias: str
    mode: Literal["shadow", "canary"]
    version: int
    alongside: int
    share_percent: float
    state: Literal["active", "ended", "rolled_back"]
    level: float
    errors: TestOut = Field(description="test of the requests that only one of the two versions failed to answer")
    losses: TestOut = Field(description="test of pairs of predictions with known outcomes and non-overlapping targets")
    extremes: ExtremesOut = Field(description="test for rare but very large losses")
    overlapping: int = Field(
        description="number of judged pairs not counted because their targets overlap with a counted pair"
    )
    left_out: int = Field(description="number of pairs dropped because too many were pending")
    reason: str
    started_by: str
    started_at: datetime
    ended_reason: str | None
    ended_by: str | None
    ended_at: datetime | None


class DeploymentPage(Page[DeploymentOut]):
    """A page of a model's shadows and canaries, newest first."""
