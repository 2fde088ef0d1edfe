"""The URL of the platform and the token for it."""

from __future__ import annotations

import hashlib
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
    """The URL of a platform, and its bearer token if one is known."""

    url: str
    token: str | None = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        """Return whether the URL is on this machine, so that no proxy is used."""
        host = urlsplit(self.url).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")


@dataclass(frozen=True)
class AddressBook:
    """Lookup of a platform's address from arguments, the environment or ``platform.json`` in the data home.

    The file is read on each lookup, because a restarted platform may use another port.
    """

    home: Path
    given_url: str | None
    given_token: str | None = field(repr=False)

    @classmethod
    def of(cls, url: str | None, token: str | None, home: str | os.PathLike[str] | None) -> AddressBook:
        """Create an address book from the arguments, or from environment variables for those that are None.

        The variables are ``$AZURAFORGE_URL``, ``$AZURAFORGE_TOKEN`` and ``$AZURAFORGE_HOME``. If ``home`` is given,
        ``$AZURAFORGE_URL`` is ignored.
        """
        named_url = url or (None if home else os.environ.get("AZURAFORGE_URL")) or None
        return cls(
            home=Path(home).expanduser().absolute() if home else default_home(),
            given_url=named_url.rstrip("/") if named_url else None,
            given_token=token or os.environ.get("AZURAFORGE_TOKEN") or None,
        )

    @property
    def token_hash(self) -> str | None:
        """Hash of the given token, to recognise it again; None for the token in the data home, which changes."""
        return hashlib.sha256(self.given_token.encode()).hexdigest()[:32] if self.given_token else None

    def find(self) -> Address:
        """Return the platform's current address. Raises PlatformUnreachable if none is known."""
        announced = self.announced_url()
        url = self.given_url or announced
        if url is None:
            raise PlatformUnreachable(
                "no platform is running on this data home",
                where="{home}",
                next_step="start a platform with `azuraforge up`, or set the address of a running one with url= or "
                "AZURAFORGE_URL",
                home=str(self.home),
            )
        # The token in the data home belongs to its platform and must not be sent to any other URL.
        token = self.given_token or (self._home_token() if url == announced else None)
        return Address(url, token)

    def announced_url(self) -> str | None:
        """Return the URL in the data home, or None if there is none or the process that wrote it has ended."""
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
    if pid <= 0:  # kill would address process groups
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:  # the process exists and belongs to another user
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Return whether the process has ended but its parent has not reaped it; always False outside Linux."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in "ZX"
