"""SQL queries for learners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import defer

from azuraforge.database import Session
from azuraforge.database.keyset import behind
from azuraforge.learners.learning.retention import Retention
from azuraforge.learners.learning.tables import (
    Learner,
    LearnerFact,
    LearnerHour,
    LearnerNotice,
    LearnerState,
    PredictionBlock,
)

_FRESH = {"populate_existing": True}


def find(session: Session, name_or_id: str, *, trash: bool = False) -> Learner | None:
    """Return a learner by id, or else by name; None if not found. With ``trash``, a deleted one is found by its id."""
    is_named = (Learner.name == name_or_id) & Learner.deleted_at.is_(None)
    statement = select(Learner).where(or_(Learner.id == name_or_id, is_named))
    if not trash:
        statement = statement.where(Learner.deleted_at.is_(None))
    return session.scalars(statement.order_by(Learner.id != name_or_id), execution_options=_FRESH).first()


def page(session: Session, limit: int, after: tuple[datetime, str] | None) -> Sequence[Learner]:
    """Return a page of the learners that are not in the trash, newest first, after the key ``after``."""
    statement = select(Learner).where(Learner.deleted_at.is_(None))
    if after is not None:
        statement = statement.where(behind((Learner.created_at, Learner.id), after, descending=True))
    return session.scalars(statement.order_by(Learner.created_at.desc(), Learner.id.desc()).limit(limit)).all()


def sizes(session: Session, learner_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the number of states and the bytes of states and blocks, by learner."""
    counts: dict[str, int] = {}
    held: dict[str, int] = {}
    in_states = select(LearnerState.learner_id, func.count(), func.sum(LearnerState.size_bytes))
    for each, count, size in session.execute(
        in_states.where(LearnerState.learner_id.in_(learner_ids)).group_by(LearnerState.learner_id)
    ):
        counts[each], held[each] = count, int(size)
    in_blocks = select(PredictionBlock.learner_id, func.sum(func.length(PredictionBlock.content)))
    for each, size in session.execute(
        in_blocks.where(PredictionBlock.learner_id.in_(learner_ids)).group_by(PredictionBlock.learner_id)
    ):
        held[each] = held.get(each, 0) + int(size)
    return {each: (counts.get(each, 0), held.get(each, 0)) for each in learner_ids}


def newest_facts(session: Session, learner_id: str, limit: int) -> Sequence[LearnerFact]:
    """Return the newest facts of a learner, newest first."""
    statement = select(LearnerFact).where(LearnerFact.learner_id == learner_id)
    return session.scalars(statement.order_by(LearnerFact.number.desc()).limit(limit)).all()


def block_sizes(session: Session, learner_id: str, after: int) -> list[tuple[int, int]]:
    """Return (first row, answers) of the blocks that end after the row ``after``, in order."""
    columns = (PredictionBlock.first_seq, PredictionBlock.answers)
    is_later = (PredictionBlock.learner_id == learner_id) & (PredictionBlock.last_seq > after)
    statement = select(*columns).where(is_later).order_by(PredictionBlock.first_seq, PredictionBlock.fact)
    return [(first, answers) for first, answers in session.execute(statement)]


def blocks_from(session: Session, learner_id: str, first_seq: int, limit: int) -> Sequence[PredictionBlock]:
    """Return the first ``limit`` blocks that begin at the row ``first_seq`` or later, in order."""
    is_later = (PredictionBlock.learner_id == learner_id) & (PredictionBlock.first_seq >= first_seq)
    order = (PredictionBlock.first_seq, PredictionBlock.fact)
    return session.scalars(select(PredictionBlock).where(is_later).order_by(*order).limit(limit)).all()


def small_tail(session: Session, learner_id: str, least: int) -> Sequence[PredictionBlock]:
    """Return the newest blocks, back to the first one with at least ``least`` answers, in order, without that one."""
    columns = (PredictionBlock.first_seq, PredictionBlock.answers)
    has_rows = (PredictionBlock.learner_id == learner_id) & (PredictionBlock.last_seq >= PredictionBlock.first_seq)
    statement = select(func.max(columns[0])).where(has_rows, columns[1] >= least)
    last_large = session.scalar(statement) or 0
    small = select(PredictionBlock).where(has_rows, PredictionBlock.first_seq > last_large)
    return session.scalars(small.order_by(PredictionBlock.first_seq, PredictionBlock.fact)).all()


def find_in_trash(session: Session, name_or_id: str) -> Learner | None:
    """Return a deleted learner by id, or else the last deleted one with this name; None if not found."""
    is_it = or_(Learner.id == name_or_id, Learner.name == name_or_id)
    statement = select(Learner).where(is_it, Learner.deleted_at.is_not(None))
    return session.scalars(statement.order_by(Learner.id != name_or_id, Learner.deleted_at.desc())).first()


def deleted(session: Session, before: datetime | None) -> Sequence[Learner]:
    """Return the learners in the trash, most recently deleted first; with ``before``, those deleted until then."""
    statement = select(Learner).where(Learner.deleted_at.is_not(None))
    if before is not None:
        statement = statement.where(Learner.deleted_at <= before)
    return session.scalars(statement.order_by(Learner.deleted_at.desc(), Learner.id), execution_options=_FRESH).all()


def count(session: Session) -> int:
    """Return the number of learners that are not in the trash."""
    return session.scalar(select(func.count()).select_from(Learner).where(Learner.deleted_at.is_(None))) or 0


def lock(session: Session, learner_id: str) -> Learner | None:
    """Return a learner, also one in the trash, and lock its row; None if it does not exist."""
    return session.scalar(select(Learner).where(Learner.id == learner_id).with_for_update(), execution_options=_FRESH)


def locked(session: Session, learner_id: str) -> Learner | None:
    """Return a learner and lock its row; None if it is deleted."""
    statement = select(Learner).where(Learner.id == learner_id, Learner.deleted_at.is_(None)).with_for_update()
    return session.scalars(statement, execution_options=_FRESH).one_or_none()


def of_run(session: Session, run_id: str) -> Learner | None:
    """Return the learner that a run executes and lock its row; None if there is none."""
    statement = select(Learner).where(Learner.run_id == run_id, Learner.deleted_at.is_(None)).with_for_update()
    return session.scalars(statement, execution_options=_FRESH).one_or_none()


def states(session: Session, learner_id: str) -> Sequence[LearnerState]:
    """Return the states of a learner, newest first."""
    statement = select(LearnerState).where(LearnerState.learner_id == learner_id)
    return session.scalars(statement.order_by(LearnerState.seq.desc(), LearnerState.fact.desc())).all()


def newest_states(session: Session, learner_id: str, limit: int) -> Sequence[LearnerState]:
    """Return the newest states of a learner without their bytes, newest first."""
    statement = select(LearnerState).options(defer(LearnerState.content)).where(LearnerState.learner_id == learner_id)
    order = (LearnerState.seq.desc(), LearnerState.fact.desc())
    return session.scalars(statement.order_by(*order).limit(limit)).all()


def state(session: Session, learner_id: str, seq: int, fact: int) -> LearnerState | None:
    """Return the state after a row and a fact; None if none was saved there."""
    return session.get(LearnerState, (session.project_id, learner_id, seq, fact))


def state_of_row(session: Session, learner_id: str, seq: int | None) -> LearnerState | None:
    """Return the last state that was saved after the row ``seq``, or the newest one; None if there is none."""
    statement = select(LearnerState).where(LearnerState.learner_id == learner_id)
    if seq is not None:
        statement = statement.where(LearnerState.seq == seq)
    return session.scalars(statement.order_by(LearnerState.seq.desc(), LearnerState.fact.desc()).limit(1)).first()


def facts(session: Session, learner_id: str, after: int) -> Sequence[LearnerFact]:
    """Return the facts after the number ``after``, in order."""
    statement = select(LearnerFact).where(LearnerFact.learner_id == learner_id, LearnerFact.number > after)
    return session.scalars(statement.order_by(LearnerFact.number), execution_options=_FRESH).all()


def place_fact(session: Session, learner_id: str, number: int, seq: int, at_us: int) -> None:
    """Record where a fact was processed, unless it is recorded."""
    is_it = (LearnerFact.learner_id == learner_id) & (LearnerFact.number == number) & LearnerFact.seq.is_(None)
    session.execute(
        update(LearnerFact).where(is_it).values(seq=seq, at_us=at_us).execution_options(synchronize_session=False)
    )


def blocks(session: Session, learner_id: str, first_seq: int, last_seq: int) -> Sequence[PredictionBlock]:
    """Return the blocks that contain rows between ``first_seq`` and ``last_seq``, in order."""
    statement = select(PredictionBlock).where(
        PredictionBlock.learner_id == learner_id,
        PredictionBlock.first_seq <= last_seq,
        PredictionBlock.last_seq >= first_seq,
        PredictionBlock.last_seq >= PredictionBlock.first_seq,
    )
    return session.scalars(statement.order_by(PredictionBlock.first_seq, PredictionBlock.fact)).all()


def block(session: Session, learner_id: str, first_seq: int, fact: int) -> PredictionBlock | None:
    """Return the block that begins at a row; None if there is none."""
    return session.get(PredictionBlock, (session.project_id, learner_id, first_seq, fact))


def put_hours(session: Session, learner_id: str, hours: Iterable[tuple[int, int, bytes]]) -> None:
    """Store hours as (start, independent outcomes, sums), which replace earlier ones of the same start."""
    rows = [
        {"hour_us": hour_us, "independent": independent, "sums": sums, "learner_id": learner_id}
        for hour_us, independent, sums in hours
    ]
    if not rows:
        return
    connection = session.connection()
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(LearnerHour)
    statement = insert.values(project_id=session.project_id)
    # One statement for all rows: a replay stores hundreds of hours in a commit, and objects would cost more than the
    # learner itself.
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["project_id", "learner_id", "hour_us"],
            set_={"independent": statement.excluded.independent, "sums": statement.excluded.sums},
        ),
        rows,
    )


def hours(session: Session, learner_id: str, after_us: int = -1) -> Sequence[LearnerHour]:
    """Return the hours after a time, in order."""
    statement = select(LearnerHour).where(LearnerHour.learner_id == learner_id, LearnerHour.hour_us > after_us)
    return session.scalars(statement.order_by(LearnerHour.hour_us)).all()


def notices(session: Session, learner_id: str, limit: int) -> Sequence[LearnerNotice]:
    """Return the newest notices of a learner, newest first."""
    statement = select(LearnerNotice).where(LearnerNotice.learner_id == learner_id)
    order = (LearnerNotice.seq.desc(), LearnerNotice.fact.desc(), LearnerNotice.place.desc())
    return session.scalars(statement.order_by(*order).limit(limit)).all()


def readers(session: Session, feed_ids: Sequence[str]) -> Sequence[Learner]:
    """Return the learners that read these feeds, also those in the trash, in the order of their names."""
    return session.scalars(select(Learner).where(Learner.feed_id.in_(feed_ids)).order_by(Learner.name)).all()


def named_files(session: Session, addresses: Sequence[str]) -> set[str]:
    """Return those of the addresses at which a state is stored."""
    found = session.scalars(select(LearnerState.address).where(LearnerState.address.in_(addresses)))
    return {each for each in found if each is not None}


def drop_states(session: Session, learner_id: str, retention: Retention) -> None:
    """Delete the states that a learner does not keep. Housekeeping removes their files."""
    key = (LearnerState.seq, LearnerState.fact)
    statement = select(*key, LearnerState.at_us, LearnerState.archive).where(LearnerState.learner_id == learner_id)
    found = session.execute(statement.order_by(LearnerState.seq.desc(), LearnerState.fact.desc()))
    for seq, fact in retention.outdated((each.seq, each.fact, each.at_us, each.archive) for each in found):
        is_it = (LearnerState.learner_id == learner_id) & (LearnerState.seq == seq) & (LearnerState.fact == fact)
        session.execute(delete(LearnerState).where(is_it).execution_options(synchronize_session=False))


def purge(session: Session, learner_id: str) -> list[str]:
    """Delete a learner with everything that it has; return the addresses of its states."""
    in_files = select(LearnerState.address).where(LearnerState.learner_id == learner_id)
    addresses = [each for each in session.scalars(in_files.where(LearnerState.address.is_not(None))) if each]
    for table in (PredictionBlock, LearnerNotice, LearnerHour, LearnerFact, LearnerState):
        session.execute(
            delete(table).where(table.learner_id == learner_id).execution_options(synchronize_session=False)
        )
    session.execute(delete(Learner).where(Learner.id == learner_id).execution_options(synchronize_session=False))
    return addresses


def stored_bytes(session: Session) -> int:
    """Return the bytes of the project's states and blocks."""
    in_states = session.execute(select(func.coalesce(func.sum(LearnerState.size_bytes), 0))).scalar_one()
    in_blocks = session.execute(select(func.coalesce(func.sum(func.length(PredictionBlock.content)), 0))).scalar_one()
    return int(in_states) + int(in_blocks)
