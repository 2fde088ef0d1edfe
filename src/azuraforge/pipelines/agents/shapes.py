"""Input and result of an agent's request."""

from __future__ import annotations

from pydantic import JsonValue

from azuraforge.pipelines.shapes import StepInput, StepResult
from azuraforge.strict_json import JsonObject


class AgentInput(StepInput):
    """The request to an agent in canonical form."""

    plugin: str
    request: JsonObject


class AgentAnswer(StepResult):
    """The answer of an agent. ``result`` is empty if ``truncated``: a long one is in ``result.json`` only."""

    result: JsonValue
    truncated: bool
    bytes: int
