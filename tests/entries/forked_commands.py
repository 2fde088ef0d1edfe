"""``python forked_commands.py SOCKET``: imports what commands import, then forks one for each connection to the socket.

A connection sends a line of JSON with three file descriptors, which become standard input, output and error. With
``arguments`` the fork is the command ``azuraforge``; its exit code is the answer. Without, the fork is a Python
interpreter: each further line holds a block of code, which runs in the same namespace as the blocks before it, and each
answer is a traceback, or null.

Ends, with all that it has forked, when its standard input ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import traceback
import warnings
from pathlib import Path

from azuraforge import cli, client
from azuraforge.cli import main
from azuraforge.cli.language import ENGLISH
from azuraforge.server.packages import import_tables

#: Packages that commands and blocks of Python import when they need them.
_PACKAGES = (cli, client)
_MODULES = (
    "azuraforge.engine", "azuraforge.judgements", "azuraforge.platform.up", "azuraforge.platform.maintenance",
    "alembic.command", "polars",
)  # fmt: skip


def preload() -> None:
    for package in _PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in _MODULES:
        importlib.import_module(name)
    import_tables()
    main._parser(ENGLISH)
    gc.collect()
    gc.freeze()


def become(connection: socket.socket) -> int:
    """Turn a fork into what the connection asks for; return the exit code of a command."""
    line, descriptors, _, _ = socket.recv_fds(connection, 1_000_000, 3)
    while not line.endswith(b"\n"):
        if not (more := connection.recv(1_000_000)):
            return 0  # a connection that only tried whether anything listens
        line += more
    asked = json.loads(line)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    if "arguments" in asked:
        sys.argv = ["azuraforge", *asked["arguments"]]
        return main.run(asked["arguments"])
    interpret(connection)
    return 0


def interpret(connection: socket.socket) -> None:
    sys.path.insert(0, "")
    space: dict[str, object] = {"__name__": "__main__"}
    warnings.simplefilter("error")
    for line in connection.makefile():
        block = json.loads(line)
        error = None
        try:
            exec(compile(block["code"], block["file"], "exec", dont_inherit=True), space)
        except BaseException:
            error = traceback.format_exc()
        sys.stdout.flush()
        connection.sendall(json.dumps(error).encode() + b"\n")


def fork(connection: socket.socket, listener: socket.socket) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setpgid(0, 0)
    listener.close()
    code = 70
    try:
        code = become(connection)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(f"{code}\n".encode())
    os._exit(0)


def serve(path: Path) -> None:
    forked: set[int] = set()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                break
            connection, _ = listener.accept()
            with connection:
                forked.add(fork(connection, listener))
            forked -= {pid for pid in forked if not _runs(pid)}
    for pid in forked:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _runs(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG)[0] == 0


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload()
    serve(Path(sys.argv[1]))
