"""Work that goes along in the transaction of somebody else's write, all or nothing with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from azuraforge.database.project_scope import Session

T = TypeVar("T")


class _Rider:
    def __init__(self, project_id: str, work: Callable[[Session], Any]) -> None:
        self.project_id = project_id
        self.work = work
        self.arrived = False


_rider: ContextVar[_Rider | None] = ContextVar("rider", default=None)


@contextmanager
def taking_along(project_id: str, work: Callable[[Session], Any]) -> Iterator[None]:
    """Inside, the first write of this project that is committed does ``work`` too, before its own.

    It follows the context into threads (``anyio.to_thread``) and tasks; where ``work`` raises, nothing is written.
    """
    token = _rider.set(_Rider(project_id, work))
    try:
        yield
    finally:
        _rider.reset(token)


def takes_along(project_id: str) -> bool:
    """Whether the next write of this project has something to take along."""
    rider = _rider.get()
    return rider is not None and not rider.arrived and rider.project_id == project_id


@contextmanager
def taking_nothing_along() -> Iterator[None]:
    """Inside, writes are no part of what a request is about: they leave what goes along to the next one."""
    token = _rider.set(None)
    try:
        yield
    finally:
        _rider.reset(token)


def with_rider(project_id: str, work: Callable[[Session], T]) -> tuple[Callable[[Session], T], Callable[[], None]]:
    """``work`` with what goes along, and what to call once both are committed."""
    rider = _rider.get()
    if rider is None or not takes_along(project_id):
        return work, lambda: None

    def both(session: Session) -> T:
        rider.work(session)
        return work(session)

    def arrived() -> None:
        rider.arrived = True

    return both, arrived
