"""Contract suite for agents."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from azuraforge.plugins.contract.agent import Agent
from azuraforge.testing.contract import accepted, check_shape, must_be_json, require
from azuraforge.testing.memory import MemoryRun


def check_agent(plugin: type[Agent], request: BaseModel | Mapping[str, Any]) -> dict[str, Any]:
    """Check an agent's contract on one request and return its answer.

    Raises ContractBroken if a rule is broken, and InvalidInput if the request is not valid. Errors of ``execute``
    propagate.
    """
    check_shape("agent", plugin)
    require(isinstance(getattr(plugin, "name", None), str) and bool(plugin.name), f"{plugin.__name__} has no name")
    require(
        isinstance(plugin.capabilities, tuple) and all(isinstance(each, str) for each in plugin.capabilities),
        f"{plugin.__name__}.capabilities must be a tuple of texts",
    )
    parsed = accepted("agent", plugin, request)
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        run = MemoryRun(parsed, Path(folder))
        agent = plugin()
        agent.context = run
        answer = agent.execute(parsed)
    require(isinstance(answer, dict), f"{plugin.__name__}.execute must return a dict, got {type(answer).__name__}")
    must_be_json(answer, f"the answer of {plugin.__name__}")
    for done, total, _ in run.progressed:
        require(0 <= done <= total, f"{plugin.__name__} reported progress {done} of {total}")
    return answer
