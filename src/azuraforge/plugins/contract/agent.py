"""The contract of an agent: a plugin that executes a request and returns a response."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Protocol

from pydantic import BaseModel
from typing_extensions import TypeVar  # supports defaults; a dependency of pydantic

#: Type of the agent's ``Request``. It may be omitted: ``class Greeter(Agent)``.
RequestT = TypeVar("RequestT", bound=BaseModel, default=Any)


class AgentContext(Protocol):
    """The platform services available to an agent while it executes a request."""

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report that ``done`` of ``total`` units of work are complete."""
        ...

    def log(self, step: int, **metrics: float) -> None:
        """Record the value of each named metric at ``step``."""
        ...

    def note(self, markdown: str) -> None:
        """Add a paragraph of Markdown to the run's report."""
        ...


class Agent(ABC, Generic[RequestT]):
    """Base class of agents: plugins that execute a validated ``Request`` and return JSON-compatible data.

    Attributes:
        name: name under which runs request the agent.
        capabilities: short names of the agent's abilities, for display.
        Request: model that validates a request.
        title, summary: texts by language code.
        context: services of the platform; set before ``execute`` is called.
    """

    name: ClassVar[str]
    capabilities: ClassVar[tuple[str, ...]] = ()
    Request: ClassVar[type[BaseModel]]
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}

    context: AgentContext

    @abstractmethod
    def execute(self, request: RequestT) -> dict[str, object]:
        """Return the response to ``request``. Raises ``azuraforge.errors.UserError`` if it cannot be executed."""
