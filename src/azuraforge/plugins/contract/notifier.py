"""The contract of a notifier: delivery of messages to people or other systems."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from pydantic import BaseModel, JsonValue
from typing_extensions import TypeVar  # with defaults; it comes with pydantic

from azuraforge.outgoing import Policy

if TYPE_CHECKING:
    import httpx

#: The notifier's own ``Options``; it may be left out: ``class Pager(Notifier)``.
OptionsT = TypeVar("OptionsT", bound=BaseModel, default=Any)


@dataclass(frozen=True)
class Message:
    """A message for one target.

    Attributes:
        id: the same for each attempt; a target that knows it has the message already.
        title: one line, in the target's language.
        text: the message, in the target's language.
        data: the fields of the cause, for programs.
        count: number of causes that this message combines.
        language: ``en`` or ``tr``.
        at: when its first cause was.
    """

    id: str
    title: str
    text: str
    data: Mapping[str, JsonValue]
    count: int
    language: str
    at: datetime


class Notifier(ABC, Generic[OptionsT]):
    """Sender of messages. ``Options`` becomes the form and the validation of a target; it runs in a child.

    A secret is a field of the type ``pydantic.SecretStr``: the platform stores it and never shows it again.

    Attributes:
        outgoing: the addresses that requests may reach; the platform sets it before ``send``. The default reaches
            public addresses only.
    """

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]]
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}
    outgoing: Policy = Policy()

    def http_client(self, *, timeout_seconds: float = 10.0, headers: Mapping[str, str] | None = None) -> httpx.Client:
        """Open a guarded HTTP client for addresses that a user names; use it in a ``with`` block.

        Args:
            timeout_seconds: longest silence of the server.
            headers: sent with each request.
        """
        from azuraforge.outgoing.client import open_client  # children of other plugins start without httpx

        return open_client(self.outgoing, timeout_seconds=timeout_seconds, headers=headers)

    @abstractmethod
    def send(self, options: OptionsT, message: Message) -> None:
        """Send one message; return once the target has accepted it.

        Raises TransientError if a later attempt may help, and UserError if it cannot: the message then ends as
        failed. An error's text must not contain a secret or the answer's body.
        """
