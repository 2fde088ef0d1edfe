"""Errors between a client and a platform.

ClientError
├── ApiError              the platform refused: status, code, where, next step
├── FileUnusable          a file of this machine is missing, unreadable or unwritable
└── PlatformUnreachable   no platform answers
"""

from __future__ import annotations

from collections.abc import Mapping


class ClientError(Exception):
    """Root of the client's errors: one sentence, where, and what to do next."""

    def __init__(self, message: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.next_step = next_step

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
        >>> str(ApiError(404, "not_found", "run 'k3v9' does not exist", next_step="azuraforge runs list"))
        "run 'k3v9' does not exist. Next: azuraforge runs list"
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        where: str = "",
        next_step: str = "",
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, where=where, next_step=next_step)
        self.status = status
        self.code = code
        self.details = dict(details or {})

    @property
    def may_pass(self) -> bool:
        """True if trying again later can help: the platform is busy, stopping or broken, not the request."""
        return self.status in (408, 425, 429) or (self.status >= 500 and self.status != 501)


class FileUnusable(ClientError):
    """A file of this machine that is missing, unreadable or unwritable. ``__cause__`` is the ``OSError``."""


class PlatformUnreachable(ClientError):
    """No platform was found, or the given one does not answer."""
