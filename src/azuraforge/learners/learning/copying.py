"""Copies of learners, which continue from a saved state."""

from __future__ import annotations

from azuraforge.database import Session
from azuraforge.errors import NotFound
from azuraforge.learners.learning import store
from azuraforge.learners.learning.schemas import CopyRequest
from azuraforge.learners.learning.tables import Learner, LearnerState
from azuraforge.projects.keeping import hold


def copied(session: Session, source: Learner, request: CopyRequest, person_id: str | None) -> Learner:
    """Add and return a learner at the position of a state of ``source``, which keeps its own answers.

    Raises NotFound if there is no such state.
    """
    state = store.state_of_row(session, source.id, request.seq)
    if state is None:
        raise NotFound(
            "learner {learner} has no saved state"
            if request.seq is None
            else "row {seq} of {learner} has no saved state",
            where="seq",
            next_step="azuraforge learners timeline {learner!r} lists the states",
            learner=source.name,
            seq=request.seq or 0,
        )
    hold(session)
    made = Learner(
        project_id=session.project_id,
        name=request.name,
        created_by=person_id,
        feed_id=source.feed_id,
        plugin=source.plugin,
        config=source.config,
        plan=source.plan,
        retention=source.retention,
        timeout_seconds=source.timeout_seconds,
        memory_limit_bytes=source.memory_limit_bytes,
        copied_from=source.id,
        copied_seq=state.seq,
        seq=state.seq,
        fact=state.fact,
        n_facts=state.fact,
        at_us=state.at_us,
    )
    session.add(made)
    session.flush()
    session.add(
        LearnerState(
            project_id=session.project_id,
            learner_id=made.id,
            seq=state.seq,
            fact=state.fact,
            at_us=state.at_us,
            archive=True,
            sha256=state.sha256,
            content=state.content,
            address=state.address,
            size_bytes=state.size_bytes,
            environment=state.environment,
        )
    )
    return made
