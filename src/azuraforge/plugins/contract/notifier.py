"""The contract of a notifier: delivery of messages to people or other systems."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from pydantic import BaseModel, JsonValue
from typing_extensions import TypeVar  # supports defaults; a dependency of pydantic

from azuraforge.outgoing import Policy

if TYPE_CHECKING:
    import httpx

#: Type of the notifier's ``Options``. It may be omitted: ``class Pager(Notifier)``.
OptionsT = TypeVar("OptionsT", bound=BaseModel, default=Any)


@dataclass(frozen=True)
class Message:
    """A message for one target.

    Attributes:
        id: identifier that is the same for each delivery attempt, so that a target can recognise duplicates.
        title: one line in the target's language.
        text: body in the target's language.
        data: fields of the event that caused the message, for programs.
        count: number of events that this message combines.
        language: ``en`` or ``tr``.
        at: time of the first of these events.
    """

    id: str
    title: str
    text: str
    data: Mapping[str, JsonValue]
    count: int
    language: str
    at: datetime


class Notifier(ABC, Generic[OptionsT]):
    """Base class of notifiers, which send messages to a target. A notifier runs in a child process.

    The form and the validation of a target are generated from ``Options``. Secrets are fields of the type
    ``pydantic.SecretStr``: the platform stores their values and never shows them again.

    Attributes:
        outgoing: policy that states which addresses requests may reach; the platform sets it before it calls ``send``.
            The default allows public addresses only.
    """

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]]
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}
    outgoing: Policy = Policy()

    def http_client(self, *, timeout_seconds: float = 10.0, headers: Mapping[str, str] | None = None) -> httpx.Client:
        """Return an HTTP client that reaches only addresses which ``outgoing`` allows; use it in a ``with`` block.

        Its requests raise InvalidInput if ``outgoing`` does not allow the address or the response is too large, and
        ``httpx.HTTPError`` if they fail for another reason.

        Args:
            timeout_seconds: longest time to wait for data from the server.
            headers: headers of every request.
        """
        from azuraforge.outgoing.client import open_client  # plugins that send no requests start faster without httpx

        return open_client(self.outgoing, timeout_seconds=timeout_seconds, headers=headers)

    @abstractmethod
    def send(self, options: OptionsT, message: Message) -> None:
        """Send one message; return once the target has accepted it.

        Raises TransientError if a later attempt may succeed. Raises UserError if it cannot; the message is then marked
        as failed. The text of an error must not contain a secret or the body of the target's response.
        """
