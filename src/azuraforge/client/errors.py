"""Errors of the client.

ClientError
├── ApiError              the platform refused the request: status, code, where, next step
├── InvalidArgument       an argument of a method is invalid; also a ValueError
├── FileUnusable          a local file is missing, or cannot be read or written
└── PlatformUnreachable   no platform responds
"""

from __future__ import annotations

from collections.abc import Mapping

from azuraforge.messages.stored import Templates
from azuraforge.messages.template import fill_in


class ClientError(Exception):
    """Base class of the client's errors.

    An error consists of constant English templates for the message, the place and the next step, and of values that the
    templates share. ``message``, ``where`` and ``next_step`` are in English, except for an ``ApiError``, whose texts
    the platform writes in the client's language. The class itself is raised for a response of an unexpected form, and
    by ``ExternalRun.start``.

    Example:
        >>> str(ClientError("the file {path!r} does not exist", next_step="check the path", path="a.csv"))
        "the file 'a.csv' does not exist. Next: check the path"
    """

    def __init__(self, template: str, /, *, where: str = "", next_step: str = "", **values: object) -> None:
        super().__init__(template)
        self.templates = Templates(message=template, where=where, next_step=next_step)
        self.values = values

    @property
    def message(self) -> str:
        """The message, filled in."""
        return fill_in(self.templates["message"], self.values)

    @property
    def where(self) -> str:
        """The place of the error, such as a file or a field; empty if there is none."""
        return fill_in(self.templates["where"], self.values)

    @property
    def next_step(self) -> str:
        """The next step of the user; empty if there is none."""
        return fill_in(self.templates["next_step"], self.values)

    def __str__(self) -> str:
        text = self.message
        if self.where:
            text += f" ({self.where})"
        if self.next_step:
            text += f". Next: {self.next_step}"
        return text


class ApiError(ClientError):
    """Error response of the platform, read from its problem document (RFC 9457).

    Example:
        >>> str(ApiError.of(404, {"detail": "run 'k3v9' does not exist", "next_step": "azuraforge runs list"}))
        "run 'k3v9' does not exist. Next: azuraforge runs list"
    """

    def __init__(
        self,
        status: int,
        code: str,
        template: str,
        /,
        *,
        where: str = "",
        next_step: str = "",
        details: Mapping[str, object] | None = None,
        **values: object,
    ) -> None:
        super().__init__(template, where=where, next_step=next_step, **values)
        self.status = status
        self.code = code
        self.details = dict(details or {})

    @classmethod
    def of(cls, status: int, document: Mapping[str, object]) -> ApiError:
        """Return the error for a problem document, whose texts are in the language of the request."""
        details = document.get("details")
        return cls(
            status,
            str(document.get("code") or "error"),
            "{detail}",
            where="{place}",
            next_step="{step}",
            details=details if isinstance(details, Mapping) else None,
            detail=str(document["detail"]),
            place=str(document.get("where") or ""),
            step=str(document.get("next_step") or ""),
        )

    @property
    def may_pass(self) -> bool:
        """Return whether the same request may succeed later, because the platform is busy, stopping or failing."""
        return self.status in (408, 425, 429) or (self.status >= 500 and self.status != 501)


class InvalidArgument(ClientError, ValueError):
    """Error for an invalid argument of a method."""


class FileUnusable(ClientError):
    """Error for a local file that is missing, or cannot be read or written. ``__cause__`` is the ``OSError``."""


class PlatformUnreachable(ClientError):
    """Error raised if no platform was found or the platform does not respond."""
