"""Versions that answer a request next to the one that its alias points to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Deployed:
    """Deployment next to an alias, as far as a request needs it."""

    number: int
    mode: str
    version: int
    share_percent: float


@dataclass(frozen=True)
class Place:
    """Target of a request: the version that its alias points to, and the deployment next to it."""

    project_id: str
    model_id: str
    model: str
    holder: int
    deployed: Deployed


class Answer(Protocol):
    """Protocol of a returned prediction, with the id of its ledger entry."""

    @property
    def prediction_id(self) -> str: ...


class InThread(Protocol):
    """Protocol of a callable that runs blocking work in a thread, such as ``anyio.to_thread.run_sync``."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...
