"""Limits of password attempts that lock no user out: "device cookies", as described by OWASP.

A browser in which a person signed in before keeps a secret and has a counter of its own. All other browsers share one
counter per account, so an attacker who uses it up keeps strangers out, but not the person's own browsers. A bucket per
address limits attempts on many accounts. The counters are rows, so that all processes count together.

Source: https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from azuraforge.database import Database, Session
from azuraforge.errors import TooManyRequests
from azuraforge.people import counter_store as store

#: Length of a counter's window.
WINDOW_SECONDS = 15 * 60


@dataclass(frozen=True)
class Counter:
    """What is counted, as a hash, and the number of attempts in one window."""

    key: str
    most: int

    @classmethod
    def of_account(cls, name_key: str) -> Counter:
        """Return the counter that all unknown browsers share for one account, which does not have to exist."""
        return cls(_hash("account", name_key), 10)

    @classmethod
    def of_browser(cls, browser_hash: str) -> Counter:
        """Return the counter of one known browser."""
        return cls(_hash("browser", browser_hash), 10)

    @classmethod
    def of_person(cls, person_id: str) -> Counter:
        """Return the counter of a signed-in person who states the current password."""
        return cls(_hash("person", person_id), 10)

    @classmethod
    def of_address(cls, address: str) -> Counter:
        """Return the counter of a client's address; of IPv6, the 64 bits of the network, which one client controls."""
        return cls(_hash("address", _network(address)), 100)


class Throttle:
    """Counts attempts, and refuses those above the limits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, *counters: Counter) -> None:
        """Count one attempt with each counter. Raises TooManyRequests, without counting, if one is used up.

        Attempts are counted before the password is checked, so that simultaneous ones are counted, too.
        """
        keys = [each.key for each in counters]
        with self._database.read_system() as session:
            counted = store.attempts(session, keys, WINDOW_SECONDS)
        self._refuse_above(counters, {key: count + 1 for key, count in counted.items()})
        self._refuse_above(counters, self._database.write_system(lambda session: _count(session, keys)))

    def clear(self, counter: Counter) -> None:
        """Forget the attempts of a counter, after the right password."""
        self._database.write_system(lambda session: store.remove(session, counter.key))

    @staticmethod
    def _refuse_above(counters: tuple[Counter, ...], counted: dict[str, int]) -> None:
        if any(counted.get(each.key, 0) > each.most for each in counters):
            raise TooManyRequests(
                "too many wrong passwords",
                next_step="wait {minutes} minutes, use a browser in which you signed in before, or run `azuraforge"
                " people link NAME` on the platform's machine",
                code="too_many_attempts",
                minutes=WINDOW_SECONDS // 60,
            )


def _count(session: Session, keys: list[str]) -> dict[str, int]:
    store.remove_expired(session, WINDOW_SECONDS)
    return {key: store.count(session, key, WINDOW_SECONDS) for key in sorted(keys)}  # one order: no deadlock


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _hash(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}\0{value}".encode()).hexdigest()
