"""Client for the loops of models: observed, predicted, judged, learned, gate, champion."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class LoopTrigger(Shape):
    """A trigger of a step, such as an automation or a schedule."""

    kind: str
    name: str | None = None
    id: str | None = None


@dataclass(frozen=True, kw_only=True)
class MissingAutomation(Shape):
    """The automation that an open step lacks, and the command that creates it."""

    what: str
    command: str


@dataclass(frozen=True, kw_only=True)
class GateSummary(Shape):
    """Summary of the newest verdict; ``text`` maps language codes to the deciding reason."""

    decision: str
    why: str | None = None
    text: dict[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class LoopStep(Shape):
    """One step of the loop, with the time at which it was last taken (``at``) and its ``state``.

    ``open`` is true if nothing triggers the step automatically; ``missing`` then names the automation to create.
    """

    name: str
    state: str
    open: bool
    triggers: list[LoopTrigger] = field(default_factory=list)
    at: datetime | None = None
    count: int | None = None
    counted_all: bool = True
    missing: MissingAutomation | None = None
    run_id: str | None = None
    version: int | None = None
    dataset: str | None = None
    prediction_id: str | None = None
    error: str | None = None
    gate: GateSummary | None = None


@dataclass(frozen=True, kw_only=True)
class Loop(Shape):
    """The loop of one model at the time ``at``; ``closed`` is true if no step is open."""

    model: str
    at: datetime
    closed: bool
    steps: list[LoopStep] = field(default_factory=list)


LoopList: TypeAlias = list[Loop]


class Loops:
    """Methods of ``client.loop``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, limit: int | None = None) -> LoopList:
        """Return the loops of the models, sorted by name; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/loop", Loop, limit)

    def get(self, model: str) -> Loop:
        """Return the loop of one model."""
        return Loop.from_json(self._connection.get(f"/models/{segment(model)}/loop"))
