"""HTTP routes of the caller's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from azuraforge.errors import Forbidden
from azuraforge.people.access import Person, served_address
from azuraforge.people.address import Address
from azuraforge.people.callers import Caller
from azuraforge.people.schemas import AccountChange, AccountOut, PasswordChange
from azuraforge.people.signing_in import AccountService, set_cookies
from azuraforge.waiting.turns import waiting_of

router = APIRouter(tags=["people"])
Served = Annotated[Address, Depends(served_address)]


@router.get("/people/me")
def get_account(caller: Person, accounts: AccountService) -> AccountOut:
    """Return the caller's account."""
    return accounts.account(caller.person_id)


@router.patch("/people/me")
def change_account(body: AccountChange, caller: Person, accounts: AccountService) -> AccountOut:
    """Rename the caller. Names are unique on the platform, regardless of upper and lower case."""
    _refuse_token(caller)
    return accounts.rename(caller.person_id, body.name)


@router.put("/people/me/password", responses={429: {}})
async def change_password(
    body: PasswordChange,
    caller: Person,
    request: Request,
    address: Served,
    response: Response,
    accounts: AccountService,
) -> AccountOut:
    """Set the caller's password.

    All other browser sessions and unused links of the person end, and this session gets a new cookie.
    """
    _refuse_token(caller)
    turns = waiting_of(request).known_passwords
    changed = await turns.run(
        request,
        "",
        lambda: (accounts.change_password(caller, body.password, body.current), accounts.account(caller.person_id)),
    )
    signed_in, account = changed
    if signed_in is not None:
        set_cookies(response, address, signed_in)
    return account


def _refuse_token(caller: Caller) -> None:
    if caller.kind == "token":
        raise Forbidden(
            "an API token cannot change the account of its person",
            next_step="sign in with a browser, or use this machine's command line",
        )
