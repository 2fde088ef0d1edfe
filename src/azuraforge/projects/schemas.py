"""API shapes of projects, tokens and the trash."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from azuraforge.paging import Page

Role = Literal["viewer", "member", "admin", "owner"]


class ProjectOut(BaseModel):
    """A project, with the role of the caller. Requests name the project by its slug."""

    slug: str
    name: str
    role: Role
    archived: bool = Field(default=False, description="whether the project can only be read")


class ProjectPage(Page[ProjectOut]):
    """A page of the caller's projects, ordered by slug."""


#: Name of a project, which people read: any text in one line.
ProjectName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class NewProject(BaseModel):
    """Request to create a project. ``slug`` is its name in URLs and commands, which never changes."""

    model_config = ConfigDict(extra="forbid")

    slug: str = Field(
        min_length=1,
        max_length=64,
        description="2 to 40 lower-case letters, digits and single hyphens, beginning with a letter",
    )
    name: ProjectName


class ProjectRename(BaseModel):
    """Request to rename the project. The slug, which URLs and commands contain, stays the same."""

    model_config = ConfigDict(extra="forbid")

    name: ProjectName


class CurrentProjectOut(ProjectOut):
    """The project that the request names, with the role and name of the caller."""

    person: str
    max_upload_bytes: int = Field(description="maximum size of an uploaded file, with its form")


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    role: Role = "member"
    service_account: str | None = Field(
        default=None, min_length=1, max_length=16, description="id of the member; null: the token is the caller's own"
    )
    expires_in_days: int | None = Field(default=None, ge=1, le=3650)


class TokenOut(BaseModel):
    """An API token. Its secret is shown only once, at creation."""

    id: str
    name: str
    prefix: str = Field(description="first characters of the secret, by which its holder recognises it")
    role: Role
    person: str = Field(description="name of the member whose token it is")
    service: bool = Field(description="whether this member is a service account")
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = Field(description="last use, accurate to an hour; null: never used")


class TokenPage(Page[TokenOut]):
    """A page of the project's tokens, oldest first."""


class TokenCreated(TokenOut):
    token: str


class AccessTokenRequest(BaseModel):
    """Request for an access token. Without a role, it has the caller's role."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    expires_in_seconds: int = Field(default=900, ge=1, le=900)


class AccessTokenOut(BaseModel):
    """A JWT for the header ``Authorization: Bearer`` of another program. It is shown only once."""

    token: str
    person: str
    project: str
    role: Role
    expires_at: datetime = Field(
        description="at most 15 minutes later, and no later than the expiry of the caller's secret"
    )


class RetentionPolicy(BaseModel):
    """Retention policy of a project. Days count from an item's deletion, or from a run's end."""

    model_config = ConfigDict(extra="forbid")

    trash_days: int = Field(
        default=30, ge=0, le=3650, description="days for which an item in the trash can be restored"
    )
    keep_run_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="days after which succeeded runs are moved to the trash, unless they are pinned or a version"
        " needs them; null: never",
    )
    keep_work_days: int = Field(
        default=30,
        ge=0,
        le=3650,
        description="days for which the work folder of a run that did not succeed is kept, so that the run can be"
        " resumed",
    )
    keep_prediction_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="days after which predictions are purged from the ledger with their outcomes; null: never",
    )


#: Kinds of items that can be in the trash.
Noun = Literal["run", "dataset", "model", "study", "feed", "learner"]


class NeededBy(BaseModel):
    """The object that needs an item in the trash, so that the item is kept."""

    noun: Literal["model", "study", "learner"]
    name: str
    version: int | None = None


class TrashItem(BaseModel):
    """An item in the trash. ``version`` is set if only this version was deleted."""

    noun: Noun
    id: str
    name: str
    version: int | None = None
    bytes: int = Field(
        description="size of the item's files in bytes; files that other items share are not freed with it"
    )
    deleted_at: datetime
    deleted_by: str
    purged_after: datetime = Field(description="time after which the retention policy purges the item")
    needed_by: NeededBy | None = Field(
        default=None, description="object that needs the item, so that the item is not purged; null if there is none"
    )


class TrashOut(Page[TrashItem]):
    """A page of the trash, latest first. ``count`` and ``bytes`` cover all pages."""

    count: int
    bytes: int
    policy: RetentionPolicy


class PurgeOut(BaseModel):
    """Counts of purged items. ``kept`` items are still needed; if ``left`` is true, repeat the request."""

    runs: int = 0
    studies: int = 0
    datasets: int = 0
    dataset_versions: int = 0
    feeds: int = 0
    learners: int = 0
    models: int = 0
    model_versions: int = 0
    predictions: int = 0
    notifications: int = 0
    bytes_freed: int = 0
    kept: int = 0
    left: bool = False
