"""Agent runs, seen from the worker."""

from __future__ import annotations

from pathlib import Path

from azuraforge.errors import InvalidInput
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.runs.handlers import Finish, Handler, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest

ANSWER = "azuraforge.pipelines.agents.answering:answer"


class AgentHandler(Handler):
    """One request to one agent; ``config`` of the run is the agent's request."""

    kind = "agent"

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Check the request with the agent's own schema; raises UserError."""
        if not request.plugin:
            raise InvalidInput("no agent is named", where="plugin", next_step="see `azuraforge plugins list`")
        plugin = self._catalogue.get("agent", request.plugin)
        return PreparedRun(
            name=request.name or plugin.name,
            plugin=plugin.name,
            config=self._catalogue.validate("agent", plugin.name, request.config),
            plugin_version=plugin.version,
        )

    def execute(self, job: Job) -> Finish:
        """Let the agent answer; the result is an artifact, and in the summary where it is short."""
        payload = {
            "plugin": job.run.plugin,
            "plugins_folder": str(self._catalogue.plugins_folder),
            "request": job.run.config,
        }
        answered = job.phase("answer", ANSWER, payload, share=1.0)
        job.artifact("result.json", Path(answered["outputs"]) / "result.json", "application/json", "result")
        summary = {"result": answered["result"], "truncated": answered["truncated"], "bytes": answered["bytes"]}
        return Finish(summary, None)
