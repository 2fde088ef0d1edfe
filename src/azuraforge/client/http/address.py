"""The platform's address, and the token for it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from azuraforge.client.errors import PlatformUnreachable

ADDRESS_FILE = "platform.json"
TOKEN_FILE = "token"  # noqa: S105  a file's name


@dataclass(frozen=True)
class Address:
    """A platform's address and the bearer token for it."""

    url: str
    token: str | None = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        """True if no proxy can be in between."""
        host = urlsplit(self.url).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")


@dataclass(frozen=True)
class AddressBook:
    """Finder of a platform: by arguments, by the environment, or by the data home's ``platform.json``.

    The data home is read again each time, since a restarted platform may use another port.
    """

    home: Path
    given_url: str | None
    given_token: str | None = field(repr=False)

    @classmethod
    def of(cls, url: str | None, token: str | None, home: str | os.PathLike[str] | None) -> AddressBook:
        """Create from arguments, which override ``$AZURAFORGE_URL``, ``$AZURAFORGE_TOKEN`` and ``$AZURAFORGE_HOME``.

        A given home means the platform of that home, regardless of ``$AZURAFORGE_URL``.
        """
        named_url = url or (None if home else os.environ.get("AZURAFORGE_URL")) or None
        return cls(
            home=Path(home).expanduser().absolute() if home else default_home(),
            given_url=named_url.rstrip("/") if named_url else None,
            given_token=token or os.environ.get("AZURAFORGE_TOKEN") or None,
        )

    def find(self) -> Address:
        """Return the platform's present address. Raises PlatformUnreachable if none is known."""
        announced = self.announced_url()
        url = self.given_url or announced
        if url is None:
            raise PlatformUnreachable(
                "no platform runs on this data home",
                where="{home}",
                next_step="start a platform with `azuraforge up`, or set the address of a running one with url= or "
                "AZURAFORGE_URL",
                home=str(self.home),
            )
        # The home's token belongs to the home's platform; it must not be sent to any other address.
        token = self.given_token or (self._home_token() if url == announced else None)
        return Address(url, token)

    def announced_url(self) -> str | None:
        """Return the address in the data home if the process that wrote it is alive."""
        try:
            stored = json.loads((self.home / ADDRESS_FILE).read_text(encoding="utf-8"))
            url, pid = str(stored["url"]).rstrip("/"), int(stored["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return url if _is_alive(pid) else None

    def _home_token(self) -> str | None:
        try:
            return (self.home / TOKEN_FILE).read_text(encoding="utf-8").strip() or None
        except OSError:
            return None


def default_home() -> Path:
    """Return the data home: ``$AZURAFORGE_HOME``, else ``~/.azuraforge``."""
    named = os.environ.get("AZURAFORGE_HOME")
    return Path(named).expanduser().absolute() if named else Path.home() / ".azuraforge"


def _is_alive(pid: int) -> bool:
    if pid <= 0:  # for kill these are groups of processes
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:  # another user's
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Return whether the process has ended but is not reaped; always False except on Linux."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in "ZX"
