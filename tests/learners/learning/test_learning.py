"""Learners from rows to the ledger: replays, live rows, kills, stops, and a learner that breaks its contract."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from azuraforge.database import Database
from azuraforge.errors import Conflict, NotFound, TransientError
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds.schemas import FeedRequest, FeedRowsIn
from azuraforge.learners.feeds.service import FeedService
from azuraforge.learners.feeds.trash import FeedTrash
from azuraforge.learners.learning import blocks, store
from azuraforge.learners.learning.files import StateFiles
from azuraforge.learners.learning.handler import LearnHandler
from azuraforge.learners.learning.learners import LearnerService
from azuraforge.learners.learning.schemas import CopyRequest, LearnerOut, LearnerRequest
from azuraforge.learners.learning.trash import needs_of_learners, refuse_feed_of_learners
from azuraforge.learners.loop.commit import Block
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.processes.launcher import Launcher
from tests.process_checks import Patience
from tests.stand import Stand

START = datetime(2024, 1, 1, tzinfo=UTC)
SETTINGS = {"target": {"column": "price", "kind": "change", "ahead_rows": 3}, "inputs": ("price", "load"), "seed": 5}


@dataclass
class Here:
    """A feed with rows, and learners of it on a small platform."""

    project_id: str
    database: Database
    feeds: FeedService
    stand: Stand
    learners: LearnerService

    def post(self, first: int, last: int, feed: str = "prices") -> None:
        rows = []
        for number in range(first, last):
            price = 100 + np.sin(number / 7) * 5 + (number * 7919 % 13) / 13
            at = START + number * timedelta(minutes=1)
            rows.append({"at": at.isoformat(), "values": {"price": round(price, 6), "load": number % 5}})
        self.feeds.post(self.project_id, feed, FeedRowsIn.model_validate({"rows": rows}))

    def close(self, feed: str = "prices") -> None:
        self.database.write(
            self.project_id, lambda session: self.feeds.close_in(session, self.feeds.locked(session, feed))
        )

    def create(self, name: str = "first", plugin: str = "online.linear.number", **settings: Any) -> LearnerOut:
        asked = {"name": name, "feed": "prices", "plugin": plugin, **SETTINGS, **settings}
        return self.learners.create(self.project_id, LearnerRequest.model_validate(asked))

    def start(self, name: str = "first") -> str:
        return self.learners.start(self.project_id, name).id

    def ledger(self, name: str = "first") -> Block:
        with self.database.read(self.project_id) as session:
            learner = store.find(session, name)
            assert learner is not None
            found = [blocks.decode(each.content) for each in store.blocks(session, learner.id, 1, learner.seq)]
            last = store.block(session, learner.id, learner.seq + 1, learner.fact)
        return blocks.joined(found + ([blocks.decode(last.content)] if last is not None else []))

    def states(self, name: str = "first") -> list[tuple[int, str, bool]]:
        with self.database.read(self.project_id) as session:
            learner = store.find(session, name)
            assert learner is not None
            return [(each.seq, each.sha256, each.archive) for each in store.states(session, learner.id)]

    def hours(self, name: str = "first") -> list[tuple[int, int, bytes]]:
        with self.database.read(self.project_id) as session:
            learner = store.find(session, name)
            assert learner is not None
            return [(each.hour_us, each.independent, each.sums) for each in store.hours(session, learner.id)]

    def until(self, name: str, seq: int) -> None:
        patience = Patience(60)
        while self.learners.get(self.project_id, name).seq < seq:
            assert not patience.over, f"the learner is at {self.learners.get(self.project_id, name).seq}"
            time.sleep(0.01)


@pytest.fixture
def here(
    database: Database, project_id: str, feeds: FeedService, launcher: Launcher, make_stand: Callable[..., Stand],
    tmp_path: Path,
) -> Here:  # fmt: skip
    events, files = EventLog(database), StateFiles(tmp_path / "home" / "artifacts")
    handler = LearnHandler(database, files, events, tmp_path / "plugins")
    stand = make_stand(handler, lease_seconds=2.0)
    catalogue = Catalogue(launcher.call, tmp_path / "plugins", tmp_path / "pretrained", tmp_path / "catalogue.json")
    feeds.create(
        project_id,
        FeedRequest.model_validate(
            {"name": "prices", "columns": [{"name": "price"}, {"name": "load"}], "historical": True}
        ),
    )
    learners = LearnerService(database, events, catalogue, stand.service, files, lambda *_: None)
    return Here(project_id, database, feeds, stand, learners)


def same(one: Block, other: Block) -> bool:
    return blocks.first_difference(one, other) is None and len(one.answered.seq) > 0


def test_replay_live_and_killed_learners_have_the_same_bits(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    here.create("live")
    run_id = here.start("live")
    here.post(0, 200)
    here.until("live", 200)
    for child in psutil.Process(here.stand.launcher.pid).children():
        child.kill()
    here.post(200, 400)
    here.until("live", 400)
    attempts = len(here.stand.get(run_id).attempts)
    os.kill(here.stand.launcher.pid, signal.SIGKILL)  # its children end with it
    here.post(400, 500)
    here.until("live", 500)
    points: list[str] = []

    def fail_once(name: str) -> None:
        points.append(name)
        if len(points) == 3:
            raise TransientError("the database went away in the middle of a commit")

    with monkeypatch.context() as patch:
        patch.setattr("azuraforge.learners.learning.committing.crashpoint", fail_once)
        here.post(500, 600)
        here.until("live", 600)
    assert points[2] == "learner_before_commit"
    here.post(600, 700)
    here.until("live", 700)
    here.close()
    ended = here.stand.wait(run_id)
    assert ended.state == "succeeded", ended.error
    assert len(ended.attempts) >= attempts + 2 >= 4
    assert ended.summary["feed_ended"]
    here.create("replayed")
    replayed = here.stand.wait(here.start("replayed"))
    assert replayed.state == "succeeded", replayed.error
    assert same(here.ledger("replayed"), here.ledger("live"))
    assert len(here.ledger("live").answered.seq) == 700
    assert here.hours("replayed") == here.hours("live")
    assert here.states("replayed")[0] == here.states("live")[0]
    with pytest.raises(Conflict, match="every row of its feed"):
        here.start("live")


@pytest.mark.sqlite_only
def test_a_stopped_learner_goes_on_from_its_archive(here: Here) -> None:
    here.post(0, 200)
    here.create()
    run_id = here.start()
    with pytest.raises(Conflict, match="already running"):
        here.start()
    here.until("first", 200)
    here.learners.stop(here.project_id, "first")
    stopped = here.stand.wait(run_id)
    assert stopped.state == "succeeded", stopped.error
    assert stopped.summary["feed_ended"] is False
    assert here.states()[0][0] == 200
    assert here.states()[0][2] is True
    here.post(200, 300)
    here.close()
    again = here.stand.wait(here.start())
    assert again.state == "succeeded", again.error
    here.create("whole")
    here.stand.wait(here.start("whole"))
    assert same(here.ledger(), here.ledger("whole"))


@pytest.mark.sqlite_only
def test_a_copy_of_a_state_catches_up_to_the_same_answers(here: Here) -> None:
    here.create(state_every_seconds=600, archive_every_seconds=3600, state_rows=1)
    run_id = here.start()
    here.post(0, 150)
    here.until("first", 150)
    middle = here.states()[-3]
    copy = here.learners.copy(here.project_id, "first", CopyRequest(name="copy", seq=middle[0]))
    assert (copy.state, copy.seq, copy.copied_seq) == ("new", middle[0], middle[0])
    with pytest.raises(Conflict, match="already exists"):
        here.learners.copy(here.project_id, "first", CopyRequest(name="copy"))
    with pytest.raises(NotFound, match="row 1 of first"):
        here.learners.copy(here.project_id, "first", CopyRequest(name="other", seq=1))
    here.close()
    here.stand.wait(run_id)
    ended = here.stand.wait(here.start("copy"))
    assert ended.state == "succeeded", ended.error
    assert here.states("copy")[0] == here.states()[0]
    with here.database.read(here.project_id) as session:
        source = store.find(session, "first")
        assert source is not None
        sizes = store.block_sizes(session, source.id, 0)
    assert sizes[0][1] > 60  # live rows were joined when an archive was saved
    after, pages = 0, []
    while after is not None:
        page = here.learners.answers(here.project_id, "first", 40, after)
        pages, after = [*pages, *page.answers], page.next
    newest = here.learners.answers(here.project_id, "first", 40).answers
    assert newest == pages[-40:]
    whole, rest = here.ledger(), here.ledger("copy")
    assert [each.answer for each in pages] == whole.answered.answer.tolist()
    outcomes = dict(zip(whole.judged.seq.tolist(), whole.judged.outcome.tolist(), strict=True))
    assert {each.seq: each.outcome for each in pages if each.outcome is not None} == outcomes
    assert rest.answered.seq.tolist() == list(range(middle[0] + 1, 151))
    assert rest.answered.answer.tolist() == whole.answered.answer[middle[0] :].tolist()


@pytest.mark.sqlite_only
def test_a_deleted_learner_is_restored_or_purged_with_its_states(here: Here, tmp_path: Path) -> None:
    here.post(0, 50)
    here.close()
    here.create()
    assert here.stand.wait(here.start()).state == "succeeded"
    trash = here.learners.trash
    trash.delete(here.project_id, "first", None, "ada")
    folder = tmp_path / "home" / "artifacts"
    feeds = FeedTrash(here.database, EventLog(here.database), folder, [refuse_feed_of_learners], [needs_of_learners])
    trash.restore(here.project_id, "first", None)
    with pytest.raises(Conflict, match="read by the learner 'first'"):
        feeds.delete(here.project_id, "prices", None, "ada")
    trash.delete(here.project_id, "first", None, "ada")
    trash.restore(here.project_id, "first", None)
    assert here.learners.get(here.project_id, "first").state == "ended"
    trash.delete(here.project_id, "first", None, "ada")
    feeds.delete(here.project_id, "prices", None, "ada")
    with pytest.raises(Conflict, match="feed prices of the learner is in the trash"):
        trash.restore(here.project_id, "first", None)
    assert feeds.purge(here.project_id, None).kept == 1  # a learner in the trash reads it
    assert trash.purge(here.project_id, None).counts == {"learners": 1}
    assert feeds.purge(here.project_id, None).counts == {"feeds": 1}
    with here.database.read(here.project_id) as session:
        assert store.stored_bytes(session) == 0


DICE = """
from azuraforge.plugins import Answer, Config, Learner
import json, os
from pathlib import Path


def grow():
    grown, held = Path(__file__).with_name("grown"), []
    while not grown.exists():
        held.append(bytearray(os.urandom(1000)) * 20_000)
        if len(held) == 3:  # beyond the limit soon; the next process does not grow
            grown.touch()
            while True:
                held.append(bytearray(os.urandom(1000)) * 20_000)
    return 1.0


class Dice(Learner):
    name = "dice"
    task = "number"
    Config = Config

    def start(self, run):
        self.run = run

    def predict(self, origin):
        return Answer(PREDICTED)

    def learn(self, matured):
        pass

    def save(self, folder):
        (folder / "nothing.json").write_text(json.dumps({}))

    def load(self, run, folder):
        self.run = run
        LOADED
"""


def plugin(folder: Path, predicted: str, loaded: str = "pass") -> None:
    (folder / "plugins").mkdir(exist_ok=True)
    (folder / "plugins" / "dice.py").write_text(DICE.replace("PREDICTED", predicted).replace("LOADED", loaded))


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("predicted", "code", "words"),
    [
        ("float('inf')", "learner_broke_contract", "the learner broke its contract"),
        ("[each for each in iter(int, 1)]", "learner_hangs", "did not answer within 0.5 seconds"),
        ("1 / 0", "internal", "division by zero"),
    ],
)
def test_a_learner_that_breaks_its_contract_fails_alone_in_one_sentence(
    here: Here, tmp_path: Path, predicted: str, code: str, words: str
) -> None:
    plugin(tmp_path, predicted)
    here.create("good")
    here.start("good")
    here.create("bad", plugin="dice", timeout_seconds=0.5)
    failed_id = here.start("bad")
    here.post(0, 30)
    failed = here.stand.wait(failed_id)
    assert failed.state == "failed"
    assert (failed.error.code, words in failed.error.message) == (code, True), failed.error
    shown = here.learners.get(here.project_id, "bad")
    assert (shown.state, shown.seq, shown.answers) == ("error", 0, 0)
    assert shown.problem is not None
    here.post(30, 60)
    here.until("good", 60)
    assert here.learners.get(here.project_id, "good").state == "online"


@pytest.mark.sqlite_only
def test_a_learner_that_grows_restarts_from_its_last_state(here: Here, tmp_path: Path) -> None:
    plugin(tmp_path, "grow()")
    here.create(plugin="dice", memory_limit_bytes=256 << 20)
    run_id = here.start()
    here.post(0, 30)
    here.until("first", 30)
    first, second = here.stand.get(run_id).attempts
    assert "268,435,456 bytes are allowed" in str(first)
    assert second.ended_at is None


@pytest.mark.sqlite_only
def test_a_state_that_cannot_be_loaded_is_named(here: Here, tmp_path: Path) -> None:
    plugin(tmp_path, "1.0", "raise ValueError('no')")
    here.post(0, 30)
    here.create(plugin="dice")
    run_id = here.start()
    here.until("first", 30)
    here.learners.stop(here.project_id, "first")
    assert here.stand.wait(run_id).state == "succeeded"
    failed = here.stand.wait(here.start())
    assert (failed.state, failed.error.code) == ("failed", "state_unreadable")
    assert "ValueError: no" in failed.error.message
    assert len(here.ledger().answered.seq) == 30


@pytest.mark.sqlite_only
def test_a_learner_with_other_results_for_the_same_rows_fails(here: Here, tmp_path: Path) -> None:
    plugin(tmp_path, "float(os.getpid())")
    here.create(plugin="dice")
    run_id = here.start()
    here.post(0, 50)
    here.until("first", 50)
    os.kill(here.stand.launcher.pid, signal.SIGKILL)
    failed = here.stand.wait(run_id)
    assert (failed.state, failed.error.code) == ("failed", "nondeterministic")
    assert "answer of row 1 " in failed.error.message
    assert len(here.ledger().answered.seq) == 50
