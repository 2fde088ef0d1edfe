"""Connection of a command to a platform: the running one of the data home, or a temporary one."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azuraforge.cli.failures import CommandError
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client import Client
    from azuraforge.settings import Settings

#: Seconds to wait for a platform that has written its address but does not respond: it is starting or stopping.
_SETTLE_SECONDS = 10.0
#: Seconds to wait for another command's platform. The first start creates the database, which can be slow.
_START_SECONDS = 30.0
_LOCK_FILE = "commands.lock"


@dataclass(frozen=True)
class Connected:
    """A client of a responding platform; a temporary platform stops at the end of the command."""

    client: Client
    is_temporary: bool


def find_running(terminal: Terminal) -> Client | None:
    """Return a client of the running platform, or None if no platform runs on the data home.

    Raises PlatformUnreachable if the data home's platform does not respond within ten seconds, and ApiError if it
    responds only that it is busy, starting or stopping for so long. A URL from ``--url`` or
    the environment is not checked here.
    """
    from azuraforge.client import ApiError, PlatformUnreachable
    from azuraforge.client.http.address import AddressBook

    if terminal.named_url:
        return terminal.client()
    until = time.monotonic() + _SETTLE_SECONDS
    while AddressBook.of(None, None, terminal.named_home).announced_url():
        client = terminal.client()
        try:
            client.sessions.current()
        except PlatformUnreachable:
            client.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        except ApiError as error:
            if not error.may_pass:
                return client  # it responds, so the command itself reports the error
            client.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return client
    return None


@contextmanager
def connect(terminal: Terminal, *, send_to: str | None = None) -> Iterator[Connected]:
    """Yield a client of the running platform, or of a temporary one, for the duration of a command.

    Raises PlatformUnreachable if the running platform does not respond, CommandError if the settings are invalid, and
    the error that prevents the start of a temporary platform.

    Args:
        send_to: host and port of a private address to which a temporary platform may send notifications.
    """
    with ExitStack() as stack:
        # Each command holds the lock until it ends, so that a temporary platform outlives the commands that use it.
        lock = None if terminal.named_url else stack.enter_context(_command_lock(terminal))
        client = find_running(terminal)
        connected = (
            Connected(client, is_temporary=False) if client else _start_temporary(terminal, stack, lock, send_to)
        )
        stack.enter_context(connected.client)
        yield connected


def _start_temporary(terminal: Terminal, stack: ExitStack, lock: int | None, send_to: str | None) -> Connected:
    from azuraforge.errors import Conflict
    from azuraforge.platform.up import temporary

    terminal.note(terminal.text("temporary_start"))
    try:
        settings = settings_of(terminal)
        if send_to is not None:
            settings.outgoing = settings.outgoing.model_copy(
                update={"allow": [*_listed(settings.outgoing.allow), send_to]}
            )
        stack.enter_context(temporary(settings))
    except Conflict:
        # Another command started its platform first; wait for its address.
        client = _wait_for_running(terminal)
        if client is None:
            raise
        return Connected(client, is_temporary=False)
    stack.callback(_wait_for_others, terminal, lock)
    return Connected(terminal.client(), is_temporary=True)


def _listed(allowed: str | list[str]) -> list[str]:
    return [each for each in allowed.split(",") if each.strip()] if isinstance(allowed, str) else allowed


def _wait_for_running(terminal: Terminal) -> Client | None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        client = find_running(terminal)
        if client is not None:
            return client
        time.sleep(0.1)
    return None


@contextmanager
def _command_lock(terminal: Terminal) -> Iterator[int | None]:
    """Yield the descriptor of a shared lock on the data home, or None if the lock file cannot be opened.

    The platform reports an unusable data home with a better message.
    """
    try:
        terminal.named_home.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(terminal.named_home / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield None
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for_others(terminal: Terminal, lock: int | None) -> None:
    """Wait until no other command uses this command's temporary platform. Ctrl-C ends the wait."""
    if lock is None:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        terminal.note(terminal.text("others_use_it"))
        fcntl.flock(lock, fcntl.LOCK_EX)


def settings_of(terminal: Terminal, **server: Any) -> Settings:
    """Return the settings of the data home, with the server settings replaced by those of ``server`` that are not None.

    Raises CommandError if a setting is invalid.
    """
    import tomllib

    from pydantic import ValidationError

    from azuraforge.messages import translated
    from azuraforge.messages.validation import message_of
    from azuraforge.settings import load_settings

    try:
        settings = load_settings(**({"home": terminal.home} if terminal.home else {}))
        asked = {name: value for name, value in server.items() if value is not None}
        if asked:
            settings.server = type(settings.server).model_validate({**settings.server.model_dump(), **asked})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason = f"{'.'.join(str(part) for part in first['loc'])}: {translated(message_of(first), terminal.text.code)}"
        raise _wrong_settings(terminal, reason) from error
    except (tomllib.TOMLDecodeError, OSError, ValueError) as error:
        raise _wrong_settings(terminal, str(error)) from error
    return settings


def _wrong_settings(terminal: Terminal, reason: str) -> CommandError:
    return CommandError(
        terminal.text("settings_wrong", reason=reason), next_step=terminal.text("settings_fix"), exit_code=1
    )
