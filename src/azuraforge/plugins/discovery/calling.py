"""Interface for packages below ``processes`` to call an entry point in a child of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from pydantic import BaseModel

ResultT = TypeVar("ResultT", bound=BaseModel)


class Call(Protocol):
    """``processes.launcher.Launcher.call``: ``call("module:function", payload, Result, timeout_seconds)``.

    The child's answer is validated as ``result`` before it is returned.
    """

    def __call__(
        self, entry: str, payload: Mapping[str, object], result: type[ResultT], timeout_seconds: float
    ) -> ResultT: ...
