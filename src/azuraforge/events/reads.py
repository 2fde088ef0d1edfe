"""Typed reads of the event log for other packages."""

from __future__ import annotations

from typing import NamedTuple, TypeVarTuple

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.database.fast_reads import Question
from azuraforge.events.tables import EventStream

Columns = TypeVarTuple("Columns")


class SeqRow(NamedTuple):
    last_seq: int


#: The newest number of a stream; nothing where it has no line yet. Parameter: ``stream``.
LAST_SEQ = Question(SeqRow, select(EventStream.last_seq).where(EventStream.stream == bindparam("stream")))


def with_lines_after(
    statement: Select[*Columns], project_id: InstrumentedAttribute[str], stream: str, seq: InstrumentedAttribute[int]
) -> Select[*Columns]:
    """Keep the rows of a cross-project query whose project's stream has lines behind a number, by one join.

    Args:
        project_id: the column with the project.
        stream: the stream's name, the same in each project.
        seq: the column with the number of the last line that was read.
    """
    same = and_(EventStream.project_id == project_id, EventStream.stream == stream)
    return statement.join(EventStream, same).where(EventStream.last_seq > seq)
