"""Runs of the kind ``learn``: a child runs the loop, and every commit of it is one fenced transaction."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds import store as feed_store
from azuraforge.learners.feeds.files import folder_of
from azuraforge.learners.feeds.trash import ACTIVE
from azuraforge.learners.learning import states, store
from azuraforge.learners.learning.committing import Committer
from azuraforge.learners.learning.events import LearnerProgressed, learner_stream
from azuraforge.learners.learning.feeding import Feeder, Position
from azuraforge.learners.learning.files import StateFiles
from azuraforge.learners.learning.learners import LEARN
from azuraforge.learners.learning.messages import Committed, LearnInput, LearnResult, SentCommit
from azuraforge.learners.learning.summaries import LearnSummary
from azuraforge.learners.learning.tables import Learner, LearnerState
from azuraforge.runs import reads as run_reads
from azuraforge.runs.handlers import Finish, Handler, Job, MessageKind, PreparedRun, Received
from azuraforge.runs.schemas import RunRequest
from azuraforge.strict_json import JsonObject

_ENTRY = "azuraforge.learners.learning.child:learn"
_PHASE = "learn"
_TELL_SECONDS = 1.0


class LearnConfig(BaseModel):
    """Config of a run: the learner that it executes."""

    model_config = ConfigDict(extra="forbid")

    learner: str


class LearnHandler(Handler):
    """Handler of learners. A learner has one run at a time: the one whose id is in the learner's row."""

    kind = LEARN
    summary = LearnSummary

    def __init__(self, database: Database, files: StateFiles, events: EventLog, plugins: Path) -> None:
        self._database = database
        self._files = files
        self._events = events
        self._plugins = plugins
        self._committer = Committer(files)
        self._feeders: dict[str, Feeder] = {}
        self._told: dict[str, float] = {}
        self._environments: dict[str, JsonObject] = {}
        self.messages = (MessageKind("commit", SentCommit, self._commit),)

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Check the request. Raises InvalidInput if it names no learner, and Conflict if the learner has ended."""
        try:
            config = LearnConfig.model_validate(request.config)
        except ValidationError:
            raise InvalidInput(
                "the run of a learner needs the name of a learner and nothing else",
                where="config",
                next_step="start it with azuraforge learners start NAME",
            ) from None
        with self._database.read(project_id) as session:
            learner = store.find(session, config.learner)
            feed = None if learner is None else feed_store.find(session, learner.feed_id)
        if learner is None or feed is None:
            raise InvalidInput(
                "learner {name!r} does not exist",
                where="config",
                next_step="run azuraforge learners list",
                name=config.learner,
            )
        return PreparedRun(
            name=request.name or f"learn {learner.name}",
            plugin=learner.plugin,
            config={"learner": learner.id},
            standing=feed.closed_at is None,
            memory_limit_bytes=learner.memory_limit_bytes,
        )

    def execute(self, job: Job) -> Finish:
        """Learn in a child until the feed is closed or the learner is stopped."""
        run = job.run
        learner_id = LearnConfig.model_validate(run.config).learner
        learner = self._database.write(run.project_id, lambda session: _adopted(session, learner_id, run.id))
        folder, position = self._restored(run.project_id, learner, job.folder)
        wanted = LearnInput(
            plugin=learner.plugin,
            config=learner.config,
            plan=learner.plan,
            plugins_folder=str(self._plugins),
            state=None if folder is None else str(folder),
            retention=learner.retention,
            timeout_seconds=learner.timeout_seconds,
        )
        feeder = Feeder(
            self._database, folder_of(self._files.root, run.project_id), run.project_id, learner.id, position, job.send
        )
        self._feeders[run.id] = feeder
        try:
            feeder.start()
            found = job.phase(_PHASE, _ENTRY, wanted, share=1.0, result=LearnResult).value
        finally:
            feeder.stop()
            del self._feeders[run.id]
            self._told.pop(run.id, None)
            self._environments.pop(run.id, None)
        if feeder.failure is not None:
            raise feeder.failure
        with self._database.read(run.project_id) as session:
            ended = store.find(session, learner.id, trash=True) or learner
        summary = LearnSummary(
            learner=ended.name,
            seq=found.seq,
            answers=ended.answers,
            outcomes=ended.outcomes,
            feed_ended=found.ended,
        )
        return Finish(summary, commit=lambda session: _ended(session, learner.id, found.ended))

    def _restored(self, project_id: str, learner: Learner, folder: Path) -> tuple[Path | None, Position]:
        """Unpack the newest state that is intact; without one, the learner starts at the first row."""
        target = folder / "state"
        shutil.rmtree(target, ignore_errors=True)
        with self._database.read(project_id) as session:
            found = list(store.states(session, learner.id))
        for state in found:
            content = self._content(project_id, state)
            if content is not None:
                states.unpack(content, target)
                return target, Position(state.seq, state.fact)
        return None, Position(0, 0)

    def _content(self, project_id: str, state: LearnerState) -> bytes | None:
        content = state.content
        if content is None and state.address is not None:
            try:
                content = self._files.path(project_id, state.address).read_bytes()
            except OSError:
                return None
        if content is None or hashlib.sha256(content).hexdigest() != state.sha256:
            return None
        return content

    def _commit(self, received: Received, sent: SentCommit) -> Committed:
        session = received.session
        learner = store.of_run(session, received.run_id)
        if learner is None:
            raise _other_run()
        outputs = received.folder / "phases" / received.phase / str(received.attempt) / "outputs"
        if sent.environment is not None:
            self._environments[received.run_id] = dict(sent.environment)
        answer = self._committer.commit(session, learner, sent, outputs, self._environments[received.run_id])
        learner.committed_at = feed_store.clock(session)
        received.committed()
        self._tell(session, learner, received.run_id)
        feeder = self._feeders.get(received.run_id)
        if feeder is not None:
            # If the transaction fails, the attempt ends, and the feeder with it.
            feeder.done.seq, feeder.done.fact = max(feeder.done.seq, sent.seq), max(feeder.done.fact, sent.fact)
        return answer

    def _tell(self, session: Session, learner: Learner, run_id: str) -> None:
        """Append an event of the progress, unless the last one of this run is younger than a second."""
        now = time.monotonic()
        if now - self._told.get(run_id, 0.0) < _TELL_SECONDS:
            return
        self._told[run_id] = now
        fields = {"seq": learner.seq, "answers": learner.answers, "outcomes": learner.outcomes}
        body = LearnerProgressed.model_validate({"learner_id": learner.id, **fields})
        self._events.append(session, learner_stream(learner.id), body)


def _adopted(session: Session, learner_id: str, run_id: str) -> Learner:
    """Make a run that of its learner, unless another one is; return the learner."""
    learner = store.locked(session, learner_id)
    if learner is None:
        raise _other_run()
    if learner.run_id != run_id:
        others = [] if learner.run_id is None else run_reads.runs(session, [learner.run_id], ())
        if any(run.id == learner.run_id and run.state in ACTIVE for run in others):
            raise _other_run()
        learner.run_id, learner.active = run_id, True
    session.flush()
    session.expunge(learner)
    return learner


def _ended(session: Session, learner_id: str, ended: bool) -> None:
    learner = store.locked(session, learner_id)
    if learner is not None:
        learner.active = False
        learner.ended = learner.ended or ended


def _other_run() -> Conflict:
    return Conflict(
        "another run executes this learner, or it was deleted",
        next_step="start learners with azuraforge learners start NAME",
        code="other_run",
    )
