"""Launcher of child processes, which one process (``fork_server``) forks with a restricted environment.

launcher.call(entry, payload, result, timeout)   one short child outside any run: catalogue, validation, reading a file
launcher.open(entry, payload)                    a long-lived child that answers questions: warm predictor
launcher.spawn()                                 a bare child with its pipe, for a phase of a run
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from azuraforge.errors import TransientError, UserError
from azuraforge.plugins.discovery.calling import ResultT
from azuraforge.processes.answers import died, late, read_answer
from azuraforge.processes.child_process import ChildProcess
from azuraforge.processes.exchange import ChildSession, Exchange
from azuraforge.processes.failures import OUT_OF_MEMORY, ChildDied, LauncherDied
from azuraforge.processes.frames import (
    FROM_LAUNCHER,
    FromLauncher,
    SentMessage,
    Start,
    ToLauncher,
    encode,
    read_frames,
)
from azuraforge.processes.orphans import VARIABLE, end_forgotten, end_left, new_mark
from azuraforge.processes.prefork import Habits, Warm
from azuraforge.processes.process_table import LINUX, PORTABLE, TABLE
from azuraforge.processes.resources.memory import MemoryLimit
from azuraforge.processes.shared_imports import ENVIRONMENT
from azuraforge.strict_json import JsonObject
from azuraforge.telemetry import logger
from azuraforge.waiting.ending import ended_with_request

#: Environment variables that children inherit; they include neither settings nor credentials.
PASSED_ON = (
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONWARNINGS",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "XDG_CACHE_HOME", PORTABLE, "AZURAFORGE_KERNEL_CACHE", "AZURAFORGE_CRASHPOINT", "AZURAFORGE_CRASHPOINT_ONCE",
)  # fmt: skip
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_START_SECONDS = 60.0
_OPEN_SECONDS = 120.0
_TRIES = 3
#: Time after which the launcher's process is killed if it does not end when its socket is closed.
_END_SECONDS = 5.0
_LOOK_SECONDS = 0.005

log = logger("runs")


class Launcher:
    """Thread-safe launcher of child processes. If its process has died, it is restarted for the next child.

    Args:
        environment: environment variables that children receive in addition to ``PASSED_ON``.
        preload: modules that are imported before children are forked. Their import must not start threads or compute.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, preload: Sequence[str] = ()) -> None:
        self._extra = dict(environment or {})
        self._preload = tuple(preload)
        #: Modules with slow imports, by the kind of child that needs them.
        self.habits = Habits()
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._stopped = False

    def start(self) -> None:
        """Start the launcher's process and wait until it can fork. Raises TransientError if it does not start."""
        _keep_the_dead()
        self._surely_running()

    def begin(self) -> None:
        """Start the launcher's process without waiting for its imports."""
        _keep_the_dead()

        def work() -> None:
            with contextlib.suppress(LauncherDied, TransientError):  # ``start`` retries and raises the error
                self._running()

        threading.Thread(target=work, name="launcher-start", daemon=True).start()

    @property
    def environment(self) -> JsonObject:
        """Environment of the launcher's process: Python, NumPy, system, processor and package hash.

        Raises TransientError if the launcher does not start.
        """
        return self._surely_running().environment

    @property
    def pid(self) -> int:
        """Process id of the launcher. Raises TransientError if the launcher does not start."""
        return self._surely_running().process.pid

    def spawn(self, *, output: bool = False, warm: Warm | None = None) -> ChildProcess:
        """Start a child, which waits for its first frame. If ``output`` is true, its stdout and stderr go to a pipe.

        ``warm`` names modules that the child will need. If a prestarted child has already imported them, it is used
        (``prefork.py``). Raises LauncherDied if the launcher dies repeatedly, and TransientError if it was stopped.
        """
        for _ in range(_TRIES):
            try:
                return self._running().spawn(output, warm)
            except (LauncherDied, OSError) as error:
                log.warning("launcher_died", reason=str(error))
        raise LauncherDied

    def share(self, names: Sequence[str]) -> None:
        """Make the launcher import libraries that an ended child had used, so that later children start with them."""
        with self._lock:
            server = self._server
        if server is not None and names:
            server.share(names)

    def call(
        self,
        entry: str,
        payload: Mapping[str, object],
        result: type[ResultT],
        timeout_seconds: float,
        hear: Callable[[SentMessage], None] | None = None,
        memory: MemoryLimit | None = None,
    ) -> ResultT:
        """Run ``entry(child)`` in a new child and return its answer as an instance of ``result``.

        ``hear`` receives the messages that the child sends before its answer. Within an HTTP request, the child is
        killed if the client disconnects (``azuraforge.waiting``).

        Raises the error that the child reported, or InvalidInput if it died, took longer than ``timeout_seconds``,
        needed more than ``memory``, or returned an answer of another shape. Raises TransientError if the launcher dies
        repeatedly or was stopped.
        """
        where = entry.rpartition(":")[2]
        frame: Start = {"type": "call", "entry": entry, "payload": payload}
        if memory is not None:
            frame["memory_bytes"] = memory.bytes
        for last in (False, True):
            try:
                process = self.spawn()
                with Exchange(process, hear) as child, ended_with_request(partial(process.signal, signal.SIGKILL)):
                    answer = child.exchange(frame, time.monotonic() + timeout_seconds)
            except TimeoutError:
                raise late(timeout_seconds, where) from None
            except ChildDied as error:
                # If memory is refused, Polars aborts, and libraries that do not check allocations crash.
                if memory is not None and error.status in (-signal.SIGABRT, -signal.SIGSEGV):
                    raise memory.exceeded(where) from None
                raise died(error, where) from None
            except UserError as error:
                if memory is not None and error.error_code == OUT_OF_MEMORY:
                    raise memory.exceeded(where) from None
                raise
            except LauncherDied as error:
                if last:
                    raise TransientError("{reason}", next_step="try again", reason=error.sentence) from None
            else:
                return read_answer(answer, result, where)
        raise AssertionError("unreachable")

    def open(self, entry: str, payload: Mapping[str, object], timeout_seconds: float = _OPEN_SECONDS) -> ChildSession:
        """Start a long-lived child, in which ``entry(payload)`` returns the function that answers questions.

        Raises the error that the child reported, or TransientError if it died or did not start in time.
        """
        try:
            child_session = ChildSession(self.spawn())
        except LauncherDied as error:
            raise TransientError("{reason}", next_step="try again", reason=error.sentence) from None
        try:
            child_session.send({"type": "converse", "entry": entry, "payload": payload}, timeout_seconds)
        except BaseException:
            child_session.close()
            raise
        return child_session

    def stop(self) -> None:
        """End the launcher and all its children."""
        with self._lock:
            self._stopped = True
            server, self._server = self._server, None
        if server is not None:
            server.stop()

    def _surely_running(self) -> _Server:
        for _ in range(_TRIES):
            try:
                return self._running()
            except LauncherDied as error:
                log.warning("launcher_died", reason=str(error))
        raise TransientError(
            "the launcher did not start", next_step="read the platform's log, then start the platform again"
        )

    def _running(self) -> _Server:
        with self._lock:
            if self._stopped:
                raise TransientError("the platform is stopping", next_step="try again when the platform is running")
            if self._server is None or not self._server.alive:
                self._server = _Server(self._variables(), self._preload)
            return self._server

    def _variables(self) -> dict[str, str]:
        passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        if not LINUX:  # else macOS kills forked children once the launcher has used one of its frameworks
            passed["OBJC_DISABLE_INITIALIZE_FORK_SAFETY"] = "YES"
        return {**passed, **dict.fromkeys(_ONE_THREAD, "1"), **ENVIRONMENT, "PYTHONUNBUFFERED": "1", **self._extra}


def _keep_the_dead() -> None:
    """Restore the default handling of SIGCHLD, so that ended children stay zombies until they are reaped.

    A process inherits the disposition to ignore SIGCHLD, for example from a service manager. The kernel would then reap
    children immediately and could reassign a pid that this process still uses.
    """
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


class _Server:
    """Connection to one process of the launcher, from its start to its end."""

    def __init__(self, variables: dict[str, str], preload: Sequence[str] = ()) -> None:
        ours, theirs = socket.socketpair()
        self._control = ours
        self._lock = threading.Lock()
        self._tickets = itertools.count()
        self._unborn: dict[int, ChildProcess] = {}
        self._living: dict[int, ChildProcess] = {}
        self._shared: set[str] = set()
        self._ready = threading.Event()
        self.environment: JsonObject = {}
        self.alive = True
        self._mark = new_mark()
        end_forgotten()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "azuraforge.processes.launcher", str(theirs.fileno()), *preload],
                env={**variables, VARIABLE: self._mark},
                pass_fds=[theirs.fileno()],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C must reach only the platform, which then stops the launcher
            )
        self._thread = threading.Thread(target=self._read, name="launcher-reader", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_SECONDS) or not self.alive:
            self.stop()
            raise LauncherDied

    def spawn(self, output: bool, warm: Warm | None = None) -> ChildProcess:
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe() if output else (None, None)
        ticket = next(self._tickets)
        child = ChildProcess(ours, reading, partial(self._send_signal, ticket))
        passed = [theirs.fileno()] + ([writing] if writing is not None else [])
        order: ToLauncher = {"type": "spawn", "ticket": ticket, "warm": warm}
        try:
            with self._lock:
                if not self.alive:
                    raise LauncherDied
                self._unborn[ticket] = child
                socket.send_fds(self._control, [encode(order)], passed)
        except OSError:
            self.alive = False  # the next try must not use this process, even if the reader has not noticed yet
            child.close()
            raise
        except BaseException:
            child.close()
            raise
        finally:
            theirs.close()
            if writing is not None:
                os.close(writing)
        child.born.wait()
        if child.launcher_died:
            child.close()
            raise LauncherDied
        return child

    def stop(self) -> None:
        """Close the control socket, which ends the process, and wait for it."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def share(self, names: Sequence[str]) -> None:
        """Request the import of libraries that were not requested before."""
        with self._lock:
            new = [name for name in names if name not in self._shared]
            self._shared.update(new)
            if new and self.alive:
                self._order({"type": "share", "names": new})

    def _send_signal(self, ticket: int, number: int) -> None:
        """Request a signal to a child's process group, unless the launcher has died; then its children end anyway."""
        with self._lock:
            if self.alive:
                self._order({"type": "signal", "ticket": ticket, "number": number})

    def _order(self, frame: ToLauncher) -> None:
        with contextlib.suppress(OSError):
            self._control.sendall(encode(frame))

    def _read(self) -> None:
        try:
            for frame in read_frames(self._control, FROM_LAUNCHER):
                self._hear(frame)
        except (OSError, ValueError) as error:
            log.warning("launcher_unreadable", reason=str(error))
        with self._lock:
            self.alive = False
            orphans = [*self._unborn.values(), *self._living.values()]
            self._unborn.clear()
            self._living.clear()
        for child in orphans:
            child.finished(None, launcher_died=True)
        self._control.close()
        if ended := self._bury():
            log.warning("launcher_left_orphans", ended=ended)
        self._ready.set()

    def _bury(self) -> int:
        """Wait for the launcher's end and kill its remaining processes; return their number.

        The launcher is reaped last: until then its pid, which is also its session id, belongs to no other process.
        """
        if not self._has_ended():
            self.process.kill()
            self._has_ended()
        unreaped = TABLE.state_of_child(self.process.pid) == "ended"
        orphans = end_left(self._mark, self.process.pid if unreaped else None)
        self.process.wait()
        return orphans

    def _has_ended(self) -> bool:
        until = time.monotonic() + _END_SECONDS
        while TABLE.state_of_child(self.process.pid) == "running":
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def _hear(self, frame: FromLauncher) -> None:
        if frame["type"] == "hello":
            self.environment = frame["environment"]
            self._ready.set()
        elif frame["type"] == "born":
            with self._lock:
                child = self._living[frame["ticket"]] = self._unborn.pop(frame["ticket"])
                child.pid = frame["pid"]
            child.born.set()
        elif frame["type"] == "ended":
            with self._lock:
                ended = self._living.pop(frame["ticket"])
            ended.finished(frame["status"])


if __name__ == "__main__":
    from azuraforge.processes.fork_server import main

    main()
