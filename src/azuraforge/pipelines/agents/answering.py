"""Child process that executes an agent's request."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from azuraforge.errors import InvalidInput
from azuraforge.pipelines.agents.shapes import AgentAnswer, AgentInput
from azuraforge.pipelines.contexts import Child
from azuraforge.pipelines.shapes import asked
from azuraforge.plugins.contract.agent import Agent
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import load_plugin

#: Size in bytes above which a result is only in the artifact.
SUMMARY_BYTES = 16_384


class AnsweringContext:
    """``AgentContext`` that forwards progress, metric points and notes to the run."""

    def __init__(self, child: Child) -> None:
        self.progress = child.progress
        self.log = child.log
        self.note = child.note


def answer(child: Child) -> AgentAnswer:
    """Execute a request and write ``result.json``. ``AgentInput`` → ``AgentAnswer``.

    Raises NotFound if the agent does not exist, and InvalidInput if the agent is broken, if the request is not valid,
    or if the agent returns anything but a mapping of JSON values.
    """
    wanted = asked(AgentInput, child.payload)
    name = wanted.plugin
    plugin = load_plugin("agent", name, wanted.plugins_folder)
    agent: Agent = plugin()
    agent.context = AnsweringContext(child)
    request = parse_config(plugin.Request, wanted.request, name)
    result = agent.execute(request)
    if not isinstance(result, Mapping):
        raise InvalidInput(
            "execute returned {type}, not a dict",
            where="agent {name}",
            next_step="correct the execute method of the agent",
            type=type(result).__name__,
            name=name,
        )
    try:
        text = orjson.dumps(dict(result), option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError as error:
        raise InvalidInput(
            "the result of execute is not JSON: {reason}",
            where="agent {name}",
            next_step="correct the execute method of the agent",
            reason=str(error),
            name=name,
        ) from error
    (child.outputs / "result.json").write_bytes(text)
    truncated = len(text) > SUMMARY_BYTES
    return AgentAnswer(result=None if truncated else orjson.loads(text), truncated=truncated, bytes=len(text))
