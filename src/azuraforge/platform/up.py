"""Start of the embedded platform: API, supervisor, launcher, dashboard and SQLite in one process tree."""

from __future__ import annotations

import contextlib
import errno
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import orjson

from azuraforge import errors, telemetry
from azuraforge.messages import Message
from azuraforge.platform.allocator import share_arenas
from azuraforge.processes.failures import restored_as
from azuraforge.settings import ServerSettings, Settings

if TYPE_CHECKING:
    from azuraforge.processes.kernels import News as News  # re-exported for the command line


@dataclass(frozen=True)
class Running:
    """A running platform: its public URL or listening address, and a one-time sign-in link for its owner."""

    url: str
    sign_in_url: str


def serve(
    settings: Settings,
    on_ready: Callable[[Running], None] | None = None,
    on_kernels: Callable[[News], None] | None = None,
) -> None:
    """Run the platform until SIGINT or SIGTERM. ``on_ready`` and ``on_kernels`` are called in separate threads.

    ``on_kernels`` is called when the engine's kernels must be compiled, when they are ready, and if they cannot be
    used. Raises InvalidInput (no public URL beyond loopback), Conflict (port or data home in use, database newer than
    the code), StorageError and TransientError (launcher does not start), all before the platform starts.
    """
    require_public_url(settings.server)
    # Imported here, because the command line imports this module for `temporary` and must start fast.
    from azuraforge.platform.composition import Platform
    from azuraforge.platform.home import open_home
    from azuraforge.platform.http import HttpServer

    home = open_home(settings)
    share_arenas()
    telemetry.configure(settings.log_level, settings.home / "platform.log")
    try:
        with bind(settings.server.host, settings.server.port) as listener:
            url = address_of(settings.server.host, listener)
            platform = Platform(settings)
            try:
                platform.begin()
                server = HttpServer(platform.application(url), listener, platform.end_streams, settings.server)
                platform.start(on_kernels)
                home.announce(url, platform.owner.local_token())
                if on_ready is not None:
                    ready = Running(settings.server.public_url or url, platform.owner.sign_in_url(url))
                    threading.Thread(target=when_ready, args=(server, on_ready, ready), daemon=True).start()
                server.run()
            finally:
                platform.stop()
    finally:
        home.close()


def require_public_url(server: ServerSettings) -> None:
    """Raise InvalidInput if the platform would listen beyond loopback without a public URL."""
    if server.is_loopback or server.public_url is not None:
        return
    raise errors.InvalidInput(
        "other machines could connect to {host}, but no public URL is set",
        where="server.public_url",
        next_step="set the address that browsers use with --public-url https://HOST or AZURAFORGE_SERVER__PUBLIC_URL, "
        "or listen on 127.0.0.1",
        host=server.host or "every address",
    )


class Starting(Protocol):
    """Protocol of a server that is starting."""

    def wait_started(self) -> bool:
        """Wait until the server answers requests; return False if it ended before."""
        ...


def when_ready(server: Starting, on_ready: Callable[[Running], None], running: Running) -> None:
    """Call ``on_ready`` when the server answers requests; do nothing if it ends before."""
    if server.wait_started():
        on_ready(running)


def has_pages() -> bool:
    """Return whether this installation contains the built dashboard."""
    from azuraforge.server.pages import Pages

    return Pages().find("index.html") is not None


@contextmanager
def temporary(settings: Settings) -> Iterator[str]:
    """Start a platform in a separate process for the duration of one command; yield its address.

    The platform ends with the ``with`` block, and also when this process dies, because its standard input closes.
    Raises the error that prevents the start.
    """
    command = [sys.executable, "-m", "azuraforge.platform.temporary"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with contextlib.suppress(BrokenPipeError):  # the process has ended already; its output states why
            process.stdin.write(settings.model_dump_json().encode() + b"\n")
            process.stdin.flush()
        line = process.stdout.readline()
        answer = orjson.loads(line) if line else {"message": "the temporary platform ended while starting"}
        if "url" not in answer:
            raise _restored(answer)
        yield answer["url"]
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _restored(answer: dict[str, str]) -> errors.AzuraError:
    kinds = {cls.code: cls for cls in (errors.Conflict, errors.StorageError, errors.InvalidInput)}
    kind = kinds.get(answer.get("code", ""), errors.TransientError)
    return restored_as(kind, answer)


def bind(host: str, port: int, command: str = "up") -> socket.socket:
    """Return a socket that listens on ``host`` and ``port``, opened before other services start.

    Raises Conflict if the address cannot be opened; its next step names ``command``.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        values = {"host": host, "port": port, "reason": error.strerror}
        reason = {
            errno.EADDRINUSE: Message("port {port} on {host} is already in use", values),
            errno.EACCES: Message("this user is not allowed to open port {port} on {host}", values),
        }.get(error.errno or 0, Message("{host}:{port} cannot be opened: {reason}", values))
        raise errors.Conflict(
            "{reason}",
            next_step="choose another port: `azuraforge {command} --port {free}`",
            reason=reason,
            command=command,
            free=port + 1 if port else 8788,
        ) from error
    return listener


def address_of(host: str, listener: socket.socket) -> str:
    """Return the URL at which programs on this machine reach a listening socket."""
    shown = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  not bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{listener.getsockname()[1]}"
