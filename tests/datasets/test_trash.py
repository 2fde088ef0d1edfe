"""Deleted datasets and versions: out of reach, restorable, and purged so that nothing needed is missing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select, update

from azuraforge.datasets.loading import load_version
from azuraforge.datasets.schemas import FileOptions
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.errors import Conflict, NotFound
from azuraforge.projects.schemas import NeededBy, RetentionPolicy
from azuraforge.projects.trash import Trash

REASON = NeededBy(noun="model", name="load", version=3)


@pytest.fixture
def add(service, project_id, write, hourly):
    def make(rows=60, name="load"):
        options = FileOptions(time="time", target="y", name=name)
        return service.add_file(project_id, write(hourly(rows), "sent"), "load.csv", options)

    return make


@pytest.fixture
def bin_(service):
    return service.trash


def files(service, project_id) -> set[str]:
    folder = service.trash._folder(project_id)
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_a_deleted_dataset_is_out_of_reach_and_comes_back(add, service, bin_, events, project_id):
    added = add()
    bin_.delete(project_id, "load", None, "Ada")
    bin_.delete(project_id, added.id, None, "Bob")  # twice is once
    assert asyncio.run(service.lookup.list(project_id)).items == []
    for name in ("load", added.id):
        with pytest.raises(NotFound, match="in the trash") as refused:
            service.get(project_id, name)
        assert "azuraforge datasets restore" in refused.value.next_step
        shown = service.get(project_id, name, trash=True)
        assert (shown.name, shown.deleted_by, shown.deleted_at is not None) == ("load", "Ada", True)
    [listed] = asyncio.run(service.lookup.list(project_id, trash=True)).items
    assert (listed.name, listed.id, listed.numbers) == ("load", added.id, [1])
    assert bin_.restore(project_id, "load", None).id == added.id
    found = service.get(project_id, "load")
    assert found.deleted_at is None
    assert load_version(found.paths, found.schema, found.options, found.fingerprint).height == 60
    told = [event.type for event in events.read(project_id, "project")]
    assert told == ["dataset.version_added", "dataset.deleted", "dataset.restored"]


def test_a_name_is_free_again_while_its_dataset_is_in_the_trash(add, service, bin_, project_id):
    first = add(60)
    bin_.delete(project_id, "load", None, "Ada")
    second = add(61)
    assert second.id != first.id
    with pytest.raises(Conflict, match="another dataset is now named 'load'"):
        bin_.restore(project_id, "load", None)
    bin_.delete(project_id, "load", None, "Ada")
    assert bin_.restore(project_id, first.id, None).id == first.id
    assert service.get(project_id, "load").rows == 60


def test_a_version_is_deleted_alone_and_its_number_stays_taken(add, service, bin_, project_id):
    add(60), add(61)
    bin_.delete(project_id, "load", 2, "Ada")
    assert service.get(project_id, "load").version == 1
    with pytest.raises(NotFound, match="version 2 of dataset 'load' is in the trash"):
        service.get(project_id, "load", 2)
    assert service.get(project_id, "load", 2, trash=True).deleted_by == "Ada"
    with pytest.raises(Conflict, match="the only version"):
        bin_.delete(project_id, "load", 1, "Ada")
    assert bin_.purge(project_id, None).counts == {"dataset_versions": 1}
    assert add(62).version == 3
    [listed] = asyncio.run(service.lookup.list(project_id)).items
    assert (listed.versions, listed.numbers) == (2, [1, 3])
    for attempt in (
        lambda: service.get(project_id, "load", 2, trash=True),
        lambda: bin_.restore(project_id, "load", 2),
    ):
        with pytest.raises(NotFound, match="no version 2"):
            attempt()


def test_the_same_content_added_again_brings_its_version_back(add, service, bin_, project_id):
    add(60), add(61)
    for purge in (False, True):
        bin_.delete(project_id, "load", 2, "Ada")
        if purge:
            bin_.purge(project_id, None)
        again = add(61)
        assert (again.version, again.deleted_at) == (2, None)
        found = service.get(project_id, "load", 2)
        assert load_version(found.paths, found.schema, found.options, found.fingerprint).height == 61


def test_a_file_stays_as_long_as_another_dataset_has_the_same_rows(add, service, bin_, project_id):
    add(60, "one")
    add(60, "two")
    [path] = service.get(project_id, "one").paths
    size = path.stat().st_size
    bin_.delete(project_id, "one", None, "Ada")
    purged = bin_.purge(project_id, None)
    assert (purged.counts, purged.bytes) == ({"datasets": 1}, 0)
    assert files(service, project_id) == {path.name}
    bin_.delete(project_id, "two", None, "Ada")
    assert bin_.purge(project_id, None).bytes == size
    assert files(service, project_id) == set()


def test_versions_that_are_needed_are_kept(add, service, bin_, needs, database, project_id):
    needed, free = add(60), add(61)
    needs.append(lambda _session, id_: {1: REASON} if id_ == needed.id else {})
    bin_.delete(project_id, "load", None, "Ada")
    purged = bin_.purge(project_id, None)
    assert (purged.counts, purged.kept) == ({"dataset_versions": 1}, 1)
    assert files(service, project_id) == {path.name for path in service.get(project_id, "load", 1, trash=True).paths}
    with database.read(project_id) as session:
        [item] = bin_.contents(session, project_id, RetentionPolicy()).items
    assert (item.needed_by, item.name, item.version) == (REASON, "load", None)
    bin_.restore(project_id, "load", None)
    assert service.get(project_id, "load").version == 1
    needs.clear()
    bin_.delete(project_id, "load", None, "Ada")
    assert bin_.purge(project_id, None).counts == {"datasets": 1}
    assert files(service, project_id) == set()
    assert free.version == 2


def test_who_objects_is_heard(add, service, bin_, objections, project_id):
    add(60), add(61)
    heard = []

    def object_to(session, id_, name, version):
        heard.append((session.project_id, name, version))
        if version == 2:
            raise Conflict("a run works with it")

    objections.append(object_to)
    with pytest.raises(Conflict, match="a run works"):
        bin_.delete(project_id, "load", 2, "Ada")
    bin_.delete(project_id, "load", 1, "Ada")
    assert heard == [(project_id, "load", 2), (project_id, "load", 1)]
    assert asyncio.run(service.lookup.list(project_id)).items[0].numbers == [2]


def test_other_projects_neither_delete_nor_purge(add, service, bin_, project_id, other_project_id):
    added = add()
    for attempt in (bin_.delete, lambda *asked: bin_.restore(*asked[:3])):
        for name in ("load", added.id):
            with pytest.raises(NotFound):
                attempt(other_project_id, name, None, "Eve")
    bin_.delete(project_id, "load", None, "Ada")
    assert bin_.purge(other_project_id, None).counts == {}
    assert len(files(service, project_id)) == 1


def test_a_round_purges_by_policy(add, service, bin_, database, events, project_id):
    add()
    trash = Trash(database, events, [bin_])
    bin_.delete(project_id, "load", None, "Ada")
    assert trash.tend(project_id).datasets == 0
    long_ago = database.clock() - timedelta(days=31)
    mine = (Dataset.project_id == project_id,)
    database.write(
        project_id, lambda session: session.execute(update(Dataset).where(*mine).values(deleted_at=long_ago))
    )
    assert trash.tend(project_id).datasets == 1
    with database.read(project_id) as session:
        assert (
            session.scalar(
                select(func.count()).select_from(DatasetVersionRow).where(DatasetVersionRow.project_id == project_id)
            )
            == 0
        )
    assert files(service, project_id) == set()


def test_a_file_that_no_version_names_is_swept(add, service, bin_, database, project_id):
    """As if the platform had died between the rows and the file."""
    added = add()
    add(60, "other")
    bin_.path(project_id, "f" * 64).write_bytes(b"orphan")
    assert bin_.sweep(project_id, 3600) == 0
    assert bin_.sweep(project_id, 0) == 6
    assert files(service, project_id) == {path.name for path in service.get(project_id, added.name).paths}


class Sequences(RuleBasedStateMachine):
    """Any sequence of adding, deleting, restoring, purging, against a model in memory: name → version → rows."""

    @initialize()
    def begin(self) -> None:
        self.bin = self.service.trash
        self.needed: set[tuple[str, int]] = set()
        self.needs[:] = [
            lambda _session, id_: {version: REASON for dataset_id, version in self.needed if dataset_id == id_}
        ]
        self.known: set[str] = set()

    @rule(rows=st.sampled_from([60, 61, 62]), name=st.sampled_from(["one", "two"]))
    def add_file(self, rows, name):
        added = self.add(rows, name)
        self.known.add(added.id)
        found = self.service.get(self.project_id, added.id, added.version)
        assert (found.rows, found.deleted_at) == (rows, None)

    @rule(number=st.integers(0, 20), whole=st.booleans())
    def delete(self, number, whole):
        for dataset in self._pick(number, trash=False):
            version = None if whole else dataset.latest.version
            try:
                self.bin.delete(self.project_id, dataset.id, version, "Ada")
            except Conflict:
                assert dataset.versions == 1

    @rule(number=st.integers(0, 20))
    def restore(self, number):
        for dataset in self._pick(number, trash=True):
            try:
                self.bin.restore(self.project_id, dataset.id, None)
            except Conflict:
                assert dataset.name in [
                    each.name for each in asyncio.run(self.service.lookup.list(self.project_id)).items
                ]

    @rule(number=st.integers(0, 20))
    def need(self, number):
        for dataset in self._pick(number, trash=False):
            self.needed ^= {(dataset.id, dataset.latest.version)}

    @rule()
    def purge(self):
        self.bin.purge(self.project_id, None)
        lists = asyncio.run(self.service.lookup.list(self.project_id, trash=True)).items
        assert all(any(needed[0] == each.id for needed in self.needed) for each in lists)

    @invariant()
    def nothing_is_missing(self):
        if not hasattr(self, "known"):
            return
        with self.database.read(self.project_id) as session:
            mine = (DatasetVersionRow.project_id == self.project_id, DatasetVersionRow.purged_at.is_(None))
            segments = session.scalars(select(DatasetVersionRow.segments).where(*mine))
            named = {each.address for version in segments for each in version}
            rows = session.execute(select(DatasetVersionRow.dataset_id, DatasetVersionRow.version).where(*mine))
            there = {(row[0], row[1]) for row in rows}
        assert files(self.service, self.project_id) == {f"{each}.parquet" for each in named}
        assert self.needed <= there

    def teardown(self):
        if not hasattr(self, "known"):
            return
        self.needed.clear()
        for dataset in asyncio.run(self.service.lookup.list(self.project_id)).items:
            self.bin.delete(self.project_id, dataset.id, None, "Ada")
        self.bin.purge(self.project_id, None)
        assert files(self.service, self.project_id) == set()

    def _pick(self, number, trash):
        found = asyncio.run(self.service.lookup.list(self.project_id, trash=trash)).items
        return [found[number % len(found)]] if found else []


@pytest.mark.sqlite_only
def test_no_sequence_loses_a_file_or_leaves_one(add, service, needs, database, project_id):
    given = {
        "add": staticmethod(add),
        "service": service,
        "needs": needs,
        "database": database,
        "project_id": project_id,
    }
    machine = type("Machine", (Sequences,), given)
    machine.TestCase.settings = settings(
        max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine.TestCase().runTest()
