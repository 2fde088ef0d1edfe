"""Rows as the API shows them."""

from __future__ import annotations

from typing import Any

from azuraforge.runs.schemas import ArtifactOut, AttemptOut, LinkedRun, RunError, RunOut, RunProgress
from azuraforge.runs.tables import Artifact, Run, RunAttempt


def run_fields(row: Run) -> dict[str, Any]:
    """The fields of ``RunOut``, read from a row."""
    fields = {name: getattr(row, name) for name in RunOut.model_fields if name not in ("progress", "error")}
    return {
        **fields,
        "progress": RunProgress(**row.progress),
        "error": RunError(**row.error) if row.error is not None else None,
    }


def run_out(row: Run) -> RunOut:
    return RunOut(**run_fields(row))


def attempt_out(row: RunAttempt) -> AttemptOut:
    return AttemptOut(**{name: getattr(row, name) for name in AttemptOut.model_fields})


def linked_run(row: Run) -> LinkedRun:
    return LinkedRun(id=row.id, name=row.name, state=row.state)


def artifact_out(row: Artifact) -> ArtifactOut:
    return ArtifactOut(**{name: getattr(row, name) for name in ArtifactOut.model_fields})
