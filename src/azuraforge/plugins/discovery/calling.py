"""Interface through which packages below ``processes`` run an entry point in a child process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from pydantic import BaseModel

ResultT = TypeVar("ResultT", bound=BaseModel)


class Call(Protocol):
    """Type of ``processes.launcher.Launcher.call``, which runs an entry point in a child process.

    Args:
        entry: entry point as ``module:function``.
        payload: input of the entry point.
        result: model that validates the child's response, which is then returned.
        timeout_seconds: time limit of the call.

    Raises the error that the child reports, InvalidInput if the child dies or exceeds the time limit, and
    TransientError if no child can be started.
    """

    def __call__(
        self, entry: str, payload: Mapping[str, object], result: type[ResultT], timeout_seconds: float
    ) -> ResultT: ...
