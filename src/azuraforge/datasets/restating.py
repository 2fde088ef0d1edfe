"""Changes to when the columns of a stored version become known. Runs only in child processes."""

from __future__ import annotations

from azuraforge.datasets.loading import load_version
from azuraforge.datasets.messages import ReadResult, RestateInput
from azuraforge.datasets.reading.availability import STATED, check_stated, report_availability
from azuraforge.datasets.reading.foreknowledge import CODES, report_foreknowledge
from azuraforge.datasets.reading.prepared import prepared_series
from azuraforge.datasets.segment_files import span_of
from azuraforge.errors import InvalidInput


def restated(asked: RestateInput) -> ReadResult:
    """Return a stored version with changed availability: the same rows, a new schema and a new fingerprint.

    Raises InvalidInput for an image dataset, or if a column is not an input of the dataset or would only become known
    after the last row. Raises StorageError if the rows have changed.
    """
    frame = load_version(asked.paths, asked.meaning, asked.options, asked.fingerprint)
    meaning = asked.meaning
    if meaning.time is None:
        raise InvalidInput(
            "images have no time at which they become known", where="dataset", next_step="choose a dataset of series"
        )
    check_stated(asked.columns, meaning.features, (meaning.time, meaning.target, meaning.series))
    stated = {**meaning.available_after, **asked.columns}
    kept = {name: text for name, text in sorted(stated.items()) if text is not None}
    schema = meaning.model_copy(update={"available_after": kept})
    dropped = {*CODES, STATED, f"{STATED}_0", f"{STATED}_ahead"}
    findings = [each for each in asked.findings if each.code not in dropped]
    report_availability(frame, schema, findings)
    report_foreknowledge(frame, schema, findings)
    made = prepared_series(frame, schema, asked.options, findings)
    start_at, end_at = span_of(frame[meaning.time])
    return ReadResult(
        segments=asked.segments,
        incumbent=asked.incumbent,
        made={},
        blocks=made.blocks,
        fingerprint=made.fingerprint,
        file_sha256=asked.file_sha256,
        columns=schema,
        options=asked.options,
        rows=frame.height,
        start_at=start_at,
        end_at=end_at,
        provenance=asked.provenance,
        findings=tuple(findings),
        cursor=asked.cursor,
    )
