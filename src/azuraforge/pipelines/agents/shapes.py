"""Input and result of an agent's request."""

from __future__ import annotations

from pydantic import JsonValue

from azuraforge.pipelines.shapes import StepInput, StepResult
from azuraforge.strict_json import JsonObject


class AgentInput(StepInput):
    """The validated request to an agent."""

    plugin: str
    request: JsonObject


class AgentAnswer(StepResult):
    """The result of an agent. ``result`` is None if ``truncated``; a long result is only in ``result.json``.

    ``bytes`` is the size of ``result.json``.
    """

    result: JsonValue
    truncated: bool
    bytes: int
