"""Client for learners: create, start and stop them, send commands, read scores and answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.learners.shapes import (
    Learner,
    LearnerAnswer,
    LearnerAnswers,
    LearnerFact,
    LearnerHours,
    LearnerScores,
    LearnerTimeline,
)
from azuraforge.client.run import Run
from azuraforge.client.starting import START_SECONDS

#: Rows of one request for the ledger.
_PAGE = 5000
LearnerList: TypeAlias = list[Learner]


class Learners:
    """Methods of ``client.learners``. A learner is given by its id or name.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        name: str,
        feed: str,
        plugin: str,
        *,
        target: str | Mapping[str, object],
        inputs: Iterable[str] = (),
        features: Iterable[str | Mapping[str, object]] = (),
        config: Mapping[str, object] | None = None,
        **settings: object,
    ) -> Learner:
        """Create a learner; ``start`` lets it learn.

        Args:
            plugin: name of the learner's plugin.
            target: column that is a label, or the fields ``column``, ``kind`` (``value``, ``change``, ``sign``,
                ``log_return``) and ``ahead_rows`` or ``ahead_seconds``.
            inputs: columns of the feed that are features as they are.
            features: feature sets: names, or mappings with ``name`` and ``config``.
            config: config of the plugin.
            settings: other fields of the request, such as ``keys``, ``seed``, ``buffer`` and ``state_every_seconds``.

        Example::

            target = {"column": "price", "kind": "change", "ahead_rows": 12}
            client.learners.create("next-hour", "prices", "online.linear.number", target=target, inputs=["price"])
        """
        sets = [{"name": each} if isinstance(each, str) else dict(each) for each in features]
        body = {
            "name": name,
            "feed": feed,
            "plugin": plugin,
            "config": dict(config or {}),
            "target": {"column": target} if isinstance(target, str) else dict(target),
            "inputs": list(inputs),
            "features": sets,
            **settings,
        }
        return Learner.from_json(self._connection.post("/learners", body, timeout_seconds=START_SECONDS))

    def list(self, *, limit: int | None = None) -> LearnerList:
        """Return the learners, newest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/learners", Learner, limit)

    def get(self, learner: str) -> Learner:
        """Return one learner with its state."""
        return Learner.from_json(self._connection.get(f"/learners/{segment(learner)}"))

    def start(self, learner: str) -> Run:
        """Start a learner from its last state, and return its run."""
        answer = self._connection.post(f"/learners/{segment(learner)}/start", timeout_seconds=START_SECONDS)
        return Run.from_json(answer)

    def copy(self, learner: str, name: str, *, seq: int | None = None) -> Learner:
        """Create a learner that continues from a saved state of another one; ``seq`` is its row (None: the newest)."""
        body = {"name": name, "seq": seq}
        return Learner.from_json(self._connection.post(f"/learners/{segment(learner)}/copies", body))

    def stop(self, learner: str) -> Learner:
        """Stop a learner after the newest row. It saves its state and an archive first."""
        return Learner.from_json(self._connection.post(f"/learners/{segment(learner)}/stop"))

    def delete(self, learner: str) -> None:
        """Move a learner to the trash. It must be stopped."""
        self._connection.delete(f"/learners/{segment(learner)}")

    def restore(self, learner: str) -> Learner:
        """Restore a learner from the trash, by its id or its former name. Raises ApiError if the name is taken."""
        return Learner.from_json(self._connection.post(f"/learners/{segment(learner)}/restore"))

    def command(self, learner: str, action: str, body: Mapping[str, object] | None = None) -> LearnerFact:
        """Send a command to a learner. The response is an entry of its timeline."""
        request = {"action": action, "body": dict(body or {})}
        return LearnerFact.from_json(self._connection.post(f"/learners/{segment(learner)}/commands", request))

    def scores(self, learner: str) -> LearnerScores:
        """Return the scores of a learner and its baselines since the start, with 95 % intervals."""
        return LearnerScores.from_json(self._connection.get(f"/learners/{segment(learner)}/scores"))

    def hours(self, learner: str, *, last: int = 168) -> LearnerHours:
        """Return the ranking metric of the newest hours, oldest first."""
        return LearnerHours.from_json(self._connection.get(f"/learners/{segment(learner)}/hours", last=last))

    def timeline(self, learner: str, *, limit: int = 100) -> LearnerTimeline:
        """Return the newest states, notices and facts of a learner."""
        return LearnerTimeline.from_json(self._connection.get(f"/learners/{segment(learner)}/timeline", limit=limit))

    def answers(self, learner: str, *, last: int = 200, after: int | None = None) -> LearnerAnswers:
        """Return the answers of the newest rows, or of the rows after ``after``, with the outcomes that are known."""
        return LearnerAnswers.from_json(
            self._connection.get(f"/learners/{segment(learner)}/answers", last=last, after=after)
        )

    def ledger(self, learner: str) -> Iterator[LearnerAnswer]:
        """Yield all answers of a learner with their outcomes, oldest first, in several requests."""
        after: int | None = 0
        while after is not None:
            page = self.answers(learner, last=_PAGE, after=after)
            yield from page.answers
            after = page.next
