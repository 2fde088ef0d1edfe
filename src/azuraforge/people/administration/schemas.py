"""API shapes of the administration of people."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.paging import Page
from azuraforge.people.schemas import LinkOut, PersonName


class PersonOut(BaseModel):
    """A person with an account on the platform."""

    id: str
    name: str
    administrator: bool
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None = Field(description="time since which the person cannot use the platform; null: can")
    used_at: datetime | None = Field(
        description="last use of a browser session that has not ended, accurate to an hour; null: none"
    )
    projects: int = Field(description="number of projects of which the person is a member")


class PersonPage(Page[PersonOut]):
    """A page of the platform's people, ordered by name."""


class NewPerson(BaseModel):
    """Request to create an account for another person."""

    model_config = ConfigDict(extra="forbid")

    name: PersonName


class PersonCreated(PersonOut):
    """A new person, with the link for the first sign-in, which is shown only once."""

    link: LinkOut


class PersonChange(BaseModel):
    """Change of a person's account. Fields that are not set stay as they are."""

    model_config = ConfigDict(extra="forbid")

    disabled: bool | None = None
    administrator: bool | None = None
