"""The contract of an agent: a named ability that answers one request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Protocol

from pydantic import BaseModel
from typing_extensions import TypeVar  # with defaults; it comes with pydantic

#: The agent's own ``Request``; it may be left out: ``class Greeter(Agent)``.
RequestT = TypeVar("RequestT", bound=BaseModel, default=Any)


class AgentContext(Protocol):
    """The platform's services that an agent can use while it answers."""

    def progress(self, done: int, total: int, note: str = "") -> None: ...
    def log(self, step: int, **metrics: float) -> None: ...
    def note(self, markdown: str) -> None: ...


class Agent(ABC, Generic[RequestT]):
    """A named ability. ``execute`` receives a validated ``Request`` and returns JSON-compatible data."""

    name: ClassVar[str]
    capabilities: ClassVar[tuple[str, ...]] = ()
    Request: ClassVar[type[BaseModel]]
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}

    context: AgentContext

    @abstractmethod
    def execute(self, request: RequestT) -> dict[str, object]:
        """Answer ``request``. Raises ``azuraforge.errors.UserError`` if the request cannot be answered."""
