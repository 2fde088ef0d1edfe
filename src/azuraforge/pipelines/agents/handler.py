"""Handler of agent runs in the worker."""

from __future__ import annotations

from pathlib import Path

from azuraforge.errors import InvalidInput
from azuraforge.pipelines.agents.shapes import AgentAnswer, AgentInput
from azuraforge.pipelines.phases import execute_step
from azuraforge.pipelines.summaries import AgentSummary
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.runs.handlers import Finish, Handler, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest

ANSWER = "azuraforge.pipelines.agents.answering:answer"


class AgentHandler(Handler):
    """Handler of a run that sends one request to one agent; the run's ``config`` is the request."""

    kind = "agent"
    summary = AgentSummary

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Validate the request with the agent's own schema. Raises UserError if the agent or the request is invalid."""
        if not request.plugin:
            raise InvalidInput(
                "the request specifies no agent", where="plugin", next_step="run azuraforge plugins list"
            )
        plugin = self._catalogue.get("agent", request.plugin)
        return PreparedRun(
            name=request.name or plugin.name,
            plugin=plugin.name,
            config=self._catalogue.validate("agent", plugin.name, request.config),
            plugin_version=plugin.version,
        )

    def execute(self, job: Job) -> Finish:
        """Execute the agent; its result becomes an artifact and, if it is short, part of the summary.

        Raises InvalidInput if the run names no agent, and the errors of the agent's step.
        """
        run = job.run
        if run.plugin is None:
            raise InvalidInput(
                "an agent run needs an agent",
                where="run {run}",
                next_step="start the run again with --plugin",
                run=run.id,
            )
        wanted = AgentInput(plugins_folder=str(self._catalogue.plugins_folder), plugin=run.plugin, request=run.config)
        answered = execute_step(job, "answer", ANSWER, wanted, AgentAnswer, share=1.0)
        job.artifact("result.json", Path(answered.outputs) / "result.json", "application/json", "result")
        return Finish(AgentSummary(result=answered.result, truncated=answered.truncated, bytes=answered.bytes))
