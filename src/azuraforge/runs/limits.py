"""Time and memory limits of an attempt. The platform sets upper bounds; a run may request lower limits."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import NoReturn

import orjson

from azuraforge.errors import InvalidInput, UserError
from azuraforge.messages import Message
from azuraforge.processes.failures import Outgrown, sayable
from azuraforge.runs.handlers import ClaimedRun, PreparedRun
from azuraforge.runs.schemas import RunRequest
from azuraforge.settings import RunSettings

_TIME, _MEMORY = "time_limit_seconds", "memory_limit_bytes"


@dataclass(frozen=True)
class Limits:
    """Limits of one attempt. A run without end has no time limit.

    Attributes:
        time_seconds: maximum wall time; None means no limit.
        memory_bytes: maximum memory of all processes of the attempt; None means no limit.
        cancel_grace_seconds: time that a child may take to end after a cancellation request.
        time_asked: whether the run requested the time limit itself.
        memory_asked: whether the run requested the memory limit itself.
        standing: whether the run does not end, so that it restarts when it exceeds the memory limit.
        begun: start of the attempt, as a value of ``time.monotonic``.
    """

    time_seconds: float | None
    memory_bytes: int | None
    cancel_grace_seconds: float
    time_asked: bool = False
    memory_asked: bool = False
    standing: bool = False
    begun: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, run: ClaimedRun, settings: RunSettings) -> Limits:
        """Return the limits of an attempt that starts now."""
        seconds, bytes_ = None if run.standing else settings.time_limit_seconds, settings.memory_limit_bytes
        asked_seconds, asked_bytes = run.time_limit_seconds, run.memory_limit_bytes
        time_asked = asked_seconds is not None and (seconds is None or asked_seconds <= seconds)
        memory_asked = asked_bytes is not None and (bytes_ is None or asked_bytes <= bytes_)
        return cls(
            asked_seconds if time_asked else seconds,
            asked_bytes if memory_asked else bytes_,
            settings.cancel_grace_seconds,
            time_asked,
            memory_asked,
            run.standing,
        )

    def check_time(self) -> None:
        """Raise UserError if the attempt has exceeded its time limit."""
        if self.time_seconds is not None and time.monotonic() - self.begun > self.time_seconds:
            _refuse(
                _TIME,
                Message(
                    "the attempt exceeded its time limit of {limit:g} [second|seconds]", {"limit": self.time_seconds}
                ),
                self.time_asked,
                Message("shorten the training; a resumed run continues from its checkpoint with the full time limit"),
            )

    def check_memory(self, used_bytes: int) -> None:
        """Raise UserError, or Outgrown for a run without end, if ``used_bytes`` exceeds the memory limit."""
        if self.memory_bytes is None or used_bytes <= self.memory_bytes:
            return
        problem = Message(
            "the run's processes used {used:,} bytes of memory; {most:,} bytes are allowed",
            {"used": used_bytes, "most": self.memory_bytes},
        )
        if self.standing:
            raise Outgrown(problem)
        _refuse(_MEMORY, problem, self.memory_asked, Message("use less data or a smaller model"))


def check_asked(request: RunRequest, settings: RunSettings) -> None:
    """Raise InvalidInput if a request exceeds the platform's limits or sets limits for an external run."""
    for name in (_TIME, _MEMORY):
        asked, most = getattr(request, name), getattr(settings, name)
        if asked is not None and request.kind == "external":
            raise InvalidInput(
                "the platform sets no limits for a run that a client executes",
                where="{place}",
                next_step="remove {place} from the request",
                place=name,
            )
        if asked is not None and most is not None and asked > most:
            raise InvalidInput(
                "{name} is {asked:,.15g}; this platform allows at most {most:,.15g}",
                where="{name}",
                next_step="request a lower value, or raise {variable}",
                name=name,
                asked=asked,
                most=most,
                variable=_variable(name),
            )


def checked_standing(request: RunRequest, prepared: PreparedRun) -> PreparedRun:
    """Return a prepared run. Raises InvalidInput if its request sets a time limit for a run without end."""
    if prepared.standing and request.time_limit_seconds is not None:
        raise InvalidInput(
            "this run does not end, so it has no time limit",
            where="{place}",
            next_step="remove {place} from the request",
            place=_TIME,
        )
    return prepared


def _refuse(name: str, problem: Message, asked: bool, otherwise: Message) -> NoReturn:
    raise UserError(
        "{problem}",
        code=name.rpartition("_")[0],
        where="{name} of the run" if asked else "runs.{name} of the platform",
        next_step="start the run again with a higher {name}, or {otherwise}"
        if asked
        else "raise {variable}, or {otherwise}",
        problem=problem,
        name=name,
        variable=_variable(name),
        otherwise=otherwise,
    )


def _variable(name: str) -> str:
    return f"AZURAFORGE_RUNS__{name.upper()}"


_LATER_FIELDS = ("depends_on", "on_failure", "time_limit_seconds", "memory_limit_bytes")
_PLAIN = RunRequest()


def hash_of(request: RunRequest) -> str:
    """Return the SHA-256 of a request, by which a repetition is recognized. Raises InvalidInput if it is not JSON."""
    # Fields that were added later are hashed only if they are set, so that hashes of earlier requests stay valid.
    silent = {name for name in _LATER_FIELDS if getattr(request, name) == getattr(_PLAIN, name)}
    try:
        asked = orjson.dumps(request.model_dump(mode="json", exclude=silent), option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            "the request is not JSON: {error}", next_step="send JSON", where="config", error=sayable(str(error))
        ) from error
    return hashlib.sha256(asked).hexdigest()
