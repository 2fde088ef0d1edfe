"""A platform with two people in two projects; no route creates them yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import insert, text

from azuraforge.database import Database, now, row_security
from azuraforge.people.service import PeopleService
from azuraforge.people.tables import Person
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.service import ProjectService
from azuraforge.projects.tables import Member, Project


@pytest.fixture
def administer(database: Database, dialect: str, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Executes statements as the owner of the tables."""

    def execute(*statements: object) -> None:
        made = database
        if dialect == "postgresql":
            made = Database(request.getfixturevalue("postgres").owner_url)
        with made.engine.begin() as connection:
            if dialect == "postgresql":
                row_security.see_all(connection)
            for each in statements:
                connection.execute(text(each) if isinstance(each, str) else each)
        if made is not database:
            made.close()

    return execute


@dataclass
class World:
    """The owner of ``default`` is a viewer of ``second``, whose owner is the other person."""

    projects: ProjectService
    people: PeopleService
    owner: str
    other: str
    default: str

    def session(self, person_id: str | None = None) -> str:
        """The secret of a new browser session."""
        link = self.people.link(person_id or self.owner, "http://x").url
        return self.people.sign_in(link.split("#link=")[1])[0]

    def token(self, role: str = "owner") -> str:
        """An API token of the owner in ``default``."""
        access = self.projects.authenticate(self.session(), "default")
        return self.projects.create_token(access, TokenRequest(name="n", role=role)).token


@pytest.fixture
def world(database: Database, administer: Callable[..., None]) -> World:
    projects = ProjectService(database)
    default = projects.ensure_default()
    owner = projects.authenticate(projects.local_token(default)).person_id
    administer(
        insert(Person).values(id="other", name="other", name_key="other", kind="person", created_at=now()),
        insert(Project).values(id="second", slug="second", name="Second", created_at=now()),
        insert(Project).values(id="third", slug="third", name="Third", created_at=now()),
        *(
            insert(Member).values(project_id=project_id, person_id=person_id, role=role, created_at=now())
            for project_id, person_id, role in (
                ("second", owner, "viewer"),
                ("second", "other", "owner"),
                ("third", "other", "owner"),
            )
        ),
    )
    return World(projects, projects.people, owner, "other", default)
