"""Actual values by series and time, read by a child process from the dataset version that predictions continue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from azuraforge.datasets.versions import DatasetVersion
from azuraforge.models.answers import Actual, Actuals, ActualsInput, AskedTimes
from azuraforge.models.serving.versions import ServedVersions
from azuraforge.models.tables import Prediction
from azuraforge.plugins.contract.groups import total_names
from azuraforge.plugins.discovery.calling import Call

ENTRY = "azuraforge.models.predictions.outcome_child:actuals"
READ_SECONDS = 120.0


class Subject(NamedTuple):
    """Series of a prediction. For a total, ``total_of`` is the folder of the model version that defines it."""

    series: str | None
    total_of: Path | None = None


class Truths:
    """Reader of actual values from datasets; each method takes the project's id."""

    def __init__(self, versions: ServedVersions, call: Call) -> None:
        self._versions = versions
        self._call = call

    def subject(self, project_id: str, line: Prediction) -> Subject:
        """Return the series of a prediction, with the folder of its version if the series is a total."""
        series = line.inputs.series
        if series is None:
            return Subject(None)
        version = self._versions.get(project_id, line.model_id, line.version)
        total = series in total_names(version.schema.groups)
        return Subject(series, Path(version.opening["folder"]) if total else None)

    def read(
        self, dataset: DatasetVersion, wanted: Mapping[Subject, set[datetime]]
    ) -> dict[Subject, dict[datetime, Actual]]:
        """Return the known actual values at the requested times, all read by one child process."""
        asked = [
            AskedTimes(series=subject.series, times=tuple(sorted(times)), total_of=subject.total_of)
            for subject, times in wanted.items()
            if times
        ]
        if not asked:
            return {}
        question = ActualsInput(
            files=_files(dataset, asked),
            incumbent=dataset.incumbent_path,
            meaning=dataset.schema,
            asked=tuple(asked),
        )
        values = self._call(ENTRY, question.model_dump(mode="json"), Actuals, READ_SECONDS).values
        return {
            Subject(each.series, each.total_of): {
                at: value for at, value in zip(each.times, known, strict=True) if value is not None
            }
            for each, known in zip(asked, values, strict=True)
        }


def _files(dataset: DatasetVersion, asked: list[AskedTimes]) -> tuple[tuple[Path, str], ...]:
    """Return path and address of each segment that may contain the times, at least one; all segments for a total."""
    pairs = list(zip(dataset.paths, dataset.segments, strict=True))
    if any(each.total_of is not None for each in asked):
        return tuple((path, segment.address) for path, segment in pairs)
    first, last = min(each.times[0] for each in asked), max(each.times[-1] for each in asked)
    found = [
        (path, segment.address)
        for path, segment in pairs
        if (segment.end_at is None or segment.end_at >= first)
        and (segment.start_at is None or segment.start_at <= last)
    ]
    return tuple(found) or ((pairs[0][0], pairs[0][1].address),)
