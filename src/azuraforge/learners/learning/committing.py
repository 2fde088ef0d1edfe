"""The transaction of a commit: it inserts what is new and compares what an earlier attempt has stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Session
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.learners.learning import blocks, store
from azuraforge.learners.learning.messages import Committed, SentCommit, SentState, bytes_of
from azuraforge.learners.learning.tables import Learner, LearnerNotice, LearnerState, PredictionBlock
from azuraforge.learners.loop.commit import Block
from azuraforge.processes.environment import code_version
from azuraforge.runs.artifacts import ArtifactStore


@dataclass(frozen=True)
class Committer:
    """Writer of commits. ``artifacts`` stores states that are too large for the database."""

    artifacts: ArtifactStore

    def commit(self, session: Session, learner: Learner, sent: SentCommit, outputs: Path) -> Committed:
        """Store a commit of a learner whose row is locked.

        Raises Conflict with the code ``nondeterministic`` if an entry differs from the one that an earlier attempt has
        stored for the same row.
        """
        fresh = sent.seq > learner.seq or sent.fact > learner.fact
        if sent.block is not None:
            self._block(session, learner, sent.fact, blocks.decode(bytes_of(sent.block)))
        for each in sent.processed:
            assert each.seq is not None
            assert each.at is not None
            store.place_fact(session, learner.id, each.number, each.seq, each.at)
        self._notices(session, learner, sent)
        if sent.seq >= learner.seq:
            for hour in sent.hours:
                store.put_hour(session, learner.id, hour.hour, hour.independent, bytes_of(hour.sums))
        if sent.state is not None:
            self._state(session, learner, sent, sent.state, outputs)
        crashpoint("learner_before_commit")
        if fresh:
            learner.seq, learner.fact = max(learner.seq, sent.seq), max(learner.fact, sent.fact)
            learner.at_us, learner.timers = sent.at, dict(sent.timers)
        return Committed(seq=sent.seq, fact=sent.fact)

    def _block(self, session: Session, learner: Learner, fact: int, computed: Block) -> None:
        if computed.last < computed.first:  # the outcomes at the end of the feed
            stored = store.block(session, learner.id, computed.first, fact)
            if stored is None:
                self._insert(session, learner, fact, computed)
            else:
                _compare(learner, blocks.decode(stored.content), computed)
            return
        if computed.first <= learner.seq:
            known = blocks.cut(computed, computed.first, min(computed.last, learner.seq))
            found = [blocks.decode(one.content) for one in store.blocks(session, learner.id, known.first, known.last)]
            if found:
                _compare(learner, blocks.cut(blocks.joined(found), known.first, known.last), known)
        if computed.last > learner.seq:
            self._insert(session, learner, fact, blocks.cut(computed, learner.seq + 1, computed.last))

    def _insert(self, session: Session, learner: Learner, fact: int, block: Block) -> None:
        answers, outcomes = len(block.answered.seq), len(block.judged.seq)
        if not answers and not outcomes:
            return
        times = block.answered.at if answers else block.judged.known_at
        session.add(
            PredictionBlock(
                project_id=session.project_id,
                learner_id=learner.id,
                first_seq=block.first,
                fact=fact,
                last_seq=block.last,
                first_us=int(times.min()),
                last_us=int(times.max()),
                answers=answers,
                outcomes=outcomes,
                content=blocks.encode(block),
            )
        )
        learner.answers += answers
        learner.outcomes += outcomes

    def _notices(self, session: Session, learner: Learner, sent: SentCommit) -> None:
        places: dict[int, int] = {}
        for each in sent.notices:
            place = places[each.seq] = places.get(each.seq, -1) + 1
            if each.seq <= learner.seq and sent.fact <= learner.fact:
                continue  # an earlier attempt has stored it
            session.add(
                LearnerNotice(
                    project_id=session.project_id,
                    learner_id=learner.id,
                    seq=each.seq,
                    fact=sent.fact,
                    place=place,
                    at_us=each.at,
                    kind=each.kind,
                    body=each.body,
                )
            )

    def _state(self, session: Session, learner: Learner, sent: SentCommit, state: SentState, outputs: Path) -> None:
        stored = store.state(session, learner.id, sent.seq, sent.fact)
        if stored is not None:
            if stored.sha256 != state.sha256:
                raise _nondeterministic(learner, sent.seq, "state")
            stored.archive = stored.archive or state.archive
            return
        content, address = None, None
        if state.content is not None:
            content = bytes_of(state.content)
            if hashlib.sha256(content).hexdigest() != state.sha256:
                raise _damaged(learner, sent.seq)
        else:
            assert state.file is not None
            path = outputs / Path(state.file).name
            address = self.artifacts.put_file(session.project_id, path).sha256
            if address != state.sha256:
                raise _damaged(learner, sent.seq)
            path.unlink(missing_ok=True)
        session.add(
            LearnerState(
                project_id=session.project_id,
                learner_id=learner.id,
                seq=sent.seq,
                fact=sent.fact,
                at_us=sent.at,
                archive=state.archive,
                sha256=state.sha256,
                size_bytes=state.bytes,
                content=content,
                address=address,
                environment={"code_version": code_version()},
            )
        )


def _compare(learner: Learner, stored: Block, computed: Block) -> None:
    difference = blocks.first_difference(stored, computed)
    if difference is not None:
        raise _nondeterministic(learner, *difference)


def _nondeterministic(learner: Learner, row: int, column: str) -> Conflict:
    return Conflict(
        "the learner gives other results for the same rows: {column} of row {row} differs from the stored one",
        where="learner {learner}",
        next_step="use only the context's random numbers and time; azuraforge.testing.check_learner finds the fault",
        code="nondeterministic",
        column=column,
        row=row,
        learner=learner.name,
    )


def _damaged(learner: Learner, row: int) -> InvalidInput:
    return InvalidInput(
        "the state after row {row} was changed while it was stored",
        where="learner {learner}",
        next_step="start the learner again; it continues from its last state",
        code="state_unreadable",
        row=row,
        learner=learner.name,
    )
