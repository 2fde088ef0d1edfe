"""HTTP routes of the administration of people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from azuraforge.paging import PAGE, After, Limit
from azuraforge.people.access import Unit, served_address
from azuraforge.people.address import Address
from azuraforge.people.administration.access import Administration, AdministratorOf
from azuraforge.people.administration.schemas import NewPerson, PersonChange, PersonCreated, PersonOut, PersonPage
from azuraforge.people.schemas import LinkOut

router = APIRouter(prefix="/platform", tags=["platform"])
Served = Annotated[Address, Depends(served_address)]
PersonId = Annotated[str, Path(min_length=1, max_length=16)]
#: Header of responses that contain a secret: neither caches nor the platform may store them.
_SECRET = {"Cache-Control": "no-store"}


@router.get("/people")
def list_people(
    caller: AdministratorOf, administration: Administration, limit: Limit = PAGE, after: After = None
) -> PersonPage:
    """List the platform's people, ordered by name."""
    return administration.people(limit=limit, after=after)


@router.post("/people", status_code=201)
def create_person(
    body: NewPerson,
    caller: AdministratorOf,
    address: Served,
    response: Response,
    administration: Administration,
    unit: Unit,
) -> PersonCreated:
    """Create an account without a password. Its link for the first sign-in works once, for 72 hours."""
    response.headers.update(_SECRET)
    return administration.create(caller, body.name, address.url, unit=unit)


@router.patch("/people/{person_id}")
def change_person(
    person_id: PersonId, body: PersonChange, caller: AdministratorOf, administration: Administration
) -> PersonOut:
    """Disable or enable a person, or change who administers the platform. One administrator always remains."""
    return administration.change(caller, person_id, body)


@router.post("/people/{person_id}/link", status_code=201)
def create_first_link(
    person_id: PersonId,
    caller: AdministratorOf,
    address: Served,
    response: Response,
    administration: Administration,
) -> LinkOut:
    """Create another link for a person who has never signed in; the previous one ends."""
    response.headers.update(_SECRET)
    return administration.first_link(caller, person_id, address.url)
