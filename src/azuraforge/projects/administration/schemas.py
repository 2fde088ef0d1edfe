"""API shapes of the platform's projects and settings, for its administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from azuraforge.paging import Page
from azuraforge.projects.quotas.schemas import QuotaLimits


class ProjectSize(BaseModel):
    """A project of the platform with its sizes, but nothing of its content."""

    slug: str
    name: str
    state: Literal["active", "archived", "deleted"]
    created_at: datetime
    members: int
    datasets: int
    rows: int = Field(description="rows of the newest versions of the datasets")
    stored_bytes: int = Field(description="bytes of the files of datasets, runs and models, also of those in the trash")
    runs: int = Field(description="all runs, also those in the trash")
    active_runs: int = Field(description="runs that are queued or running")
    quota: QuotaLimits


class ProjectSizePage(Page[ProjectSize]):
    """A page of the platform's projects, ordered by slug."""


class SettingOut(BaseModel):
    """A setting in effect in the process that answers."""

    name: str = Field(description="name in azuraforge.toml, such as server.port")
    variable: str = Field(description="environment variable that sets it")
    value: str | None = Field(description="value; null: not set, or hidden because it contains a secret")
    default: bool = Field(description="whether the value is the default")
    hidden: bool = Field(description="whether a value is set that contains a secret")
    description: str


class SettingsOut(BaseModel):
    """All settings. They are read when a process starts, so none of them can be changed while the platform runs."""

    settings: list[SettingOut]
