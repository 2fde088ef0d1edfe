"""Signing in over HTTP with a password: the queues in front of hashing, and the cookies of the response."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.requests import HTTPConnection

from azuraforge.errors import Unauthorized
from azuraforge.people.accounts import BROWSER_SECONDS, Accounts, Attempt, SignedIn
from azuraforge.people.address import Address
from azuraforge.people.service import SESSION_SECONDS
from azuraforge.waiting.threads import OwnThreads
from azuraforge.waiting.turns import waiting_of

#: Pause of the queue for unknown browsers after a wrong password. Without it, an attack would keep one core busy and
#: delay all requests; with it, hashing uses about a seventh of one. A right password needs no pause, so that many
#: people can sign in at once.
REST_SECONDS = 0.2
#: Threads that count attempts, separate from those that verify sessions and tokens.
_ATTEMPTS = OwnThreads("sign_in_attempts", 2)


async def account_service(connection: HTTPConnection) -> Accounts:
    """Return the application's service of accounts."""
    accounts: Accounts = connection.app.state.accounts
    return accounts


AccountService = Annotated[Accounts, Depends(account_service)]


async def sign_in_with_password(request: Request, accounts: Accounts, name: str, password: str) -> SignedIn:
    """Check a name and a password in their turn.

    All attempts from unknown browsers share one thread, and so do all from known browsers. Raises Unauthorized,
    TooManyRequests, and TransientError (503) if too many attempts are waiting.
    """
    browser = request.cookies.get(request.app.state.address.browser_cookie, "")
    address = request.client.host if request.client else ""
    waiting = waiting_of(request)
    if not browser:  # before any work, because most attempts of an attack end here
        waiting.passwords.refuse_if_full("")
    attempt = await _ATTEMPTS.run(lambda: accounts.begin(name, password, browser=browser, address=address))
    if attempt.is_known:
        return await waiting.known_passwords.run(request, "", lambda: accounts.finish(attempt))
    return await waiting.passwords.run(request, "", lambda: _finish_and_rest(accounts, attempt))


def _finish_and_rest(accounts: Accounts, attempt: Attempt) -> SignedIn:
    """Check the password; after a wrong one, keep the turn a little longer."""
    try:
        return accounts.finish(attempt)
    except Unauthorized:
        time.sleep(REST_SECONDS)
        raise


def set_cookies(response: Response, address: Address, signed_in: SignedIn) -> None:
    """Set the cookie of a session and, if the browser was not known, the cookie that recognises it."""
    set_session_cookie(response, address, signed_in.secret)
    if signed_in.browser is not None:
        _set(response, address, address.browser_cookie, signed_in.browser, BROWSER_SECONDS)


def set_session_cookie(response: Response, address: Address, secret: str) -> None:
    """Set the cookie of a browser session."""
    _set(response, address, address.cookie, secret, SESSION_SECONDS)


def _set(response: Response, address: Address, name: str, value: str, seconds: int) -> None:
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="strict", secure=address.secure, path="/")
