"""Reading of the ledger: answers of rows with their outcomes."""

from __future__ import annotations

import numpy as np

from azuraforge.database import Session
from azuraforge.learners.learning import blocks, store
from azuraforge.learners.learning.schemas import AnswerOut, LearnerAnswers
from azuraforge.learners.learning.tables import Learner
from azuraforge.learners.learning.times import moment
from azuraforge.learners.loop.commit import Block
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS

#: Blocks that are read at once while outcomes of rows are sought.
_BLOCKS = 64
#: Blocks in which the outcomes of rows are sought.
_MOST_BLOCKS = 2048


def newest_answers(session: Session, learner: Learner, last: int) -> LearnerAnswers:
    """Return the answers of the newest ``last`` rows, oldest first, with the outcomes that are known."""
    count, after = 0, 0
    for first, answers in reversed(store.block_sizes(session, learner.id, 0)):
        count += answers
        if count >= last:
            after = first - 1
            break
    found = answers_after(session, learner, after, count)
    return LearnerAnswers(answers=found.answers[-last:], next=None)


def answers_after(session: Session, learner: Learner, after: int, limit: int) -> LearnerAnswers:
    """Return at most ``limit`` answers of the rows after ``after``, oldest first, with the outcomes that are known.

    ``next`` of the result is the ``after`` of the following rows; None if there are none.
    """
    first = 0
    for start, _ in store.block_sizes(session, learner.id, after)[:1]:
        first = start
    read: list[Block] = []
    wanted: set[int] | None = None
    while len(read) < _MOST_BLOCKS:
        rows = store.blocks_from(session, learner.id, first, _BLOCKS)
        read += [blocks.decode(each.content) for each in rows]
        wanted = _without_outcome(read, after, limit)
        if len(rows) < _BLOCKS or (wanted is not None and not wanted):
            break
        first = rows[-1].first_seq + 1
    return _shown(learner, read, after, limit) if read else LearnerAnswers(answers=[], next=None)


def _without_outcome(read: list[Block], after: int, limit: int) -> set[int] | None:
    """Return the wanted rows whose outcomes are not found yet; None if more rows are to be read."""
    seq = np.concatenate([each.answered.seq for each in read]) if read else np.zeros(0, np.int64)
    seq = seq[seq > after]
    if len(seq) < limit:
        return None
    return set(seq[:limit].tolist()) - set(np.concatenate([each.judged.seq for each in read]).tolist())


def _shown(learner: Learner, read: list[Block], after: int, limit: int) -> LearnerAnswers:
    block = blocks.joined(read)
    answered, judged = block.answered, block.judged
    places = {int(seq): number for number, seq in enumerate(judged.seq.tolist())}
    names = ONLINE_KINDS[learner.plan.task].baselines
    later = np.flatnonzero(answered.seq > after)
    shown = []
    for number in later[:limit].tolist():
        seq = int(answered.seq[number])
        outcome = places.get(seq)
        losses = None if outcome is None else judged.losses[outcome].tolist()
        answer = answered.answer[number]
        shown.append(
            AnswerOut(
                seq=seq,
                at=moment(int(answered.at[number])),
                key=block.keys[int(answered.key[number])],
                answer=None if np.isnan(answer).all() else answer.tolist(),
                outcome=None if outcome is None else _number(judged.outcome[outcome]),
                known_at=None if outcome is None else moment(int(judged.known_at[outcome])),
                loss=None if losses is None else _number(losses[0]),
                baseline_losses={}
                if losses is None
                else {name: _number(loss) for name, loss in zip(names, losses[1:], strict=True)},
            )
        )
    return LearnerAnswers(answers=shown, next=shown[-1].seq if shown and shown[-1].seq < learner.seq else None)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
