"""Classes of failure, and the transfer of errors over the pipe.

user error (or a full disk)          → failed, never retried
TransientError                       → requeued with back-off
ChildDied                            → an interruption: requeued immediately and counted towards quarantine
Outgrown                             → the same, for a run without end that exceeded its memory limit
LauncherDied, Draining               → an interruption that is not counted
Cancelled                            → cancelled
Replaced                             → another attempt executes the run: stop and write nothing
anything else                        → failed("internal"); the traceback is in the attempt's log
"""

from __future__ import annotations

import errno
import re
import signal
from collections.abc import Mapping
from typing import Literal, TypedDict

import orjson
from pydantic import JsonValue

from azuraforge import errors
from azuraforge.errors import AzuraError, StorageError, TransientError, UserError, one_line
from azuraforge.messages import Message
from azuraforge.messages.stored import restored
from azuraforge.strict_json import JsonObject

_KINDS: dict[str, type[AzuraError]] = {
    kind.code: kind
    for kind in (
        errors.InvalidInput,
        errors.NotFound,
        errors.Conflict,
        errors.Unauthorized,
        errors.Forbidden,
        TransientError,
        StorageError,
        UserError,
    )
}
#: Error code of a process that ran out of memory.
OUT_OF_MEMORY = "memory"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}
#: Values nested deeper than this are converted to text, since a structure may contain itself.
_DEPTH = 16


class Interruption(Exception):
    """Raised if an attempt ended without a result; the run continues in another attempt."""

    def __init__(self, sentence: Message) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


class ChildDied(Interruption):
    """Raised if a child process ended without an answer."""

    def __init__(self, status: int | None) -> None:
        self.status = status
        super().__init__(describe_exit(status))


class Outgrown(Interruption):
    """Raised if a run without end exceeded its memory limit; it continues from its last state."""


class LauncherDied(Interruption):
    """Raised if the launcher's process has ended, and its children with it."""

    def __init__(self) -> None:
        super().__init__(Message("the launcher's process ended"))


class Draining(Interruption):
    """Raised if the worker is stopping."""

    def __init__(self) -> None:
        super().__init__(Message("the platform was stopped"))


class Cancelled(Exception):
    """Raised if cancellation of the run was requested."""


class Replaced(Exception):
    """Raised if a fenced write matched no row, because the attempt no longer has the run's lease."""


class InternalError(AzuraError):
    """Internal error of the platform or a plugin: one line for the user; the log contains the traceback."""

    code = "internal"


def describe_exit(status: int | None) -> Message:
    """Describe an exit status, which is negative for a signal as in ``subprocess``, or None if it is unknown."""
    if status is None:
        return Message("its process disappeared")
    if status >= 0:
        return Message("its process ended with exit code {status} without an answer", {"status": status})
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if -status == signal.SIGKILL:
        return Message(
            "its process was killed ({signal}, possibly by the system because memory ran out)", {"signal": name}
        )
    return Message("its process was killed ({signal})", {"signal": name})


def sentence_of(error: BaseException) -> Message:
    """Return an error's message for use within another text; a library's error is reduced to one line.

    Example:
        >>> str(sentence_of(ValueError("no rows")))
        'ValueError: no rows'
    """
    if isinstance(error, AzuraError):
        return error.as_message()
    return Message("{error}", {"error": sayable(one_line(error))})


def storage_error(error: BaseException, doing: Message, where: str) -> StorageError | None:
    """Return the error for a full, read-only or broken disk; None if ``error`` has another cause.

    ``doing`` names what could not be written, and ``where`` is its path. Libraries written in Rust state the error
    number only in their text ("… (os error 28)").
    """
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (found := re.search(r"os error (\d+)", _text(error))):
        number = int(found[1])
    if number in _FULL:
        return StorageError(
            "the disk is full; {doing} could not be written",
            where="{place}",
            next_step="free some space, then resume the run: azuraforge runs resume ID",
            doing=doing,
            place=where,
        )
    if number in _UNWRITABLE:
        return StorageError(
            "the folder is not writable; {doing} could not be stored",
            where="{place}",
            next_step="make the folder writable, then resume the run: azuraforge runs resume ID",
            doing=doing,
            place=where,
        )
    if number == errno.EIO:
        return StorageError(
            "the disk reports an error; {doing} could not be written",
            where="{place}",
            next_step="check the disk, then resume the run: azuraforge runs resume ID",
            doing=doing,
            place=where,
        )
    return None


class ErrorFields(TypedDict):
    """Error as fields of a frame. ``kind`` is the code of its class; the error itself may have another code."""

    family: Literal["user", "transient", "internal"]
    kind: str
    error: JsonObject


def error_fields(error: BaseException) -> ErrorFields:
    """Return ``error`` as fields of a frame: its family (user, transient or internal), its class and its texts.

    The result can always be written as JSON: unpaired surrogates become ``?``, and other objects become text.
    """
    fields = _fields(error)
    said = sayable(fields["error"])
    assert isinstance(said, dict)
    return {**fields, "error": said}


def sayable(value: object, depth: int = 0) -> JsonValue:
    """Convert ``value`` to JSON that every database can store; foreign objects become text.

    Example:
        >>> sayable({"name": "a\\udcff", "size": 2**70, "seen": {1}})
        {'name': 'a?', 'size': '1180591620717411303424', 'seen': '{1}'}
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, dict | list | tuple) and depth < _DEPTH:
        if isinstance(value, dict):
            return {_text(key): sayable(inner, depth + 1) for key, inner in value.items()}
        return [sayable(inner, depth + 1) for inner in value]
    try:
        said: JsonValue = orjson.loads(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY))
        return said
    except (TypeError, ValueError):
        return _text(value)


def _text(value: object) -> str:
    try:
        text = str(value)
    except Exception:  # a bug in a foreign object must not hide the original error
        text = object.__repr__(value)
    return str(sayable(text))


def _fields(error: BaseException) -> ErrorFields:
    if isinstance(error, AzuraError):
        family: Literal["user", "transient", "internal"] = "user"
        if isinstance(error, TransientError):
            family = "transient"
        elif isinstance(error, InternalError):
            family = "internal"
        kind = next((code for code, known in _KINDS.items() if isinstance(error, known)), "")
        return {"family": family, "kind": kind, "error": error.to_dict()}
    full = storage_error(error, Message("a file"), getattr(error, "filename", None) or "")
    if full is not None:
        return {"family": "user", "kind": full.code, "error": full.to_dict()}
    if isinstance(error, MemoryError):
        out = UserError(
            "the process ran out of memory", next_step="use less data or a smaller model", code=OUT_OF_MEMORY
        )
        return {"family": "user", "kind": "", "error": out.to_dict()}
    if isinstance(error, SystemExit):
        error = RuntimeError(f"the code called sys.exit({error.code!r})")
    internal = InternalError("{error}", next_step="read the traceback in the run's log", error=sayable(one_line(error)))
    return {"family": "internal", "kind": "", "error": internal.to_dict()}


def restore(family: str, fields: JsonObject, kind_code: str = "") -> AzuraError:
    """Return the error that ``error_fields`` described, as an instance of the nearest class.

    ``kind_code`` is the code of the class; if empty, the error's own code determines the class. ``family`` determines
    it if no class has this code.
    """
    fallback: dict[str, type[AzuraError]] = {"transient": TransientError, "internal": InternalError}
    code = str(fields["code"])
    kind = _KINDS.get(kind_code or code, fallback.get(family, UserError))
    if family == "transient" and not issubclass(kind, TransientError):
        kind = TransientError
    return restored_as(kind, fields)


def restored_as(kind: type[AzuraError], fields: Mapping[str, object]) -> AzuraError:
    """Return an error of the class ``kind`` from its JSON; its texts remain translatable."""
    details = fields.get("details")
    kept = details if isinstance(details, dict) else {}
    code = str(fields.get("code") or "")
    if (source := restored(fields.get("source"))) is None:
        texts = {name: str(fields.get(name) or "") for name in ("message", "where", "next_step")}
        return kind(
            "{message}",
            where="{place}",
            next_step="{step}",
            code=code,
            details=kept,
            message=texts["message"],
            place=texts["where"],
            step=texts["next_step"],
        )
    templates, values = source
    return kind(
        templates["message"],
        where=templates["where"],
        next_step=templates["next_step"],
        code=code,
        details=kept,
        **values,
    )
