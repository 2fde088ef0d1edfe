"""Reading of the ledger: answers of rows with their outcomes."""

from __future__ import annotations

import numpy as np

from azuraforge.database import Session
from azuraforge.learners.learning import blocks, store
from azuraforge.learners.learning.schemas import AnswerOut, LearnerAnswers
from azuraforge.learners.learning.tables import Learner
from azuraforge.learners.learning.times import moment
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS


def newest_answers(session: Session, learner: Learner, last: int) -> LearnerAnswers:
    """Return the answers of the newest ``last`` rows, oldest first, with the outcomes that are known."""
    found = [blocks.decode(each.content) for each in store.last_blocks(session, learner.id, last)]
    if not found:
        return LearnerAnswers(answers=[])
    block = blocks.joined(found)
    answered, judged = block.answered, block.judged
    places = {int(seq): number for number, seq in enumerate(judged.seq.tolist())}
    names = ONLINE_KINDS[learner.plan.task].baselines
    shown = []
    for number in range(max(0, len(answered.seq) - last), len(answered.seq)):
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
    return LearnerAnswers(answers=shown)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
