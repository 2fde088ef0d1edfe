"""Typed queries of the event log for other packages."""

from __future__ import annotations

from typing import NamedTuple, TypeVarTuple

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.database.fast_reads import Question
from azuraforge.events.tables import EventStream

Columns = TypeVarTuple("Columns")


class SeqRow(NamedTuple):
    last_seq: int


#: Number of the newest event of a stream; no row if the stream is empty. Parameter: ``stream``.
LAST_SEQ = Question(SeqRow, select(EventStream.last_seq).where(EventStream.stream == bindparam("stream")))


def with_lines_after(
    statement: Select[*Columns], project_id: InstrumentedAttribute[str], stream: str, seq: InstrumentedAttribute[int]
) -> Select[*Columns]:
    """Restrict a cross-project query to rows whose project has newer events in a stream.

    Args:
        project_id: column with the project.
        stream: name of the stream, the same in each project.
        seq: column with the number of the last event that was read.
    """
    same = and_(EventStream.project_id == project_id, EventStream.stream == stream)
    return statement.join(EventStream, same).where(EventStream.last_seq > seq)
