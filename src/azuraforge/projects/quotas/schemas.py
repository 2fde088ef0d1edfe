"""API shapes of quotas."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: What a quota limits.
Limited = Literal["stored_bytes", "runs", "datasets", "members"]
#: A limit; null: none.
Limit = Annotated[int | None, Field(ge=0, le=2**62)]


class QuotaLimits(BaseModel):
    """Limits of a project. A field that is null has no limit."""

    model_config = ConfigDict(extra="forbid")

    stored_bytes: Limit = Field(
        default=None, description="bytes of the files of datasets, runs and models, also of those in the trash"
    )
    runs: Limit = Field(default=None, description="runs that are queued or running")
    datasets: Limit = Field(default=None, description="datasets that are not in the trash")
    members: Limit = Field(default=None, description="members, service accounts included")


class Use(BaseModel):
    """How much of a limit is used. ``limit`` is null if there is none."""

    used: int
    limit: int | None


class UsageOut(BaseModel):
    """Use of each limited resource by a project."""

    stored_bytes: Use
    runs: Use
    datasets: Use
    members: Use
