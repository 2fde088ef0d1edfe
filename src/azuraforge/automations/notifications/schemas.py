"""API shapes of notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from azuraforge.automations.notifications.tables import NotificationState
from azuraforge.bounds import Moment
from azuraforge.errors import InvalidValue
from azuraforge.paging import Page
from azuraforge.projects.secrets.schemas import SecretState
from azuraforge.runs.schemas import StorableObject, StorableText
from azuraforge.strict_json import JsonObject


def _trimmed(name: object) -> object:
    if isinstance(name, str) and not name.strip():
        raise InvalidValue("a target needs a name")
    return name.strip() if isinstance(name, str) else name


class TargetRequest(BaseModel):
    """A target for messages. Its options are stored encrypted, and secrets among them are never shown again."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[StorableText, BeforeValidator(_trimmed), Field(min_length=1, max_length=100)]
    notifier: StorableText = Field(min_length=1, max_length=100, description="a plugin of the kind notifier")
    options: StorableObject = Field(default_factory=dict)
    language: Literal["en", "tr"] = "en"
    group_seconds: int = Field(
        default=300, ge=0, le=86_400, description="messages of one automation within this time become one"
    )
    escalate_to: StorableText | None = Field(default=None, max_length=100, description="another target")
    escalate_after_seconds: int | None = Field(
        default=None, ge=1, le=31 * 86_400, description="without acknowledgement, the other target gets the message"
    )

    @model_validator(mode="after")
    def _check_escalation(self) -> TargetRequest:
        if (self.escalate_to is None) != (self.escalate_after_seconds is None):
            raise InvalidValue("escalate_to and escalate_after_seconds must be given together")
        return self


class SilenceRequest(BaseModel):
    """The end of a target's silence; null ends it now."""

    model_config = ConfigDict(extra="forbid")

    until: Moment | None


class TargetOut(BaseModel):
    """A target for messages, with its secrets masked."""

    id: str
    name: str
    notifier: str
    options: JsonObject = Field(description="secrets are masked")
    secrets: SecretState = Field(
        description="unreadable: the key of its options is lost, so messages fail until they are set again"
    )
    language: Literal["en", "tr"]
    group_seconds: int
    escalate_to: str | None = Field(description="the name of the second target")
    escalate_after_seconds: int | None
    silenced_until: datetime | None
    created_at: datetime


class TargetPage(Page[TargetOut]):
    """A page of targets, sorted by name."""


class NotificationOut(BaseModel):
    """A message with its delivery state."""

    id: str
    target: str
    title: str
    text: str
    count: int = Field(description="how many causes it stands for")
    state: NotificationState
    attempts: int
    error: str | None
    created_at: datetime
    next_at: datetime | None = Field(description="when it is sent, or tried again")
    sent_at: datetime | None
    escalated_at: datetime | None
    acknowledged_at: datetime | None


class NotificationPage(Page[NotificationOut]):
    """A page of messages, newest first."""
