"""Errors that users see: one sentence that says what is wrong, the place, and the next step.

    AzuraError
    ├── UserError              the input or the request is wrong; never retried
    │   ├── InvalidInput       422  a file, a config or a value is invalid
    │   ├── NotFound           404  does not exist, or belongs to another project
    │   ├── Conflict           409  the current state does not allow the request
    │   ├── Unauthorized       401
    │   ├── Forbidden          403
    │   └── TooManyRequests    429  wait, then repeat the request
    ├── TransientError         503  a later retry may succeed
    └── StorageError           507  the disk is full, read-only or broken

``code`` is stable and meant for programs; ``next_step`` states what a person can do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self, cast

from azuraforge.messages import Message
from azuraforge.messages.stored import Templates, source_of

if TYPE_CHECKING:
    from pydantic import JsonValue  # the command line must start without importing pydantic


class AzuraError(Exception):
    """Base class of all errors that the platform raises on purpose: a code, constant English templates, and values.

    ``template``, ``where`` and ``next_step`` share the values. They are stored untranslated and are translated when a
    person reads them. A value may be a ``Message`` or another error; it is then translated, too.

    Args:
        details: facts for programs, which no text contains.

    Example:
        >>> error = NotFound("run {run!r} does not exist", next_step="run azuraforge runs list", run="k3v9")
        >>> error.message, error.to_dict()["code"]
        ("run 'k3v9' does not exist", 'not_found')
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init__(
        self,
        template: str,
        /,
        *,
        where: str = "",
        next_step: str = "",
        code: str = "",
        details: Mapping[str, object] | None = None,
        **values: object,
    ) -> None:
        super().__init__(template)
        self.templates = Templates(message=template, where=where, next_step=next_step)
        self.error_code = code or self.code
        self.details: dict[str, object] = dict(details or {})
        self.values = {name: _value(each) for name, each in values.items()}

    @property
    def message(self) -> str:
        """The error's sentence in English, with its values filled in."""
        return self._filled("message")

    @property
    def where(self) -> str:
        """The place of the error in English; empty if the error has none."""
        return self._filled("where")

    @property
    def next_step(self) -> str:
        """The next step in English; empty if the error has none."""
        return self._filled("next_step")

    def with_next_step(self, template: str, /, **values: object) -> Self:
        """Replace the next step and return this error."""
        return self._replaced("next_step", Message(template, {name: _value(each) for name, each in values.items()}))

    def at(self, template: str, /, **values: object) -> Self:
        """Replace the place and return this error."""
        return self._replaced("where", Message(template, {name: _value(each) for name, each in values.items()}))

    def parts(self) -> tuple[Message, Message, Message]:
        """Return message, place and next step, to be used as values of another error."""
        texts = self.templates
        return (
            Message(texts["message"], self.values),
            Message(texts["where"], self.values),
            Message(texts["next_step"], self.values),
        )

    def as_message(self) -> Message:
        """Return the error's sentence, to be used as a value of another text."""
        return Message(self.templates["message"], self.values)

    def with_details(self, details: Mapping[str, object]) -> Self:
        """Add ``details``, which override existing ones of the same name, and return this error."""
        self.details = {**self.details, **details}
        return self

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the error as JSON for storage and pipes: the English text, and templates with values as ``source``."""
        fields: dict[str, JsonValue] = {"code": self.error_code, "message": self.message}
        if self.where:
            fields["where"] = self.where
        if self.next_step:
            fields["next_step"] = self.next_step
        if self.details:
            fields["details"] = cast("JsonValue", self.details)
        fields["source"] = source_of(self.templates, self.values)
        return fields

    def __str__(self) -> str:
        text = self.message
        if self.where:
            text += f" ({self.where})"
        if self.next_step:
            text += f". Next: {self.next_step}"
        return text

    def _replaced(self, part: Literal["where", "next_step"], text: Message) -> Self:
        name = f"other_{part}"  # its own name, because both texts may use the same value names
        self.templates = cast("Templates", {**self.templates, part: f"{{{name}}}"})
        self.values = {**self.values, name: text}
        return self

    def _filled(self, part: Literal["message", "where", "next_step"]) -> str:
        return str(Message(self.templates[part], self.values))


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


class TooManyRequests(UserError):
    status = 429
    code = "too_many_requests"


class TransientError(AzuraError):
    status = 503
    code = "transient"


class StorageError(AzuraError):
    status = 507
    code = "storage"


class InvalidValue(ValueError):
    """A ``ValueError`` for validators of schemas, whose sentence can be translated.

    Example:
        >>> str(InvalidValue("{count} names are too many; at most {most}", count=3, most=2))
        '3 names are too many; at most 2'
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.sentence = Message(template, {name: _value(each) for name, each in values.items()})
        super().__init__(str(self.sentence))


def _value(value: object) -> object:
    """Return the value to store; an error becomes a ``Message``, so that it can still be translated."""
    return value.as_message() if isinstance(value, AzuraError) else value


def one_line(error: BaseException) -> str:
    """Return an exception as one line: its type and its text, cut to 500 characters.

    For an InvalidInput, return its message alone, uncut; for a SystemExit, state the call of ``sys.exit``. If the text
    of a library's error cannot be computed, its ``repr`` by ``object`` is used.

    Example:
        >>> one_line(ValueError("no\\nrows"))
        'ValueError: no rows'
    """
    if isinstance(error, InvalidInput):
        return error.message
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r})"
    try:
        text = " ".join(str(error).split())
    except Exception:  # a bug in a foreign object must not hide the original error
        text = object.__repr__(error)
    return f"{type(error).__name__}: {text}"[:500] if text else type(error).__name__
