"""Deleted runs: hidden, restorable, and purged so that no file is lost that another run needs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import delete, func, select, update

from azuraforge.database import Base, new_id, now
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.messages import translated
from azuraforge.projects.schemas import NeededBy, RetentionPolicy
from azuraforge.projects.trash import Trash
from azuraforge.projects.unnamed import SIGHTINGS
from azuraforge.runs import needs, store
from azuraforge.runs.execution import scratch
from azuraforge.runs.execution.scratch import sweep
from azuraforge.runs.filters.store import Selection
from azuraforge.runs.listing.pages import Listing
from azuraforge.runs.metrics import store as metric_store
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.tables import Artifact, Run
from azuraforge.runs.transitions import run_stream
from tests.events.ticking import Happened


class Ended:
    """Makes runs that have ended, with everything that hangs on one, without carrying them."""

    def __init__(self, stand) -> None:
        self.stand = stand
        self.curve = [("loss", step, 1.0, None) for step in range(1500)]

    def __call__(self, *contents: bytes, state: str = "succeeded", days_ago: float = 0.0, needs=()) -> str:
        stand, run_id = self.stand, new_id()
        files = [stand.artifacts.put_bytes(stand.project_id, content) for content in contents]
        finished_at = stand.database.clock() - timedelta(days=days_ago)

        def work(session):
            session.add(
                Run(
                    project_id=stand.project_id,
                    id=run_id,
                    kind="train",
                    name="toy",
                    request_hash="",
                    config={},
                    extra={},
                    seed=0,
                    threads=1,
                    code_version="1",
                    state=state,
                    attempt=1,
                    progress={},
                    finished_at=finished_at,
                )
            )
            session.flush()
            key = (session, run_id)
            store.start_attempt(*key, 1, "somebody")
            store.add_note(*key, 1, "a note")
            store.save_figure(*key, "forecast", {"x": 1})
            store.note_furthest_step(*key, "train", 10)
            store.add_dependencies(*key, list(needs))
            metric_store.append(*key, 1, "train", self.curve)
            for number, file in enumerate(files):
                values = {"kind": "output", "media_type": "x/y", "bytes": file.bytes, "sha256": file.sha256}
                store.save_artifact(*key, f"file-{number}", {**values, "created_at": now()})
            stand.events.append(session, run_stream(run_id), Happened(type="run.note"))

        stand.database.write(stand.project_id, work)
        return run_id


@pytest.fixture
def ended(make_stand) -> Ended:
    return Ended(make_stand(start=False))


@pytest.fixture
def bin_(ended):
    return ended.stand.service.trash


def listed(stand, **which) -> list[str]:
    listing = Listing(Selection(**which))
    return [run.id for run in asyncio.run(stand.service.lookup.list(stand.project_id, listing)).items]


def files(stand) -> set[bytes]:
    folder = stand.artifacts.folder(stand.project_id)
    return {path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != SIGHTINGS}


def rows_naming(stand, run_id: str) -> dict[str, int]:
    """How many rows of each table speak of a run."""
    found = {}
    with stand.database.read(stand.project_id) as session:
        for table in Base.metadata.tables.values():
            for name in ("run_id", "needs_id", "stream"):
                if name in table.columns:
                    wanted = run_stream(run_id) if name == "stream" else run_id
                    mine = (table.c.project_id == stand.project_id, table.c[name] == wanted)
                    count = session.connection().execute(select(func.count()).select_from(table).where(*mine)).scalar()
                    found[table.name] = found.get(table.name, 0) + count
    return {name: count for name, count in found.items() if count}


def test_a_deleted_run_is_hidden_and_comes_back(ended, bin_):
    stand = ended.stand
    kept, gone = ended(b"a"), ended(b"b")
    bin_.delete(stand.project_id, gone, None, "Ada")
    bin_.delete(stand.project_id, gone, None, "Bob")  # twice is once
    assert listed(stand) == [kept]
    assert listed(stand, trash=True) == [gone]
    shown = stand.get(gone)
    assert (shown.deleted_by, shown.deleted_at is not None) == ("Ada", True)
    bin_.restore(stand.project_id, gone, None)
    assert set(listed(stand)) == {kept, gone}
    assert stand.get(gone).deleted_at is None
    told = [event for event in stand.events.read(stand.project_id, "project") if event.type.startswith("run.")]
    assert [(event.type, event.data) for event in told] == [
        ("run.deleted", {"run_ids": [gone], "by": "Ada"}),
        ("run.restored", {"run_ids": [gone]}),
    ]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_that_goes_on_must_be_cancelled_first(ended, bin_, state):
    run_id = ended(state=state)
    with pytest.raises(Conflict, match=f"{state} cannot be deleted") as refused:
        bin_.delete(ended.stand.project_id, run_id, None, "Ada")
    assert "azuraforge runs cancel" in refused.value.next_step
    turkish = {"queued": "sırada", "running": "çalışıyor"}[state]
    assert translated(refused.value.as_message(), "tr") == f"durumu {turkish} olan bir çalıştırma silinemez"


def test_what_is_in_the_trash_is_neither_resumed_nor_needed(ended, bin_):
    stand = ended.stand
    run_id = ended(state="failed")
    bin_.delete(stand.project_id, run_id, None, "Ada")
    with pytest.raises(Conflict, match="in the trash"):
        stand.service.resume(stand.project_id, run_id)
    with pytest.raises(InvalidInput, match="in the trash"):
        stand.service.create(stand.project_id, RunRequest(depends_on=[run_id]))


def test_runs_of_other_projects_do_not_exist(ended, bin_, other_project_id):
    run_id = ended(b"a")
    for attempt in (
        lambda: bin_.delete(other_project_id, run_id, None, "Eve"),
        lambda: bin_.restore(other_project_id, run_id, None),
        lambda: bin_.pin(other_project_id, run_id, True),
    ):
        with pytest.raises(NotFound):
            attempt()
    bin_.delete(ended.stand.project_id, run_id, None, "Ada")
    assert bin_.purge(other_project_id, None).counts["runs"] == 0
    assert listed(ended.stand, trash=True) == [run_id]


def test_a_purged_run_leaves_nothing(ended, bin_):
    stand = ended.stand
    run_id = ended(b"abc", b"defgh")
    later = ended(needs=[run_id])
    work = stand.settings.scratch / run_id / "checkpoints"
    work.mkdir(parents=True)
    (work / "weights").write_bytes(b"x" * 100)
    assert len(rows_naming(stand, run_id)) > 8
    bin_.delete(stand.project_id, run_id, None, "Ada")
    purged = bin_.purge(stand.project_id, None)
    assert (purged.counts["runs"], purged.bytes, purged.kept, purged.left) == (1, 108, 0, False)
    assert rows_naming(stand, run_id) == {}
    assert files(stand) == set()
    assert not (stand.settings.scratch / run_id).exists()
    with pytest.raises(NotFound):
        stand.get(run_id)
    assert stand.get(later).depends_on == []


def test_a_file_stays_as_long_as_another_run_names_it(ended, bin_):
    stand = ended.stand
    first, second = ended(b"shared", b"own"), ended(b"shared")
    bin_.delete(stand.project_id, first, None, "Ada")
    assert bin_.purge(stand.project_id, None).bytes == len(b"own")
    assert files(stand) == {b"shared"}
    bin_.delete(stand.project_id, second, None, "Ada")
    assert files(stand) == {b"shared"}  # in the trash it can still be restored
    assert bin_.purge(stand.project_id, None).bytes == len(b"shared")
    assert files(stand) == set()


def test_what_others_need_is_kept(ended, bin_):
    stand = ended.stand
    needed, free = ended(b"needed"), ended(b"free")
    reason = NeededBy(noun="model", name="load", version=3)
    stand.needs.append(lambda _session, ids: {needed: reason} if needed in ids else {})
    for run_id in (needed, free):
        bin_.delete(stand.project_id, run_id, None, "Ada")
    purged = bin_.purge(stand.project_id, None)
    assert (purged.counts["runs"], purged.kept) == (1, 1)
    assert files(stand) == {b"needed"}
    with stand.database.read(stand.project_id) as session:
        contents = bin_.contents(session, stand.project_id, RetentionPolicy())
    assert [(item.id, item.needed_by) for item in contents.items] == [(needed, reason)]
    assert (contents.count, contents.bytes) == (1, len(b"needed"))


def test_old_runs_go_to_the_trash_unless_pinned_or_needed(ended, bin_):
    stand = ended.stand
    old, pinned, needed = (ended(days_ago=10) for _ in range(3))
    young, failed = ended(days_ago=3), ended(days_ago=10, state="failed")
    bin_.pin(stand.project_id, pinned, True)
    reason = NeededBy(noun="model", name="load", version=3)
    stand.needs.append(lambda _session, ids: {needed: reason} if needed in ids else {})
    bin_.expire(stand.project_id, RetentionPolicy())
    assert listed(stand, trash=True) == []
    bin_.expire(stand.project_id, RetentionPolicy(keep_run_days=7))
    assert listed(stand, trash=True) == [old]
    assert stand.get(old).deleted_by == "policy"
    assert set(listed(stand)) == {pinned, needed, young, failed}


def test_a_round_purges_what_lay_in_the_trash_long_enough(ended, bin_):
    stand = ended.stand
    trash = Trash(stand.database, stand.events, [bin_])
    long_ago, lately = ended(b"old"), ended(b"new")
    for run_id, days in ((long_ago, 8), (lately, 6)):
        bin_.delete(stand.project_id, run_id, None, "Ada")
        at = stand.database.clock() - timedelta(days=days)
        mine = (Run.project_id == stand.project_id, Run.id == run_id)
        stand.database.write(
            stand.project_id,
            lambda session, mine=mine, at=at: session.execute(update(Run).where(*mine).values(deleted_at=at)),
        )
    assert trash.tend(stand.project_id).runs == 0  # thirty days, where nobody said otherwise
    trash.set_policy(stand.project_id, RetentionPolicy(trash_days=7), "Ada")
    purged = trash.tend(stand.project_id)
    assert (purged.runs, purged.bytes_freed) == (1, 3)
    assert listed(stand, trash=True) == [lately]
    newest = stand.events.read(stand.project_id, "project")[-1]
    assert (newest.type, newest.data) == ("trash.purged", {"runs": 1, "bytes_freed": 3, "by": "policy"})
    assert trash.list(stand.project_id).bytes == 3


def test_pages_of_the_trash_miss_nothing_that_was_deleted_at_one_moment(ended, bin_):
    stand = ended.stand
    trash = Trash(stand.database, stand.events, [bin_])
    ids = [ended() for _ in range(5)]
    for run_id in ids:
        bin_.delete(stand.project_id, run_id, None, "Ada")
    at = stand.database.clock()
    stand.database.write(stand.project_id, lambda session: session.execute(update(Run).values(deleted_at=at)))
    first = trash.list(stand.project_id, limit=2)
    bin_.restore(stand.project_id, first.items[1].id, None)  # the cursor's own row
    rest = trash.list(stand.project_id, after=first.next)
    assert sorted(item.id for item in (*first.items, *rest.items)) == sorted(ids)
    assert (first.count, rest.count, rest.next) == (5, 4, None)


def test_many_runs_are_purged_in_several_calls(ended, bin_, monkeypatch):
    stand = ended.stand
    monkeypatch.setattr("azuraforge.projects.row_bin.AT_ONCE", 3)
    monkeypatch.setattr("azuraforge.projects.row_bin._BATCH", 2)
    kept = ended()
    reason = NeededBy(noun="model", name="load", version=3)
    stand.needs.append(lambda _session, ids: {kept: reason} if kept in ids else {})
    for run_id in [kept, *(ended() for _ in range(4))]:
        bin_.delete(stand.project_id, run_id, None, "Ada")
    trash = Trash(stand.database, stand.events, [bin_])
    first, second, third = (trash.empty(stand.project_id, "Ada") for _ in range(3))
    assert [(each.runs, each.kept, each.left) for each in (first, second, third)] == [
        (3, 1, True),
        (1, 1, False),
        (0, 1, False),
    ]


def test_an_orphan_is_freed_when_it_is_old_enough(ended, bin_):
    stand = ended.stand
    stand.artifacts.put_bytes(stand.project_id, b"orphan")
    ended(b"named")
    assert bin_.sweep(stand.project_id, 3600) == 0
    assert files(stand) == {b"named", b"orphan"}
    assert bin_.sweep(stand.project_id, 0) == len(b"orphan")
    assert files(stand) == {b"named"}


def test_the_age_of_an_orphan_counts_from_the_first_sweep_that_saw_it(ended, bin_, monkeypatch):
    """A file of a newer database is old when an older one is put in place; and one that is named again starts over."""
    stand = ended.stand
    path = stand.artifacts.path(stand.project_id, stand.artifacts.put_bytes(stand.project_id, b"orphan").sha256)
    os.utime(path, (0, 0))
    assert bin_.sweep(stand.project_id, 3600) == 0
    at = time.time()
    monkeypatch.setattr("azuraforge.projects.unnamed.time.time", lambda: at + 3000)
    assert bin_.sweep(stand.project_id, 3600) == 0
    run_id = ended(b"orphan")
    assert bin_.sweep(stand.project_id, 3600) == 0
    stand.database.write(
        stand.project_id,
        lambda session: session.execute(delete(Artifact).where(Artifact.project_id == stand.project_id)),
    )
    monkeypatch.setattr("azuraforge.projects.unnamed.time.time", lambda: at + 5000)
    assert bin_.sweep(stand.project_id, 3600) == 0, f"run {run_id} named it in between"
    monkeypatch.setattr("azuraforge.projects.unnamed.time.time", lambda: at + 5000 + 3600)
    assert bin_.sweep(stand.project_id, 3600) == len(b"orphan")


def test_a_file_that_is_freed_while_it_is_listed_is_put_there_again(ended, bin_, tmp_path):
    """The purge comes between the copy and the row, which is where it could be lost."""
    stand = ended.stand
    purged = ended(b"shared")
    bin_.delete(stand.project_id, purged, None, "Ada")
    run_id = ended(state="running")
    (tmp_path / "made").write_bytes(b"shared")
    put, calls = stand.artifacts.put_file, []

    def put_then_purge(project_id, path):
        stored = put(project_id, path)
        calls.append(stored)
        if len(calls) == 1:
            assert bin_.purge(stand.project_id, None).bytes == len(b"shared")
        return stored

    stand.artifacts.put_file = put_then_purge
    _job(stand, run_id).artifact("made", tmp_path / "made", "x/y", "output")
    assert len(calls) == 2
    assert files(stand) == {b"shared"}


def test_writers_and_purges_at_once_lose_nothing(ended, bin_, tmp_path):
    """Two threads list the same contents in new runs while two others purge whatever is in the trash."""
    stand, errors, ended.curve = ended.stand, [], []
    contents = [b"one", b"two", b"three"]
    for content in contents:
        (tmp_path / content.decode()).write_bytes(content)
    done = threading.Event()

    def write() -> None:
        try:
            for number in range(12):
                content = contents[number % 3].decode()
                run_id = ended(state="running")
                _job(stand, run_id).artifact("made", tmp_path / content, "x/y", "output")
                missing = [each for each in stand.get(run_id).artifacts if not _there(stand, each.sha256)]
                assert not missing
                mine = (Run.project_id == stand.project_id, Run.id == run_id)
                stand.database.write(
                    stand.project_id,
                    lambda session, mine=mine: session.execute(update(Run).where(*mine).values(state="succeeded")),
                )
                bin_.delete(stand.project_id, run_id, None, "Ada")
        except BaseException as error:
            errors.append(error)

    def purge() -> None:
        try:
            while not done.is_set():
                bin_.purge(stand.project_id, None)
                bin_.sweep(stand.project_id, 0)
        except BaseException as error:
            errors.append(error)

    writers = [threading.Thread(target=write) for _ in range(2)]
    purgers = [threading.Thread(target=purge) for _ in range(2)]
    for thread in (*writers, *purgers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in purgers:
        thread.join()
    assert errors == []
    bin_.purge(stand.project_id, None)
    bin_.sweep(stand.project_id, 0)
    assert files(stand) == set()


def test_runs_that_go_on_object_to_losing_what_they_work_with(ended):
    stand = ended.stand
    going, over = ended(state="running"), ended()
    for run_id in (going, over):
        mine = (Run.project_id == stand.project_id, Run.id == run_id)
        values = {"dataset_id": f"data of {run_id}"[:16], "dataset_version": 2, "model": f"model-{run_id}"}
        stand.database.write(
            stand.project_id,
            lambda session, mine=mine, values=values: session.execute(update(Run).where(*mine).values(**values)),
        )
    with stand.database.read(stand.project_id) as session:
        for version in (None, 2):
            with pytest.raises(Conflict, match=f"while run {going} uses it"):
                needs.object_to_dataset(session, f"data of {going}"[:16], "load", version)
        needs.object_to_dataset(session, f"data of {going}"[:16], "load", 1)
        needs.object_to_dataset(session, f"data of {over}"[:16], "load", None)
        with pytest.raises(Conflict, match=f"while run {going} uses it"):
            needs.object_to_model(session, f"model-{going}")
        needs.object_to_model(session, f"model-{over}")


def test_a_lost_run_leaves_the_trash_when_its_client_is_heard_of_again(make_stand):
    stand = make_stand(start=False)
    run = stand.service.create(stand.project_id, RunRequest(kind="external", name="mine"), "me")
    mine = (Run.project_id == stand.project_id, Run.id == run.id)
    past = stand.database.clock() - timedelta(seconds=1)
    stand.database.write(
        stand.project_id, lambda session: session.execute(update(Run).where(*mine).values(lease_until=past))
    )
    assert stand.reaper().reap() == 1
    stand.service.trash.delete(stand.project_id, run.id, None, "Ada")
    assert stand.service.renew_lease(stand.project_id, run.id, "me").deleted_at is None
    assert listed(stand) == [run.id]


def test_work_folders_stay_as_long_as_the_project_says(ended):
    stand = ended.stand
    old, young, done = ended(state="failed", days_ago=9), ended(state="failed", days_ago=3), ended()
    for run_id in (old, young, done, "nobody"):
        (stand.settings.scratch / run_id).mkdir(parents=True)
        (stand.settings.scratch / run_id / "weights").write_bytes(b"x" * 10)
    scratch = stand.settings.scratch
    assert sweep(stand.database, scratch, held=[stand.project_id]) == 0
    assert sweep(stand.database, scratch) == 10  # of the run that succeeded; a newer database may know the unknown one
    assert sweep(stand.database, scratch, unknown_seconds=0) == 10
    Trash(stand.database, stand.events, []).set_policy(stand.project_id, RetentionPolicy(keep_work_days=7), "Ada")
    assert sweep(stand.database, stand.settings.scratch) == 10
    assert [path.name for path in stand.settings.scratch.iterdir()] == [young]


def test_a_run_that_is_resumed_while_the_sweep_looks_keeps_its_folder(ended, monkeypatch):
    stand = ended.stand
    run_id = ended(state="failed", days_ago=99)
    weights = stand.settings.scratch / run_id / "weights"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"x" * 10)
    look = scratch._may_go

    def then_it_is_resumed(*given):
        may_go = look(*given)
        stand.service.resume(stand.project_id, run_id)
        return may_go

    monkeypatch.setattr(scratch, "_may_go", then_it_is_resumed)
    assert sweep(stand.database, stand.settings.scratch) == 0
    assert weights.read_bytes() == b"x" * 10


def test_what_a_sweep_took_away_and_did_not_remove_is_found_by_the_next(stand):
    left = stand.settings.scratch / ".swept-0123456789abcdef"
    left.mkdir(parents=True)
    (left / "weights").write_bytes(b"x" * 7)
    assert sweep(stand.database, stand.settings.scratch) == 7
    assert not left.exists()


KILLED_PURGE = """
import os, signal, sys
from pathlib import Path
from azuraforge.database import Database
from azuraforge.events.service import EventLog
from azuraforge.projects.keeping import Shelf
from azuraforge.runs import needs
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.trash import RunTrash
import azuraforge.projects.tables

url, root, scratch, project_id = sys.argv[1:]
Shelf.free = lambda self, addresses: os.kill(os.getpid(), signal.SIGKILL)
database = Database(url)
RunTrash(database, EventLog(database), ArtifactStore(Path(root)), Path(scratch)).purge(project_id, None)
"""


def test_what_a_killed_purge_left_is_swept(ended, bin_):
    """kill -9 between the rows and the files."""
    stand = ended.stand
    gone, stays = ended(b"gone", b"shared"), ended(b"shared")
    bin_.delete(stand.project_id, gone, None, "Ada")
    url = stand.database._url.render_as_string(hide_password=False)
    places = [str(stand.settings.artifacts), str(stand.settings.scratch)]
    killed = subprocess.run([sys.executable, "-c", KILLED_PURGE, url, *places, stand.project_id], check=False)
    assert killed.returncode == -9
    assert rows_naming(stand, gone) == {}
    assert files(stand) == {b"gone", b"shared"}
    assert bin_.sweep(stand.project_id, 0) == len(b"gone")
    assert files(stand) == {b"shared"}
    assert _there(stand, stand.get(stays).artifacts[0].sha256)


def _there(stand, sha256: str) -> bool:
    return stand.artifacts.path(stand.project_id, sha256).exists()


def _job(stand, run_id: str):
    from azuraforge.runs.execution.job import AttemptJob
    from azuraforge.runs.lease import Held

    job = object.__new__(AttemptJob)  # only what ``artifact`` uses
    job.run = stand.get(run_id).model_copy(update={"project_id": stand.project_id})
    job.run = type("Claimed", (), {"project_id": stand.project_id, "id": run_id})
    job.held = Held(stand.project_id, run_id, 1)
    job._database, job._artifacts = stand.database, stand.artifacts
    return job


class Sequences(RuleBasedStateMachine):
    """Any sequence of making, deleting, restoring, purging and sweeping, against a model in memory."""

    ended: Ended

    def __init__(self) -> None:
        super().__init__()
        self.runs: dict[str, set[bytes]] = {}
        self.trash: set[str] = set()
        self.needed: set[str] = set()
        self.orphans: set[bytes] = set()

    @initialize()
    def begin(self) -> None:
        self.stand = self.ended.stand
        self.bin = self.stand.service.trash
        reason = NeededBy(noun="model", name="load", version=1)
        self.stand.needs[:] = [lambda _s, ids: {each: reason for each in ids if each in self.needed}]

    @rule(contents=st.sets(st.sampled_from([b"a", b"b", b"c"])))
    def make(self, contents):
        self.runs[self.ended(*sorted(contents))] = contents
        self.orphans -= contents

    @rule(number=st.integers(0, 20))
    def delete(self, number):
        for run_id in self._pick(number):
            self.bin.delete(self.stand.project_id, run_id, None, "Ada")
            self.trash.add(run_id)

    @rule(number=st.integers(0, 20))
    def restore(self, number):
        for run_id in self._pick(number):
            self.bin.restore(self.stand.project_id, run_id, None)
            self.trash.discard(run_id)

    @rule(number=st.integers(0, 20))
    def need(self, number):
        self.needed ^= set(self._pick(number))

    @rule(content=st.sampled_from([b"a", b"d"]))
    def leave_an_orphan(self, content):
        self.stand.artifacts.put_bytes(self.stand.project_id, content)
        if content not in self._named():
            self.orphans.add(content)

    @rule()
    def purge(self):
        gone = self.trash - self.needed
        held = {content for run_id in gone for content in self.runs[run_id]}
        purged = self.bin.purge(self.stand.project_id, None)
        assert (purged.counts["runs"], purged.kept) == (len(gone), len(self.trash & self.needed))
        self.runs = {run_id: contents for run_id, contents in self.runs.items() if run_id not in gone}
        self.trash -= gone
        self.orphans -= held
        assert purged.bytes == len(held - self._named())

    @rule()
    def sweep(self):
        assert self.bin.sweep(self.stand.project_id, 0) == len(self.orphans)
        self.orphans = set()

    @invariant()
    def nothing_is_missing_and_nothing_is_left(self):
        if hasattr(self, "stand"):
            assert files(self.stand) == self._named() | self.orphans

    def teardown(self):
        if hasattr(self, "stand"):
            self.needed = set()
            for run_id in self.runs:
                self.bin.delete(self.stand.project_id, run_id, None, "Ada")
            self.bin.purge(self.stand.project_id, None)
            self.bin.sweep(self.stand.project_id, 0)
            assert files(self.stand) == set()

    def _named(self) -> set[bytes]:
        return {content for contents in self.runs.values() for content in contents}

    def _pick(self, number: int) -> list[str]:
        known = sorted(self.runs)
        return [known[number % len(known)]] if known else []


@pytest.mark.sqlite_only
def test_no_sequence_loses_a_file_or_leaves_one(ended):
    ended.curve = []
    machine = type("Machine", (Sequences,), {"ended": ended})
    machine.TestCase.settings = settings(
        max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine.TestCase().runTest()
