"""Every error a person may see: one sentence that says what, where and what to do next.

    AzuraError
    ├── UserError              the input or the request is wrong; never retried
    │   ├── InvalidInput       422  a file, a config, a value
    │   ├── NotFound           404  also what a foreign project's id looks like
    │   ├── Conflict           409  the state forbids it now
    │   ├── Unauthorized       401
    │   └── Forbidden          403
    ├── TransientError         503  trying again later may help
    └── StorageError           507  the disk is full, read-only or broken

``code`` is stable and meant for programs; ``next_step`` tells a person what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self, cast

if TYPE_CHECKING:
    from pydantic import JsonValue  # the command line starts without pydantic


class AzuraError(Exception):
    """Root of all errors raised on purpose.

    Example:
        >>> error = NotFound("run 'k3v9' does not exist", next_step="azuraforge runs list")
        >>> error.to_dict()["code"]
        'not_found'
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init__(
        self, message: str, *, where: str = "", next_step: str = "", code: str = "", **details: object
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.next_step = next_step
        self.error_code = code or self.code
        self.details = details

    def with_details(self, details: Mapping[str, object]) -> Self:
        """Add the details of another error, and return this one."""
        self.details = {**self.details, **details}
        return self

    def to_dict(self) -> dict[str, JsonValue]:
        """The error as JSON, the way rows, pipes and problem+json carry it."""
        fields: dict[str, JsonValue] = {"code": self.error_code, "message": self.message}
        if self.where:
            fields["where"] = self.where
        if self.next_step:
            fields["next_step"] = self.next_step
        if self.details:
            fields["details"] = cast("JsonValue", self.details)
        return fields

    def __str__(self) -> str:
        text = self.message
        if self.where:
            text += f" ({self.where})"
        if self.next_step:
            text += f". Next: {self.next_step}"
        return text


class UserError(AzuraError):
    status = 400
    code = "user_error"


class InvalidInput(UserError):
    status = 422
    code = "invalid_input"


class NotFound(UserError):
    status = 404
    code = "not_found"


class Conflict(UserError):
    status = 409
    code = "conflict"


class Unauthorized(UserError):
    status = 401
    code = "unauthorized"


class Forbidden(UserError):
    status = 403
    code = "forbidden"


class TransientError(AzuraError):
    status = 503
    code = "transient"


class StorageError(AzuraError):
    status = 507
    code = "storage"


def one_line(error: BaseException) -> str:
    """An exception as one line: its name, its text, and for a syntax error the place."""
    if isinstance(error, InvalidInput):
        return error.message
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r}) while it was imported"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:500] if text else type(error).__name__
