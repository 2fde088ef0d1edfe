"""Routes of administrators: the service, and the check that the caller administers the platform."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from azuraforge.people.access import VERIFIERS, require_person
from azuraforge.people.administration.service import PeopleAdministration
from azuraforge.people.callers import Caller


async def people_administration(connection: HTTPConnection) -> PeopleAdministration:
    """Return the application's service for administrators."""
    service: PeopleAdministration = connection.app.state.people_administration
    return service


Administration = Annotated[PeopleAdministration, Depends(people_administration)]


async def require_administrator(
    caller: Annotated[Caller, Depends(require_person)], administration: Administration
) -> Caller:
    """Return the caller, whose row is read at each request. Raises Forbidden for all but administrators."""
    await VERIFIERS.run(administration.check, caller)
    return caller


#: The administrator of a request that concerns no project.
AdministratorOf = Annotated[Caller, Depends(require_administrator)]
