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
    notifier: StorableText = Field(min_length=1, max_length=100, description="name of a notifier plugin")
    options: StorableObject = Field(default_factory=dict, description="options of the notifier")
    language: Literal["en", "tr"] = Field(default="en", description="language of the messages")
    group_seconds: int = Field(
        default=300,
        ge=0,
        le=86_400,
        description="interval in seconds within which the messages of one automation are grouped into one; 0 sends"
        " each separately",
    )
    escalate_to: StorableText | None = Field(
        default=None, max_length=100, description="name of the target that receives unacknowledged messages"
    )
    escalate_after_seconds: int | None = Field(
        default=None,
        ge=1,
        le=31 * 86_400,
        description="seconds without acknowledgement after which a message is also sent to escalate_to",
    )

    @model_validator(mode="after")
    def _check_escalation(self) -> TargetRequest:
        if (self.escalate_to is None) != (self.escalate_after_seconds is None):
            raise InvalidValue("escalate_to and escalate_after_seconds must be given together")
        return self


class SilenceRequest(BaseModel):
    """The end of a target's silence; null ends it now."""

    model_config = ConfigDict(extra="forbid")

    until: Moment | None = Field(description="end of the silence; null ends it now")


class TargetOut(BaseModel):
    """A target for messages, with its secrets masked."""

    id: str
    name: str
    notifier: str
    options: JsonObject = Field(description="options of the notifier, with secrets masked")
    secrets: SecretState = Field(
        description="state of the encrypted options; unreadable: their encryption key is lost, and messages fail"
        " until the options are set again"
    )
    language: Literal["en", "tr"]
    group_seconds: int
    escalate_to: str | None = Field(
        description="name of the target that receives unacknowledged messages; null if there is none"
    )
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
    count: int = Field(description="number of messages that are grouped into this one")
    state: NotificationState
    attempts: int
    error: str | None
    created_at: datetime
    next_at: datetime | None = Field(description="time of the next delivery attempt; null if there is none")
    sent_at: datetime | None
    escalated_at: datetime | None
    acknowledged_at: datetime | None


class NotificationPage(Page[NotificationOut]):
    """A page of messages, newest first."""
