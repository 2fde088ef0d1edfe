"""Errors between a client and a platform.

ClientError
├── ApiError              the platform refused: status, code, where, next step
├── InvalidArgument       an argument of a method cannot be used; also a ValueError
├── FileUnusable          a file of this machine is missing, unreadable or unwritable
└── PlatformUnreachable   no platform answers
"""

from __future__ import annotations

from collections.abc import Mapping

from azuraforge.messages.stored import Templates
from azuraforge.messages.template import fill_in


class ClientError(Exception):
    """Root of the client's errors: constant English templates for the sentence, the place and the next step; values.

    The templates share the values. ``message``, ``where`` and ``next_step`` are English, except those of an
    ``ApiError``, which the platform wrote in the client's language.

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
        """The error's sentence."""
        return fill_in(self.templates["message"], self.values)

    @property
    def where(self) -> str:
        """The place of the error, empty if it has none."""
        return fill_in(self.templates["where"], self.values)

    @property
    def next_step(self) -> str:
        """The next step, empty if there is none."""
        return fill_in(self.templates["next_step"], self.values)

    def __str__(self) -> str:
        text = self.message
        if self.where:
            text += f" ({self.where})"
        if self.next_step:
            text += f". Next: {self.next_step}"
        return text


class ApiError(ClientError):
    """The platform's refusal, read from its problem document (RFC 9457).

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
        """Return the error of a problem document; its texts are in the language of the request."""
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
        """True if trying again later can help: the platform is busy, stopping or broken, not the request."""
        return self.status in (408, 425, 429) or (self.status >= 500 and self.status != 501)


class InvalidArgument(ClientError, ValueError):
    """An argument of a method that cannot be used."""


class FileUnusable(ClientError):
    """A file of this machine that is missing, unreadable or unwritable. ``__cause__`` is the ``OSError``."""


class PlatformUnreachable(ClientError):
    """No platform was found, or the given one does not answer."""
