"""Main function of a child process, from the fork to its end.

The child leads its own process group, so that all processes that it starts end with it. A watcher thread reads the
pipe. When the pipe closes because the worker or the platform has ended, the thread kills the group. On Linux, the
kernel also kills the child when the launcher dies.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import queue
import resource
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel

from azuraforge.processes.child import Child
from azuraforge.processes.failures import error_fields
from azuraforge.processes.frames import TO_CHILD, Failure, Result, Start, ToChild, encode, read_frames
from azuraforge.processes.messages import Inbox
from azuraforge.processes.outbox import Outbox
from azuraforge.processes.prefork import HEAVY, Warm, wanted
from azuraforge.processes.process_table import LINUX
from azuraforge.processes.sealed_folders import seal
from azuraforge.processes.shared_imports import loaded

_PR_SET_PDEATHSIG = 1
_POLARS_THREADS = "POLARS_MAX_THREADS"


def live(descriptors: list[int], launcher_pid: int) -> NoReturn:
    """Run the child after the fork. Never returns. ``descriptors`` are its socket and, optionally, its output."""
    _to_the_end(lambda: _settle(launcher_pid), lambda: descriptors)


def wait_and_live(orders: socket.socket, warm: Warm, launcher_pid: int) -> NoReturn:
    """Run a prestarted child: import the modules in ``warm``, wait for a request and execute it. Never returns."""

    def begin() -> None:
        _settle(launcher_pid)
        os.environ[_POLARS_THREADS] = str(warm["threads"])
        for module in warm["modules"]:
            with contextlib.suppress(Exception):  # the child that needs it reports why it cannot be imported
                importlib.import_module(module)

    _to_the_end(begin, lambda: wanted(orders))


def _to_the_end(begin: Callable[[], None], connect: Callable[[], list[int] | None]) -> NoReturn:
    code = 1
    try:
        begin()
        descriptors = connect()
        if descriptors is None:
            os._exit(0)
        connection = socket.socket(fileno=descriptors[0])
        _write_to(descriptors[1] if len(descriptors) > 1 else None)
        frames: queue.SimpleQueue[ToChild] = queue.SimpleQueue()
        threading.Thread(target=_watch, args=(connection, frames), name="watcher", daemon=True).start()
        _run(connection, frames)
        code = 0
    except BaseException:
        with contextlib.suppress(Exception):
            traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)  # skips exit handlers, which were copied from the launcher


def _settle(launcher_pid: int) -> None:
    with contextlib.suppress(PermissionError):  # the launcher may already have done this
        os.setpgid(0, 0)
    if LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != launcher_pid:
        os._exit(1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _write_to(None)
    gc.enable()


def _write_to(output: int | None) -> None:
    """Redirect stdout and stderr to ``output`` (None: discard them)."""
    os.dup2(output if output is not None else os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)


def _watch(connection: socket.socket, frames: queue.SimpleQueue[ToChild]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for frame in read_frames(connection, TO_CHILD):
            frames.put(frame)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)  # a child that joined another group kills only itself


def _run(connection: socket.socket, frames: queue.SimpleQueue[ToChild]) -> None:
    start = frames.get()
    if start["type"] == "question" or start["type"] == "message":
        raise ValueError(f"a child begins with its entry point, not with a frame {start['type']!r}")
    os.environ[_POLARS_THREADS] = str(start.get("threads", 1))
    if niceness := start.get("niceness"):
        os.nice(niceness)
    if memory_bytes := start.get("memory_bytes"):
        _limit_memory(memory_bytes)
    if folder := start.get("folder"):
        os.chdir(folder)
    if start["type"] == "converse":
        _converse(connection, frames, start)
        return
    outbox = Outbox(connection)
    answer: Result | Failure
    try:
        answer = _answer(start, Child(start, outbox, Inbox(frames)))
    except BaseException as error:
        answer = _failure(error)
    outbox.message(answer)
    outbox.close()


def _limit_memory(limit: int) -> None:
    """Limit the data memory of this process to ``limit`` bytes.

    RLIMIT_DATA is used because RLIMIT_AS also counts reserved addresses: allocators and threads reserve far more than
    they use.
    """
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _answer(start: Start, child: Child) -> Result:
    value = _load(start["entry"])(child)
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True)
    answer: Result = {"type": "result", "value": value, "heavy": [name for name in HEAVY if name in sys.modules]}
    if outputs := start.get("outputs"):
        answer["sha256"] = seal(Path(outputs), {}).sha256
    answer["shared"] = loaded()
    answer["cpu_seconds"] = _cpu_seconds()
    encode(answer)  # a result that is not JSON must raise here, as an error of the child
    return answer


def _cpu_seconds() -> float:
    """Return the CPU time of this process and its reaped descendants, in seconds."""
    used = os.times()
    return round(used.user + used.system + used.children_user + used.children_system, 3)


def _converse(connection: socket.socket, frames: queue.SimpleQueue[ToChild], start: Start) -> None:
    """Answer each question with the function that ``entry(payload)`` returns, until the pipe closes.

    If the function returns a generator, each value that it yields is sent immediately as a piece of the answer, and its
    return value is the result.
    """
    try:
        reply = _load(start["entry"])(start["payload"])
        answer: Result | Failure = {"type": "result", "value": {}}
    except BaseException as error:
        connection.sendall(encode(_failure(error)))
        return
    while True:
        connection.sendall(encode(answer))
        question = frames.get()
        try:
            if question["type"] != "question":
                raise ValueError(f"this child answers questions, and a frame {question['type']!r} is none")
            value = reply(question["payload"])
            if isinstance(value, Generator):
                value = _send_pieces(connection, value)
            answer = {"type": "result", "value": value}
            encode(answer)
        except Exception as error:
            answer = _failure(error)


def _send_pieces(connection: socket.socket, pieces: Generator[Any, None, Any]) -> Any:
    """Send each piece that the generator yields; return the generator's return value."""
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            return end.value
        connection.sendall(encode({"type": "piece", "value": piece}))


def _failure(error: BaseException) -> Failure:
    fields = error_fields(error)
    if fields["family"] == "internal":
        traceback.print_exception(error)
    return {"type": "error", **fields}


def _load(entry: str) -> Callable[..., Any]:
    module, _, name = entry.partition(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return loaded
