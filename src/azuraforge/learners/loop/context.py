"""The services of the loop for a learner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Literal

import numpy as np
from pydantic import BaseModel, JsonValue
from typing_extensions import TypeVar

from azuraforge.errors import InvalidInput
from azuraforge.learners.loop.clock import Clock
from azuraforge.learners.loop.commit import Notice, Requested
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.online.learner import microseconds_of, time_of

ConfigT = TypeVar("ConfigT", bound=BaseModel)


def no_secret(name: str) -> str:
    """Raise InvalidInput, because no secrets are available."""
    raise InvalidInput(
        "the learner cannot read the secret {secret!r}: its config does not name it",
        where="learner",
        next_step="name the secret in an option of the type SecretName",
        code="no_such_secret",
        secret=name,
    )


@dataclass
class LoopContext(Generic[ConfigT]):
    """A ``LearnerContext`` that collects the outputs of a learner until the next commit.

    Attributes:
        clock: event time and timers of the loop.
        seq: number of the present row.
        requests, notices: outputs since the last commit.
        logged: metrics since the last commit, by name.
    """

    config: ConfigT
    seed: int
    features: tuple[str, ...]
    classes: tuple[str, ...]
    clock: Clock
    secrets: Callable[[str], str] = no_secret
    others: dict[str, Floats] = field(default_factory=dict)
    seq: int = 0
    requests: list[Requested] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.Generator(np.random.PCG64(self.seed))

    @property
    def now(self) -> datetime:
        """The event time; 1970 before the first input."""
        return time_of(max(0, self.clock.now))

    def timer(self, name: str, *, every: timedelta | None = None, at: datetime | None = None) -> None:
        """Set a timer of the learner."""
        if not name or name.startswith(":"):
            raise ValueError(f"{name!r} is not a valid name of a timer")
        period = None if every is None else every // timedelta(microseconds=1)
        self.clock.set(name, every=period, at=None if at is None else microseconds_of(at))

    def request(self, name: str, kind: Literal["train", "study", "learn"], body: Mapping[str, JsonValue]) -> None:
        """Request a run with the next commit."""
        if any((each.seq, each.name) == (self.seq, name) for each in self.requests):
            return
        self.requests.append(Requested(self.seq, self.clock.now, name, kind, dict(body)))

    def log(self, **metrics: float) -> None:
        """Record metrics with the next commit."""
        values = {name: float(value) for name, value in metrics.items()}
        self.notices.append(Notice(self.seq, self.clock.now, "metrics", values))

    def note(self, markdown: str) -> None:
        """Add a note with the next commit."""
        self.notices.append(Notice(self.seq, self.clock.now, "note", {"text": markdown}))

    def secret(self, name: str) -> str:
        """Return the value of a secret. Raises InvalidInput if it is not available."""
        return self.secrets(name)
