"""Uses of held-out rows: each verdict on a test set counts, so that repeated evaluations share one error budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from azuraforge.database import Database, Session
from azuraforge.datasets.duplicates import SameData, find_same_data
from azuraforge.errors import TransientError
from azuraforge.models import store

_TRIES = 20


@dataclass(frozen=True)
class HeldOut:
    """Held-out rows of a verdict: the dataset, the target, and the times of the first and the last row.

    ``fingerprint`` and ``file_sha256`` identify the dataset version's content, since equal data may have other names.
    """

    dataset_id: str
    target: str
    start_at: datetime
    end_at: datetime
    fingerprint: str | None = None
    file_sha256: str | None = None


class HeldOutUses:
    """Counter of the uses of test sets; methods without a session take the project's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def earlier(self, session: Session, held_out: HeldOut) -> int:
        """Return the number of verdicts, finished or in progress, on test sets that overlap these rows.

        A test set moved by one row still overlaps. Other versions of the dataset and equal data under another name
        count too.
        """
        same = self._same_data(session, held_out)
        return store.count_uses(session, same, held_out.target, held_out.start_at, held_out.end_at)

    def reserve(self, session: Session, run_id: str, attempt: int, held_out: HeldOut) -> int:
        """Reserve the use of these rows by a run before its evaluation; return the number of earlier uses.

        A run has one use: a later attempt repeats the evaluation of the first one and gets the same number.
        """
        if (present := store.held_out_use(session, run_id)) is not None:
            return present.earlier
        # The number is reserved before counting: the later of two concurrent uses waits, and then counts the earlier
        # one.
        row = store.add_held_out_use(
            session,
            run_id=run_id,
            attempt=attempt,
            dataset_id=held_out.dataset_id,
            fingerprint=held_out.fingerprint,
            file_sha256=held_out.file_sha256,
            target=held_out.target,
            test_start_at=held_out.start_at,
            test_end_at=held_out.end_at,
        )
        same = self._same_data(session, held_out)
        row.earlier = store.count_uses(
            session, same, held_out.target, held_out.start_at, held_out.end_at, before=row.number
        )
        session.flush()
        return row.earlier

    def reserve_now(self, project_id: str, run_id: str, attempt: int, held_out: HeldOut) -> int:
        """Run ``reserve`` in its own transaction, and return its result.

        Raises TransientError if too many uses are reserved at the same time.
        """
        for _ in range(_TRIES):
            try:
                return self._database.write(
                    project_id,
                    lambda session: self.reserve(session, run_id, attempt, held_out),
                    durable=True,
                )
            except IntegrityError:  # another run reserved the number at the same moment (PostgreSQL)
                continue
        raise TransientError(
            "too many runs are being evaluated at the same time",
            where="run {run}",
            next_step="resume the run",
            run=run_id,
        )

    @staticmethod
    def _same_data(session: Session, held_out: HeldOut) -> SameData:
        """Return all datasets and contents that are the same data, found through existing datasets and earlier uses."""
        contents = {each for each in (held_out.fingerprint, held_out.file_sha256) if each}
        known = SameData(frozenset({held_out.dataset_id}), frozenset(contents))
        while (grown := find_same_data(session, store.same_data_by_uses(session, known))) != known:
            known = grown
        return known
