"""Versions are only added, aliases only move, and every move can be read and undone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azuraforge.clock import utc_now
from azuraforge.database import Session
from azuraforge.datasets import store as dataset_store
from azuraforge.datasets.messages import ReadResult
from azuraforge.errors import Conflict, InvalidInput, NotFound, StorageError
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.registry.held_out import HeldOut
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from tests.evaluations import EVALUATION
from tests.models.ledger_lines import ledger_lines

Make = Callable[..., Path]
HAND: dict[str, Any] = {"alias": "champion", "reason": "because", "by": "ayşe"}


def test_versions_are_numbered_and_keep_their_lineage(system: Any, project_id: str, make_folder: Make) -> None:
    first = system.add_version(project_id, make_folder(1.0), metrics={"rmse": 0.5})
    second = system.add_version(project_id, make_folder(2.0), parent_version=1, run_id="run2", seed=7)
    assert (first.version, second.version) == (1, 2)
    shown = system.service.reads.show(project_id, "load")
    assert [version.version for version in shown.version_list] == [2, 1]
    assert (shown.target, shown.unit, shown.champion, shown.versions) == ("load", "kW", None, 2)
    detail = system.service.reads.show_version(project_id, "load", 2)
    assert (detail.parent_version, detail.run_id, detail.seed) == (1, "run2", 7)
    assert detail.learned_from.end == "2026-02-01T00:00:00Z"
    assert detail.content_hash != first.content_hash
    assert system.service.reads.show_version(project_id, "load", 1).metrics == {"rmse": 0.5}


def test_who_was_champion_when(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (1.0, 2.0):
        system.add_version(project_id, make_folder(step))
    before = utc_now()
    time.sleep(0.01)
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    between = utc_now()
    time.sleep(0.01)
    system.service.aliases.promote_by_hand(project_id, "load", 2, **{**HAND, "reason": "better at night"})
    assert system.service.aliases.history(project_id, "load", "champion", before).items == []
    assert system.service.aliases.history(project_id, "load", "champion", between).items[0].version == 1
    now = system.service.aliases.history(project_id, "load", "champion").items
    assert [(line.version, line.previous_version, line.action) for line in now] == [
        (2, 1, "promote"),
        (1, None, "promote"),
    ]
    assert (now[0].reason, now[0].by) == ("better at night", "ayşe")
    newest = system.service.aliases.history(project_id, "load", limit=1)
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)  # between two pages
    older = system.service.aliases.history(project_id, "load", after=newest.next)
    assert ([*newest.items, *older.items], older.next) == (now, None)
    assert older.items[0].until == newest.items[0].at
    system.service.aliases.rollback_by_hand(project_id, "load", **HAND)
    assert asyncio.run(system.service.lookup.list(project_id)).items[0].champion == 2


def test_rollback_goes_back_step_by_step(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (1.0, 2.0, 3.0):
        system.add_version(project_id, make_folder(step))
        system.service.aliases.promote_by_hand(project_id, "load", int(step), **HAND)
    target = system.service.aliases.rollback_target(project_id, "load", "champion")
    assert (target.from_version, target.to_version, target.reason) == (3, 2, HAND["reason"])
    back = [system.service.aliases.rollback_by_hand(project_id, "load", **HAND).version for _ in range(2)]
    assert back == [2, 1]
    assert system.service.aliases.rollback_target(project_id, "load", "champion").to_version is None
    assert system.service.aliases.rollback_target(project_id, "load", "night").from_version is None
    with pytest.raises(Conflict, match="is the first version that alias"):
        system.service.aliases.rollback_by_hand(project_id, "load", **HAND)
    system.service.aliases.promote_by_hand(project_id, "load", 3, **HAND)
    assert system.service.aliases.rollback_by_hand(project_id, "load", **HAND).version == 1
    assert len(system.service.aliases.history(project_id, "load").items) == 7


def test_a_repeated_rollback_changes_nothing(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (1.0, 2.0, 3.0):
        system.add_version(project_id, make_folder(step))
        system.service.aliases.promote_by_hand(project_id, "load", int(step), **HAND)
    rollback = system.service.aliases.rollback_by_hand
    assert rollback(project_id, "load", **HAND, from_version=3).version == 2
    with pytest.raises(Conflict, match="does not point to version 3"):
        rollback(project_id, "load", **HAND, from_version=3)
    system.service.trash.delete(project_id, "load", 1, "ayşe")
    assert system.service.aliases.rollback_target(project_id, "load", "champion").to_version is None
    assert asyncio.run(system.service.lookup.list(project_id)).items[0].champion == 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.integers(0, 3), max_size=12))
def test_rollback_is_the_inverse_of_promotion(
    system: Any, project_id: str, make_folder: Make, moves: list[int]
) -> None:
    """Against the obvious model: a stack. 0 rolls back, 1 to 3 promote that version."""
    name = f"m{time.monotonic_ns()}"
    folder = next(iter(Path(system.folders._artifacts.parent).glob("predictor-*")), None) or make_folder()
    for _ in range(3):
        system.add_version(project_id, folder, model=name)
    stack: list[int] = []

    def repeat(move: int) -> None:
        if move:
            system.service.aliases.promote_by_hand(project_id, name, move, **HAND)
        else:
            system.service.aliases.rollback_by_hand(project_id, name, **HAND)

    for move in moves:
        if move and (not stack or stack[-1] != move):
            stack.append(move)
            system.service.aliases.promote_by_hand(project_id, name, move, **HAND)
        elif not move and len(stack) > 1:
            stack.pop()
            system.service.aliases.rollback_by_hand(project_id, name, **HAND)
        else:
            with pytest.raises(Conflict):
                repeat(move)
        assert system.service.reads.show(project_id, name).champion == (stack[-1] if stack else None)


def test_a_promotion_and_the_runs_end_are_one_transaction(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder())

    def half(session: Session) -> None:
        system.service.aliases.promote(session, "load", 1, reason="gate", by="gate", run_id="run1")
        raise RuntimeError("the worker was replaced")

    with pytest.raises(RuntimeError):
        system.database.write(project_id, half)
    assert system.service.reads.show(project_id, "load").champion is None
    assert system.service.aliases.history(project_id, "load").items == []
    assert not [event for event in system.events.read(project_id, "project") if event.type == "model.promoted"]


def test_the_gate_does_not_replace_a_champion_that_it_never_saw(
    system: Any, project_id: str, make_folder: Make
) -> None:
    for step in (1.0, 2.0, 3.0):
        system.add_version(project_id, make_folder(step))

    def promote(version: int, expected: int | None) -> None:
        system.database.write(
            project_id,
            lambda session: system.service.aliases.promote(
                session, "load", version, reason="gate", by="gate", expected=expected
            ),
        )

    promote(1, None)
    promote(2, 1)
    with pytest.raises(Conflict, match="now points to version 2, not 1") as caught:
        promote(3, 1)
    assert caught.value.error_code == "champion_changed"
    with pytest.raises(Conflict, match="now points to version 2, not None"):
        promote(3, None)
    assert system.service.reads.show(project_id, "load").champion == 2


def test_a_version_that_does_not_verify_is_not_promoted_by_hand(
    system: Any, project_id: str, make_folder: Make
) -> None:
    rows = [system.add_version(project_id, make_folder(step)) for step in (1.0, 2.0)]
    for version in (1, 2):
        system.service.aliases.promote_by_hand(project_id, "load", version, **HAND)
    (system.folders.path(project_id, rows[0].content_hash) / "preprocessing.json").write_text("{}")
    with pytest.raises(StorageError, match=r"preprocessing\.json was changed"):
        system.service.aliases.rollback_by_hand(project_id, "load", **HAND)
    with pytest.raises(StorageError, match=r"preprocessing\.json was changed"):
        system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    assert system.service.reads.show(project_id, "load").champion == 2


def test_a_version_promoted_by_hand_is_no_candidate_any_more(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (1.0, 2.0):
        system.add_version(project_id, make_folder(step))
    system.service.aliases.promote_by_hand(project_id, "load", 2, **{**HAND, "alias": "candidate"})
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    assert system.service.reads.show_version(project_id, "load", 2).aliases == ["candidate"]

    system.service.aliases.promote_by_hand(project_id, "load", 2, **HAND)

    assert system.service.reads.show_version(project_id, "load", 2).aliases == ["champion"]
    last = system.service.aliases.history(project_id, "load", "candidate").items[0]
    assert (last.action, last.reason) == ("remove", "version 2 is champion")


def test_wrong_names_are_answered_with_what_to_do(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder())
    with pytest.raises(NotFound, match="model 'laod' does not exist") as caught:
        system.service.reads.show(project_id, "laod")
    assert "did you mean 'load'" in caught.value.next_step
    with pytest.raises(NotFound, match="no version 9"):
        system.service.aliases.promote_by_hand(project_id, "load", 9, **HAND)
    with pytest.raises(InvalidInput, match="is not a valid alias"):
        system.service.aliases.promote_by_hand(project_id, "load", 1, **{**HAND, "alias": "Cham pion"})
    with pytest.raises(Conflict, match="has no alias 'candidate', so it cannot be rolled back"):
        system.service.aliases.rollback_by_hand(project_id, "load", **{**HAND, "alias": "candidate"})
    for name in ("", "..", "a/b", "a b", "x" * 201):
        with pytest.raises(InvalidInput, match="is not a valid model name"):
            system.add_version(project_id, next(system.folders._artifacts.parent.glob("predictor-*")), model=name)


def test_another_projects_models_do_not_exist(
    system: Any, project_id: str, other_project_id: str, make_folder: Make
) -> None:
    folder = make_folder()
    system.add_version(project_id, folder)
    assert asyncio.run(system.service.lookup.list(other_project_id)).items == []
    for ask in (
        lambda: system.service.reads.show(other_project_id, "load"),
        lambda: system.service.aliases.history(other_project_id, "load").items,
        lambda: system.service.aliases.promote_by_hand(other_project_id, "load", 1, **HAND),
        lambda: system.service.aliases.rollback_by_hand(other_project_id, "load", **HAND),
        lambda: ledger_lines(system.database, other_project_id, "load", 10),
    ):
        with pytest.raises(NotFound):
            ask()
    system.add_version(other_project_id, folder)
    assert [model.versions for model in asyncio.run(system.service.lookup.list(other_project_id)).items] == [1]


def february(dataset_id: str, target: str, first: int, last: int) -> HeldOut:
    return HeldOut(dataset_id, target, datetime(2026, 2, first, tzinfo=UTC), datetime(2026, 2, last, tzinfo=UTC))


def test_evaluations_are_kept_with_their_verdict_and_counted(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder())
    held_out = replace(february("data1", "load", 1, 28), fingerprint="f" * 64)
    verdict = VerdictRecord(decision="kept", headline="kept", champion="x", reasons=[])
    for run_id in ("run1", "run2"):
        system.database.write(
            project_id,
            lambda session, run_id=run_id: system.service.registry.store_evaluation(
                session,
                run_id,
                "load",
                1,
                evaluation=EVALUATION,
                verdict=verdict,
                held_out=held_out,
            ),
        )
    with system.database.read(project_id) as session:
        assert system.service.held_out.earlier(session, held_out) == 2
        moved_by_a_day = february("data1", "load", 2, 28)
        longer = HeldOut("data1", "load", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
        for same in (moved_by_a_day, longer, february("data1", "load", 10, 11)):
            assert system.service.held_out.earlier(session, same) == 2
        before = HeldOut("data1", "load", datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC))
        for other in (before, february("data2", "load", 1, 28), february("data1", "price", 1, 28)):
            assert system.service.held_out.earlier(session, other) == 0
        renamed = replace(february("data2", "load", 20, 28), fingerprint="f" * 64)
        assert system.service.held_out.earlier(session, renamed) == 2
        assert system.service.held_out.earlier(session, replace(renamed, target="price")) == 0
    found = system.service.reads.evaluation(project_id, "run2")
    assert (found.model, found.version, found.evaluation, found.verdict) == ("load", 1, EVALUATION, verdict)
    with pytest.raises(NotFound, match="has no evaluation"):
        system.service.reads.evaluation(project_id, "run3")


def _version(system: Any, project_id: str, name: str, fingerprint: str, file_sha256: str | None) -> str:
    """A version of a dataset, as a row; nobody reads its file here."""

    def work(session: Any) -> str:
        read = ReadResult(
            segments=(), made={}, fingerprint=fingerprint, file_sha256=file_sha256, rows=9,
            columns=DatasetSchema(target="load"), options={}, start_at=None, end_at=None, provenance={}, findings=(),
        )  # fmt: skip
        owner = dataset_store.find_or_add(session, name)
        dataset_store.add_version(session, owner.id, read, "file", None)
        return owner.id

    found: str = system.database.write(project_id, work)
    return found


def test_the_same_data_under_another_name_was_looked_at_all_the_same(
    system: Any, project_id: str, other_project_id: str
) -> None:
    """One file under two names, read with other options; a version that grew, and what was added from that one."""
    first = _version(system, project_id, "load", "a" * 64, "1" * 64)
    _version(system, project_id, "load", "b" * 64, "2" * 64)
    same_file = _version(system, project_id, "again", "c" * 64, "1" * 64)
    grown = _version(system, project_id, "grown", "b" * 64, None)
    chained = _version(system, project_id, "chained", "d" * 64, "2" * 64)
    other = _version(system, project_id, "another", "e" * 64, "3" * 64)
    foreign = _version(system, other_project_id, "load", "a" * 64, "1" * 64)

    def looked(project: str, dataset_id: str, fingerprint: str) -> int:
        held_out = replace(february(dataset_id, "load", 1, 28), fingerprint=fingerprint)
        with system.database.read(project) as session:
            return int(system.service.held_out.earlier(session, held_out))

    system.service.held_out.reserve_now(
        project_id, "run1", 1, replace(february(first, "load", 10, 20), fingerprint="a" * 64)
    )
    assert looked(project_id, first, "b" * 64) == 1
    assert looked(project_id, same_file, "c" * 64) == 1
    assert looked(project_id, grown, "b" * 64) == 1
    assert looked(project_id, chained, "d" * 64) == 1
    assert looked(project_id, other, "e" * 64) == 0
    assert looked(other_project_id, foreign, "a" * 64) == 0


def test_a_purged_dataset_takes_no_part_of_the_chain_with_it(system: Any, project_id: str) -> None:
    """The link between what the first look saw and what is asked about was a dataset that is gone: its look stays."""
    link = replace(february("gone", "load", 1, 28), fingerprint="b" * 64, file_sha256="1" * 64)
    system.service.held_out.reserve_now(
        project_id, "run1", 1, replace(february("first", "load", 1, 28), fingerprint="b" * 64)
    )
    system.service.held_out.reserve_now(project_id, "run2", 1, link)
    asked = replace(february("new", "load", 1, 28), fingerprint="c" * 64, file_sha256="1" * 64)
    with system.database.read(project_id) as session:
        assert system.service.held_out.earlier(session, asked) == 2


def test_of_simultaneous_looks_each_knows_those_before_it(system: Any, project_id: str) -> None:
    held_out = replace(february("data1", "load", 1, 28), fingerprint="f" * 64)

    def look(number: int) -> int:
        return int(system.service.held_out.reserve_now(project_id, f"run{number}", 1, held_out))

    with ThreadPoolExecutor(8) as threads:
        told = sorted(threads.map(look, range(16)))
    assert told == list(range(16))
    assert sorted(look(number) for number in range(16)) == told  # asked again, each run is told the same
    first = next(number for number in range(16) if look(number) == 0)
    assert system.service.held_out.reserve_now(project_id, f"run{first}", 2, held_out) == 0
    assert look(99) == 16


def test_each_change_is_an_event(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (1.0, 2.0):
        system.add_version(project_id, make_folder(step))
        system.service.aliases.promote_by_hand(project_id, "load", int(step), **HAND)
    system.service.aliases.rollback_by_hand(project_id, "load", **HAND)
    told = [(event.type, event.data["version"]) for event in system.events.read(project_id, "project")]
    assert told == [
        ("model.version_added", 1),
        ("model.promoted", 1),
        ("model.version_added", 2),
        ("model.promoted", 2),
        ("model.rolled_back", 1),
    ]
