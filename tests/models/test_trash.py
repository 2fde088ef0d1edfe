"""Deleted models and versions: nothing predicts with them, and purging them loses no folder that another needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from azuraforge.database import Base
from azuraforge.errors import Conflict, NotFound, TransientError
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.needs import needed_runs, needed_versions
from azuraforge.models.registry.held_out import HeldOut
from azuraforge.models.schemas import PredictRequest
from azuraforge.models.tables import ModelVersion
from azuraforge.projects.schemas import RetentionPolicy
from tests.evaluations import EVALUATION

Make = Callable[..., Path]
HAND: dict[str, Any] = {"alias": "champion", "reason": "because", "by": "ayşe"}
KEPT = VerdictRecord(decision="kept", headline="kept", champion="x", reasons=[])
HELD_OUT = HeldOut("data1", "load", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))


def folders(system: Any, project_id: str) -> set[str]:
    root = system.folders.root(project_id)
    return {path.name for path in root.iterdir()} if root.is_dir() else set()


def test_a_deleted_model_is_out_of_reach_and_comes_back(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder(1.0))
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    trash = system.service.trash
    trash.delete(project_id, "load", None, "Ada")
    trash.delete(project_id, "load", None, "Bob")  # twice is once
    assert asyncio.run(system.service.lookup.list(project_id)).items == []
    [listed] = asyncio.run(system.service.lookup.list(project_id, trash=True)).items
    assert (listed.name, listed.deleted_by, listed.champion) == ("load", "Ada", 1)
    for attempt in (
        lambda: system.predict(project_id, "load", PredictRequest(), "ayşe"),
        lambda: system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND),
        lambda: system.service.aliases.history(project_id, "load").items,
    ):
        with pytest.raises(NotFound, match="'load' is in the trash") as refused:
            attempt()
        assert "azuraforge models restore load" in refused.value.next_step
    assert system.service.reads.show(project_id, listed.id).version_list[0].model == "load"
    assert trash.restore(project_id, listed.id, None).name == "load"
    assert system.service.reads.show(project_id, "load").deleted_at is None
    assert [line.version for line in system.service.aliases.history(project_id, "load").items] == [1]
    told = [event.type for event in system.events.read(project_id, "project")]
    assert told == ["model.version_added", "model.promoted", "model.deleted", "model.restored"]


def test_a_name_is_free_again_while_its_model_is_in_the_trash(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder(1.0))
    system.service.trash.delete(project_id, "load", None, "Ada")
    assert system.add_version(project_id, make_folder(2.0)).version == 1
    with pytest.raises(Conflict, match="another model is now named 'load'"):
        system.service.trash.restore(project_id, "load", None)


def test_a_champion_is_not_deleted_but_a_former_one_is(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (1.0, 2.0):
        system.add_version(project_id, make_folder(step))
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    with pytest.raises(Conflict, match="alias 'champion' of model 'load' points to version 1"):
        system.service.trash.delete(project_id, "load", 1, "Ada")
    system.service.aliases.promote_by_hand(project_id, "load", 2, **HAND)
    system.service.trash.delete(project_id, "load", 1, "Ada")
    assert [each.version for each in system.service.reads.show(project_id, "load").version_list] == [2]
    assert system.service.reads.show_version(project_id, "load", 1).deleted_by == "Ada"
    for attempt in (
        lambda: system.service.aliases.rollback_by_hand(project_id, "load", **HAND),
        lambda: system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND),
        lambda: system.predict(project_id, "load", PredictRequest(version=1), "ayşe"),
    ):
        with pytest.raises(NotFound, match="version 1 of model 'load' is in the trash"):
            attempt()
    system.service.trash.restore(project_id, "load", 1)
    assert system.service.aliases.rollback_by_hand(project_id, "load", **HAND).version == 1


def test_a_purged_version_keeps_its_number_and_its_line(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (1.0, 2.0):
        system.add_version(project_id, make_folder(step))
    system.service.aliases.promote_by_hand(project_id, "load", 2, **HAND)
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    system.service.trash.delete(project_id, "load", 2, "Ada")
    purged = system.service.trash.purge(project_id, None)
    assert purged.counts == {"model_versions": 1}
    assert purged.bytes > 0
    assert len(folders(system, project_id)) == 1
    for attempt in (
        lambda: system.service.reads.show_version(project_id, "load", 2),
        lambda: system.service.trash.restore(project_id, "load", 2),
        lambda: system.service.aliases.rollback_by_hand(project_id, "load", **HAND),
    ):
        with pytest.raises(NotFound, match="no version 2"):
            attempt()
    assert system.add_version(project_id, make_folder(3.0)).version == 3
    assert [line.version for line in system.service.aliases.history(project_id, "load").items] == [1, 2]
    assert asyncio.run(system.service.lookup.list(project_id)).items[0].versions == 2


def test_a_folder_stays_as_long_as_another_version_names_it(system: Any, project_id: str, make_folder: Make) -> None:
    folder = make_folder(1.0)
    for model in ("one", "two"):
        system.add_version(project_id, folder, model=model)
    system.service.trash.delete(project_id, "one", None, "Ada")
    purged = system.service.trash.purge(project_id, None)
    assert (purged.counts["models"], purged.bytes) == (1, 0)
    version = system.service.reads.show(project_id, "two").version_list[0]
    system.folders.verify(project_id, version.content_hash)
    system.service.trash.delete(project_id, "two", None, "Ada")
    assert system.service.trash.purge(project_id, None).bytes > version.bytes  # its manifest, too
    assert folders(system, project_id) == set()


def test_a_purged_model_leaves_nothing_but_what_was_looked_at(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder(1.0))
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)

    def judge(session: Any) -> None:
        verdict: dict[str, Any] = {"evaluation": EVALUATION, "verdict": KEPT, "held_out": HELD_OUT}
        system.service.registry.store_evaluation(session, "run1", "load", 1, **verdict)

    def looked_at() -> int:
        with system.database.read(project_id) as session:
            return system.service.held_out.earlier(session, HELD_OUT)

    system.database.write(project_id, judge)
    assert looked_at() == 1
    system.service.trash.delete(project_id, "load", None, "Ada")
    system.service.trash.purge(project_id, None)
    assert looked_at() == 1
    with system.database.read(project_id) as session:
        for table in Base.metadata.tables.values():
            if table.name.startswith("model") or table.name in ("prediction", "evaluation"):
                mine = table.c.project_id == project_id
                count = select(func.count()).select_from(table).where(mine)
                assert session.connection().execute(count).scalar() == 0, table.name


def test_versions_need_the_run_that_made_them_and_their_rows(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder(1.0), run_id="run1", dataset_version=4)
    trash = system.service.trash

    def needed() -> tuple[Any, Any]:
        with system.database.read(project_id) as session:
            runs = needed_runs(session, ["run1", "run2"])
            return runs, needed_versions(session, "data1")

    runs, versions = needed()
    assert list(runs) == ["run1"]
    assert list(versions) == [4]
    assert (runs["run1"].noun, runs["run1"].name, runs["run1"].version) == ("model", "load", 1)
    trash.delete(project_id, "load", None, "Ada")
    assert needed() == (runs, versions)  # it may be restored
    trash.purge(project_id, None)
    assert needed() == ({}, {})


def test_a_folder_freed_before_its_version_is_added_is_noticed(system: Any, project_id: str, make_folder: Make) -> None:
    folder = make_folder(1.0)
    import_folder = system.service.registry.import_folder

    def import_then_sweep(*given: Any) -> Any:
        imported = import_folder(*given)
        assert system.service.trash.sweep(project_id, 0) > 0
        return imported

    system.service.registry.import_folder = import_then_sweep
    with pytest.raises(TransientError, match="were deleted before it was registered"):
        system.add_version(project_id, folder)
    system.service.registry.import_folder = import_folder
    assert system.add_version(project_id, folder).version == 1
    assert system.service.trash.sweep(project_id, 0) == 0


def test_who_objects_is_heard(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder(1.0))

    def object_to(session: Any, name: str) -> None:
        raise Conflict(f"a run learns for {name} in {session.project_id}")

    system.objections.append(object_to)
    with pytest.raises(Conflict, match=f"learns for load in {project_id}"):
        system.service.trash.delete(project_id, "load", None, "Ada")


def test_other_projects_neither_delete_nor_purge(
    system: Any, project_id: str, other_project_id: str, make_folder: Make
) -> None:
    system.add_version(project_id, make_folder(1.0))
    trash = system.service.trash
    for version in (None, 1):
        with pytest.raises(NotFound):
            trash.delete(other_project_id, "load", version, "Eve")
        with pytest.raises(NotFound):
            trash.restore(other_project_id, "load", version)
    trash.delete(project_id, "load", None, "Ada")
    [item] = asyncio.run(system.service.lookup.list(project_id, trash=True)).items
    with pytest.raises(NotFound):
        trash.restore(other_project_id, item.id, None)
    assert trash.purge(other_project_id, None).counts["models"] == 0
    with system.database.read(project_id) as session:
        contents = trash.contents(session, project_id, RetentionPolicy())
    assert (contents.count, contents.items[0].name, contents.bytes > 0) == (1, "load", True)


class Sequences(RuleBasedStateMachine):
    """Any sequence of training, promoting, deleting, restoring and purging."""

    system: Any
    project_id: str
    make: Make

    @initialize()
    def begin(self) -> None:
        self.trash = self.system.service.trash
        self.begun = True

    @rule(step=st.sampled_from([1.0, 2.0, 3.0]), model=st.sampled_from(["one", "two"]))
    def train(self, step: float, model: str) -> None:
        self.system.add_version(self.project_id, self.make(step), model=model)

    @rule(number=st.integers(0, 20))
    def promote(self, number: int) -> None:
        for name, version in self._pick(number):
            if version not in (self.system.service.reads.show(self.project_id, name).champion,):
                self.system.service.aliases.promote_by_hand(self.project_id, name, version, **HAND)

    @rule(number=st.integers(0, 20), whole=st.booleans())
    def delete(self, number: int, whole: bool) -> None:
        for name, version in self._pick(number):
            champion = self.system.service.reads.show(self.project_id, name).champion
            try:
                self.trash.delete(self.project_id, name, None if whole else version, "Ada")
                assert whole or version != champion
            except Conflict:
                assert version == champion

    @rule()
    def restore(self) -> None:
        taken = {each.name for each in asyncio.run(self.system.service.lookup.list(self.project_id)).items}
        for each in asyncio.run(self.system.service.lookup.list(self.project_id, trash=True)).items:
            if each.name not in taken:
                self.trash.restore(self.project_id, each.id, None)
                return

    @rule()
    def purge(self) -> None:
        self.trash.purge(self.project_id, None)
        assert asyncio.run(self.system.service.lookup.list(self.project_id, trash=True)).items == []

    @invariant()
    def every_folder_has_a_version_and_every_version_a_folder(self) -> None:
        if not hasattr(self, "begun"):
            return
        with self.system.database.read(self.project_id) as session:
            mine = (ModelVersion.project_id == self.project_id, ModelVersion.purged_at.is_(None))
            named = set(session.scalars(select(ModelVersion.content_hash).where(*mine)))
        assert folders(self.system, self.project_id) == named

    def teardown(self) -> None:
        if hasattr(self, "begun"):
            for each in asyncio.run(self.system.service.lookup.list(self.project_id)).items:
                self.trash.delete(self.project_id, each.name, None, "Ada")
            self.trash.purge(self.project_id, None)
            assert folders(self.system, self.project_id) == set()

    def _pick(self, number: int) -> list[tuple[str, int]]:
        service = self.system.service
        names = [each.name for each in asyncio.run(service.lookup.list(self.project_id)).items]
        known = [
            (name, each.version) for name in names for each in service.reads.show(self.project_id, name).version_list
        ]
        return [known[number % len(known)]] if known else []


@pytest.mark.sqlite_only
def test_no_sequence_loses_a_folder_or_leaves_one(system: Any, project_id: str, make_folder: Make) -> None:
    made = {step: make_folder(step) for step in (1.0, 2.0, 3.0)}
    given = {"system": system, "project_id": project_id, "make": staticmethod(made.__getitem__)}
    machine: Any = type("Machine", (Sequences,), given)
    machine.TestCase.settings = settings(
        max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine.TestCase().runTest()
