"""Reports of runs, which a child process writes from the run's stored data and an ended run stores as artifacts.

The English Markdown document is written when a run ends (``reporter.py``). The Turkish document, other formats, and all
reports of trials and external runs are written on the first request, because drawing is slow.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from azuraforge.errors import NotFound
from azuraforge.plugins.discovery.calling import Call
from azuraforge.reports.material import Content, Figures, Judged, Material, Question, WriteInput, Written
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.metrics.schemas import MetricsOut
from azuraforge.runs.schemas import ArtifactOut, ReportFormat, ReportLanguage, RunDetail
from azuraforge.strict_json import JsonObject

ENTRY = "azuraforge.reports.child:write"
TIMEOUT_SECONDS = 120.0
#: Artifact with the reason why no report was written at the end of a run.
PROBLEM = "report.problem.txt"
#: Languages of the documents that are written at the end of a run.
AT_END: tuple[ReportLanguage, ...] = ("en",)
MEDIA_TYPES = {"md": "text/markdown", "html": "text/html", "pdf": "application/pdf"}
_CURVE_POINTS = 400
#: Figures that consist of images and are not part of reports.
_NOT_DRAWN = frozenset({"mistakes", "saliency"})

#: Function that sends a request to ``reports.child:serve`` and returns the response.
Ask = Callable[[Question], Written]


class Runs(Protocol):
    """Protocol of the methods of ``RunService`` that reports use."""

    def get(self, project_id: str, run_id: str) -> RunDetail: ...
    def keep_artifact(
        self, project_id: str, run: RunDetail, name: str, content: bytes, *, kind: str, media_type: str
    ) -> None: ...
    def metrics(self, project_id: str, run_id: str, series: None = None, max_points: int = 1000) -> MetricsOut: ...
    def figure(self, project_id: str, run_id: str, name: str) -> JsonObject: ...


@dataclass(frozen=True)
class Report:
    """A written report, with its media type and file name."""

    content: bytes
    media_type: str
    file_name: str


class RunReports:
    """Service that writes and stores the reports of runs."""

    def __init__(self, artifacts: ArtifactStore, runs: Runs, call: Call) -> None:
        self._artifacts = artifacts
        self._runs = runs
        self._call = call

    def write(self, project_id: str, run_id: str, wanted: ReportFormat, language: ReportLanguage) -> Report:
        """Return the stored report of a run; if there is none, write it, and store it if the run has ended.

        Raises NotFound if the project does not have the run, and InvalidInput if the child process dies or takes too
        long.
        """
        run = self._runs.get(project_id, run_id)
        name = _name(language, wanted)
        if (kept := self._kept(project_id, run, name)) is not None:
            return Report(kept, MEDIA_TYPES[wanted], _file_name(run, name))
        asked = self._made_of(project_id, run, wanted, language).model_dump(mode="json", by_alias=True)
        content = base64.b64decode(self._call(ENTRY, asked, Content, TIMEOUT_SECONDS).content)
        if run.finished_at is not None and not run.follow_ups:
            self._keep(project_id, run, name, content, MEDIA_TYPES[wanted])
        return Report(content, MEDIA_TYPES[wanted], _file_name(run, name))

    def _made_of(self, project_id: str, run: RunDetail, wanted: ReportFormat, language: ReportLanguage) -> WriteInput:
        """Return the request to the child: an existing document for HTML, else the run's stored data."""
        if wanted == "html" and (document := self._kept(project_id, run, _name(language, "md"))) is not None:
            return WriteInput(language=language, format=wanted, document=document.decode(), title=run.name)
        return WriteInput(language=language, format=wanted, material=self._material(project_id, run))

    def write_at_end(self, project_id: str, run_id: str, ask: Ask) -> None:
        """Write and store the documents of an ended run that it does not have yet.

        Raises the errors of ``ask`` and of the database.
        """
        try:
            run = self._runs.get(project_id, run_id)
        except NotFound:  # purged in the meantime
            return
        if run.finished_at is None or self._since_end(run, PROBLEM) is not None:
            return
        if run.follow_ups:  # their end is an event of the project's log, too
            return
        missing = [each for each in AT_END if self._since_end(run, _name(each, "md")) is None]
        if not missing:
            return
        question = Question(material=self._material(project_id, run), languages=tuple(missing))
        contents = ask(question).contents
        for language in missing:
            content = base64.b64decode(contents[language])
            self._keep(project_id, run, _name(language, "md"), content, MEDIA_TYPES["md"])

    def give_up(self, project_id: str, run_id: str, reason: str) -> None:
        """Store the reason why no report was written at the end of a run. The report can still be requested.

        Raises NotFound if the run was purged.
        """
        run = self._runs.get(project_id, run_id)
        if run.finished_at is not None:
            self._keep(project_id, run, PROBLEM, f"{reason}\n".encode(), "text/plain")

    def _material(self, project_id: str, run: RunDetail) -> Material:
        names = [name for name in run.figures if name not in _NOT_DRAWN]
        shown = run.model_copy(update={"artifacts": [each for each in run.artifacts if each.kind != "report"]})
        judged = self._judged(project_id, run)
        figures = {name: self._runs.figure(project_id, run.id, name) for name in names}
        return Material(
            run=shown,
            evaluation=judged.evaluation if judged else None,
            verdict=judged.verdict if judged else None,
            figures=Figures.model_validate(figures),
            curves=tuple(self._runs.metrics(project_id, run.id, max_points=_CURVE_POINTS).series),
        )

    def _judged(self, project_id: str, run: RunDetail) -> Judged | None:
        """Return the evaluation and the verdict from the run's artifact; None if the run was not evaluated."""
        found = next((each for each in run.artifacts if each.kind == "evaluation"), None)
        if found is None:
            return None
        return Judged.model_validate_json(self._artifacts.verify(project_id, found.sha256).read_bytes())

    def _kept(self, project_id: str, run: RunDetail, name: str) -> bytes | None:
        found = self._since_end(run, name)
        return None if found is None else self._artifacts.verify(project_id, found.sha256).read_bytes()

    @staticmethod
    def _since_end(run: RunDetail, name: str) -> ArtifactOut | None:
        """Return the report ``name`` if it was written after the run's latest end, else None.

        A resumed run ends again, which outdates its earlier reports.
        """
        found = next((each for each in run.artifacts if each.name == name and each.kind == "report"), None)
        if found is None or run.finished_at is None or found.created_at < run.finished_at:
            return None
        return found

    def _keep(self, project_id: str, run: RunDetail, name: str, content: bytes, media_type: str) -> None:
        """Store a file with its run, unless the run was purged or resumed in the meantime."""
        self._runs.keep_artifact(project_id, run, name, content, kind="report", media_type=media_type)


def _name(language: ReportLanguage, wanted: ReportFormat) -> str:
    return f"report.{language}.{wanted}"


def _file_name(run: RunDetail, name: str) -> str:
    return f"{run.id}-{name}"
