"""Terminal output of the result of an ended run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.cli.failures import FAILED
from azuraforge.cli.output.summaries import show_summary
from azuraforge.cli.output.verdict import show_evaluation, show_forecast
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client import Client, Run


def show_result(terminal: Terminal, client: Client, run: Run) -> int:
    """Print how the run ended, its verdict and its next values. Return the command's exit code."""
    text = terminal.text
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    terminal.say(text("run_ended", id=run.id, state=terminal.state(run.state), time=text.duration(seconds)))
    promoted = show_findings(terminal, client, run)
    if promoted and run.model:
        terminal.note(text("fresh_offer", model=run.model))
    if run.state == "succeeded":
        return 0
    if run.error is not None:
        resume = text("resume_hint", id=run.id) if run.state != "cancelled" else ""
        terminal.error(run.error.message, where=run.error.where or "", next_step=run.error.next_step or resume)
    return FAILED


def show_findings(terminal: Terminal, client: Client, run: Run) -> bool:
    """Print the evaluation with its verdict and the forecast, or the summary if the run has no evaluation.

    Return whether the verdict promoted the candidate or a baseline.
    """
    evaluation = client.runs.evaluation(run.id)
    if evaluation is None:
        if run.summary:
            show_summary(terminal, run.summary)
        return False
    show_evaluation(terminal, evaluation.evaluation, evaluation.verdict)
    if "forecast" in run.figures:
        forecast = client.runs.figure(run.id, "forecast")
        series = evaluation.evaluation.series
        name = forecast.get("contender") or evaluation.verdict.champion
        show_forecast(terminal, forecast, name, None if series is None else series.count)
    return evaluation.verdict.decision in ("promoted", "baseline_promoted")


def page_url(client: Client, path: str) -> str:
    """Return the URL of a dashboard page, given its path."""
    return f"{client.url}{path}"


def run_path(client: Client, run_id: str) -> str:
    """Return the dashboard path of a run's page in the client's project."""
    return f"/p/{client.projects.current().slug}/runs/{run_id}"
