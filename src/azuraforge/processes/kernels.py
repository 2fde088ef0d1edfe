"""Selection of the engine's backend for a run: recorded at the first attempt and kept while it is available.

Kernels are compiled and tested in a child process, so this process never loads the compiler. They are compiled once per
machine, and attempts that need them wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillPending
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from pydantic import JsonValue

from azuraforge.errors import AzuraError, TransientError, UserError
from azuraforge.messages import Message
from azuraforge.messages.stored import text_to_json
from azuraforge.plugins.discovery.calling import ResultT
from azuraforge.processes.frames import SentMessage
from azuraforge.processes.prepared import Prepared, PrepareInput
from azuraforge.settings import EngineSettings
from azuraforge.strict_json import JsonObject
from azuraforge.telemetry import logger

PREPARE = "azuraforge.processes.backend:prepare"
#: Time limit. Compiling takes 2 to 5 seconds, longer on a busy machine or while another platform holds the lock.
PREPARE_SECONDS = 120.0
_LOOK_SECONDS = 0.1

log = logger("kernels")


class Call(Protocol):
    """Interface of ``Launcher.call``."""

    def __call__(
        self,
        entry: str,
        payload: Mapping[str, object],
        result: type[ResultT],
        timeout_seconds: float,
        hear: Callable[[SentMessage], None] | None = None,
    ) -> ResultT: ...


@dataclass(frozen=True)
class News:
    """Notice for the user who started the platform: kernels are being compiled, are ready, or cannot be used."""

    state: Literal["compiling", "ready", "unavailable"]
    detail: str | Message = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Fixed:
    """Backend of one attempt.

    Attributes:
        fields: fields of the environment: backend, instruction_set, threads and kernels.
        folder: folder from which the attempt's children load kernels; None if they must not load any.
        problem: why the backend of the first attempt cannot be used; None if there is no such problem.
    """

    fields: JsonObject
    folder: str | None
    problem: Message | None = None


class Kernels:
    """Preparation of kernels and selection of backends. Thread-safe."""

    def __init__(self, call: Call, settings: EngineSettings, folder: Path) -> None:
        self._call = call
        self._settings = settings
        self._folder = folder
        self._lock = threading.Lock()
        self._asked: dict[str | None, Future[Prepared]] = {}
        self._announce: Callable[[News], None] = lambda news: None
        self._compiling = False
        self._warned = False

    def start(self, tell: Callable[[News], None] | None = None) -> None:
        """Start preparing kernels in a background thread.

        ``tell`` is called when kernels must be compiled, when they are ready, and if they cannot be used.
        """
        if tell is not None:
            self._announce = tell
        if self._settings.backend != "reference":
            self._ask(self._settings.instruction_set)

    @property
    def folder(self) -> str | None:
        """Folder of kernels that children may load; None if kernels are disabled or cannot be used.

        Waits until the kernels are prepared.
        """
        if self._settings.backend == "reference" or self._prepared(self._settings.instruction_set).problem:
            return None
        return str(self._folder)

    def fix(
        self,
        recorded: Mapping[str, JsonValue] | None,
        threads: int,
        waiting: Callable[[bool], None] = lambda compiling: None,
    ) -> Fixed:
        """Choose the backend of an attempt.

        Args:
            recorded: environment of the run's first attempt; None if this is the first attempt.
            threads: number of threads that the run requests.
            waiting: called repeatedly during a wait, with whether kernels are being compiled; may raise an error,
                which is propagated.

        Raises UserError if the settings require kernels but they cannot be used.
        """
        if recorded is not None and recorded.get("backend") != "cpu":
            return self._reference(threads)
        if self._settings.backend == "reference":
            return self._reference(
                threads, Message("the setting engine.backend has the value reference") if recorded else None
            )
        if recorded is None:
            return self._best(threads, waiting)
        # Check again, since the machine may have changed since the platform started, or may be another one.
        prepared = self._prepared(str(recorded["instruction_set"]), waiting, afresh=True)
        if prepared.problem is None:
            return self._cpu(prepared, threads)
        return replace(self._best(threads, waiting, afresh=True), problem=prepared.obstacle())

    def _best(self, threads: int, waiting: Callable[[bool], None], *, afresh: bool = False) -> Fixed:
        prepared = self._prepared(self._settings.instruction_set, waiting, afresh=afresh)
        if prepared.problem is None:
            return self._cpu(prepared, threads)
        if self._settings.backend == "cpu":
            raise UserError(
                "the engine's kernels cannot be used: {problem}",
                where="engine.backend",
                code="kernels_unavailable",
                next_step="fix the problem, or set engine.backend to auto in azuraforge.toml",
                problem=prepared.obstacle(),
            )
        return self._reference(threads)

    def _cpu(self, prepared: Prepared, threads: int) -> Fixed:
        fields: JsonObject = {
            "backend": "cpu",
            "instruction_set": prepared.instruction_set,
            "threads": min(threads, prepared.cores),
            "kernels": prepared.kernels,
        }
        return Fixed(fields, str(self._folder))

    def _reference(self, threads: int, problem: Message | None = None) -> Fixed:
        fields: JsonObject = {"backend": "reference", "instruction_set": "numpy", "threads": threads, "kernels": ""}
        return Fixed(fields, self.folder, problem)

    def _prepared(
        self,
        instruction_set: str | None,
        waiting: Callable[[bool], None] = lambda compiling: None,
        *,
        afresh: bool = False,
    ) -> Prepared:
        pending = self._ask(instruction_set, afresh=afresh)
        while True:
            try:
                return pending.result(_LOOK_SECONDS)
            except StillPending:
                waiting(self._compiling)

    def _ask(self, instruction_set: str | None, *, afresh: bool = False) -> Future[Prepared]:
        with self._lock:
            pending = self._asked.get(instruction_set)
            if pending is None or (afresh and pending.done()):
                pending = self._asked[instruction_set] = Future()
                arguments = (instruction_set, pending)
                threading.Thread(target=self._prepare, args=arguments, name="kernels", daemon=True).start()
            return pending

    def _prepare(self, instruction_set: str | None, pending: Future[Prepared]) -> None:
        wanted = PrepareInput(folder=self._folder, instruction_set=instruction_set)
        try:
            prepared = self._call(PREPARE, wanted.model_dump(mode="json"), Prepared, PREPARE_SECONDS, self._hear)
        except TransientError as error:  # the state of the kernels is still unknown: the next caller tries again
            with self._lock:
                self._asked.pop(instruction_set, None)
            pending.set_result(Prepared(problem=text_to_json(error.as_message())))
            return
        except AzuraError as error:
            prepared = Prepared(problem=text_to_json(error.as_message()))
        except Exception as error:
            log.error("kernels_failed", exc_info=error)
            prepared = Prepared(problem=str(error))
        self._report(prepared)
        pending.set_result(prepared)

    def _hear(self, message: SentMessage) -> None:
        if message["name"] == "progress":
            note = str(message["data"]["note"])
            self._compiling = True
            log.info("kernels_compile", folder=str(self._folder), what=note)
            self._announce(News("compiling", note))

    def _report(self, prepared: Prepared) -> None:
        self._compiling = False
        if (problem := prepared.obstacle()) is not None:
            if not self._warned:
                self._warned = True
                log.warning("kernels_unavailable", reason=str(problem), folder=str(self._folder))
                self._announce(News("unavailable", problem))
        elif prepared.compiled_seconds is not None:
            log.info("kernels_ready", instruction_set=prepared.instruction_set, seconds=prepared.compiled_seconds)
            self._announce(News("ready", prepared.instruction_set, prepared.compiled_seconds))
