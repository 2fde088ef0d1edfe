"""Learners as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from azuraforge.database import Session
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds import store as feed_store
from azuraforge.learners.feeds.trash import ACTIVE
from azuraforge.learners.learning import store
from azuraforge.learners.learning.events import learner_stream
from azuraforge.learners.learning.schemas import (
    FactOut,
    LearnerOut,
    LearnerRunState,
    LearnerTimeline,
    NoticeOut,
    StateOut,
)
from azuraforge.learners.learning.tables import Learner, LearnerFact
from azuraforge.learners.learning.times import moment
from azuraforge.messages import LANGUAGES
from azuraforge.messages.stored import in_language, stored_sentence
from azuraforge.runs import reads as run_reads
from azuraforge.runs.reads import RunRow


def shown(session: Session, learners: Sequence[Learner], events: EventLog) -> list[LearnerOut]:
    """Return learners with their states, in one statement per kind of row."""
    run_ids = [each.run_id for each in learners if each.run_id is not None]
    runs = {run.id: run for run in run_reads.runs(session, run_ids, ())} if run_ids else {}
    attempts = run_reads.attempt_counts(session, run_ids) if run_ids else {}
    sizes = store.sizes(session, [each.id for each in learners]) if learners else {}
    feeds = {each.id: each for each in feed_store.by_ids(session, {one.feed_id for one in learners})}
    found = []
    for each in learners:
        run, feed = runs.get(each.run_id or ""), feeds[each.feed_id]
        state = state_of(each, run)
        failed = stored_sentence(run.error) if run is not None and state == "error" else None
        states, size = sizes[each.id]
        found.append(
            LearnerOut(
                id=each.id,
                name=each.name,
                feed=feed.name,
                feed_id=feed.id,
                plugin=each.plugin,
                task=each.plan.task,
                config=each.config,
                plan=each.plan,
                retention=each.retention,
                timeout_seconds=each.timeout_seconds,
                memory_limit_bytes=each.memory_limit_bytes,
                state=state,
                copied_from=each.copied_from,
                copied_seq=each.copied_seq,
                run_id=each.run_id,
                problem=None if failed is None else {one: in_language(failed, one) for one in LANGUAGES},
                attempts=attempts.get(each.run_id or "", 0),
                seq=each.seq,
                lag_rows=max(0, feed.last_seq - each.seq),
                at=_moment(each.at_us if each.seq else None),
                answers=each.answers,
                outcomes=each.outcomes,
                facts=each.n_facts,
                states=states,
                bytes=size,
                committed_at=each.committed_at,
                last_event_seq=events.last_seq_in(session, learner_stream(each.id)),
                created_by=each.created_by,
                created_at=each.created_at,
                deleted_at=each.deleted_at,
                deleted_by=each.deleted_by,
            )
        )
    return found


def state_of(learner: Learner, run: RunRow | None) -> LearnerRunState:
    """Return the state of a learner; ``run`` is its newest run, None if it has none."""
    if learner.ended:
        return "ended"
    if run is None:
        return "new"
    if run.state == "running":
        return "online"
    if run.state in ACTIVE:
        return "starting"
    return "error" if run.state in ("failed", "quarantined") else "stopped"


def timeline(session: Session, learner: Learner, limit: int) -> LearnerTimeline:
    """Return the newest states, notices and facts of a learner, newest first."""
    return LearnerTimeline(
        states=[
            StateOut(
                seq=each.seq,
                fact=each.fact,
                at=moment(each.at_us),
                archive=each.archive,
                sha256=each.sha256,
                bytes=each.size_bytes,
                created_at=each.created_at,
            )
            for each in store.newest_states(session, learner.id, limit)
        ],
        notices=[
            NoticeOut(seq=each.seq, at=moment(each.at_us), kind=each.kind, body=each.body)
            for each in store.notices(session, learner.id, limit)
        ],
        facts=[fact_out(each) for each in store.newest_facts(session, learner.id, limit)],
    )


def fact_out(fact: LearnerFact) -> FactOut:
    """Return a fact as the API shows it."""
    return FactOut(
        number=fact.number,
        seq=fact.seq,
        at=_moment(fact.at_us),
        kind=fact.kind,
        name=fact.name,
        body=fact.body,
        created_by=fact.created_by,
        created_at=fact.created_at,
    )


def _moment(us: int | None) -> datetime | None:
    return None if us is None else moment(us)
