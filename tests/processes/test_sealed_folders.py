"""Checkpoints: whole or not at all, never trusted unseen, and never lost to a full disk."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from azuraforge.errors import StorageError
from azuraforge.processes.sealed_folders import problem_with, seal, write_sealed
from azuraforge.runs.tables import Run


def write(text: str):
    return lambda folder: (folder / "weights.txt").write_text(text)


def test_a_sealed_folder_verifies_until_a_byte_of_it_changes(tmp_path):
    final = tmp_path / "10"
    sealed = write_sealed(final, write("abc"), {"step": 10})
    assert problem_with(final, sealed.sha256) is None
    assert sealed.bytes == 3
    (final / "weights.txt").write_text("abd")
    assert "was changed" in str(problem_with(final, sealed.sha256))
    (final / "weights.txt").write_text("ab")
    assert "was truncated" in str(problem_with(final, sealed.sha256))
    (final / "weights.txt").unlink()
    assert "is missing" in str(problem_with(final, sealed.sha256))


def test_a_foreign_file_a_link_and_another_manifest_are_seen(tmp_path):
    final = tmp_path / "10"
    sealed = write_sealed(final, write("abc"), {})
    (final / "extra").write_text("x")
    assert "unexpected file" in str(problem_with(final, sealed.sha256))
    (final / "extra").unlink()
    (final / "manifest.json").write_text('{"files":{}}')
    assert "manifest was changed" in str(problem_with(final, sealed.sha256))
    assert "is missing" in str(problem_with(tmp_path / "never", sealed.sha256))
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "a").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match="link"):
        seal(tmp_path / "linked", {})


def test_a_failing_writer_leaves_nothing(tmp_path):
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError, match="the disk is full"):
        write_sealed(tmp_path / "10", fail, {})
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_reported_by_a_library_in_words_is_the_same_sentence(tmp_path):
    def fail(folder: Path) -> None:
        raise RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")

    with pytest.raises(StorageError, match="the disk is full"):
        write_sealed(tmp_path / "10", fail, {})


def test_a_truncated_checkpoint_is_passed_over_and_the_attempt_says_so(stand):
    run = stand.wait(stand.create(steps=50, raise_at=45, error="user", raise_once=True).id)
    assert run.state == "failed"
    [newest] = (stand.settings.scratch / run.id / "checkpoints" / "train").glob("*/40/state.json")
    newest.write_bytes(newest.read_bytes()[:10])
    stand.service.resume(stand.project_id, run.id)
    run = stand.wait(run.id, lambda run: run.state != "queued" and run.attempt == 2 and run.finished_at)
    assert run.state == "succeeded"
    assert run.attempts[1].resumed_from_step == 30
    assert run.attempts[1].steps_recomputed == 15
    assert run.notes == ["The checkpoint of step 40 was skipped: state.json was truncated."]
    truncated = [data for type_, data in stand.events_of(run.id) if type_ == "run.metrics_truncated"]
    assert truncated == [{"after_step": 30, "attempt": 2, "series": ["loss"]}]
    [curve] = stand.service.metrics(stand.project_id, run.id).series
    assert curve.steps == list(range(1, 51))


def test_resumed_in_another_environment_a_run_is_no_longer_bit_reproducible(stand):
    run = stand.wait(stand.create(steps=30, raise_at=25, error="user", raise_once=True).id)
    assert run.bit_reproducible

    def other_machine(session):
        row = session.get(Run, (stand.project_id, run.id))
        row.environment = {**row.environment, "instruction_set": "another"}

    stand.database.write(stand.project_id, other_machine)
    stand.service.resume(stand.project_id, run.id)
    run = stand.wait(run.id, lambda run: run.attempt == 2 and run.finished_at)
    assert run.state == "succeeded"
    assert not run.bit_reproducible
    assert run.environment["instruction_set"] == "another"  # the first attempt's, as it was


def test_only_the_newest_checkpoints_are_kept(stand):
    run = stand.wait(stand.create(steps=50, every=5, raise_at=49, error="user").id)
    folders = (stand.settings.scratch / run.id / "checkpoints" / "train" / "1").iterdir()
    assert sorted(int(folder.name) for folder in folders) == [35, 40, 45]


def assert_full_then_resumed(stand, run, make_room) -> None:
    """The run failed with the sentence; after ``make_room`` it goes on from its last whole checkpoint."""
    assert (run.state, run.error.code) == ("failed", "storage")
    assert run.error.message == "the disk is full; a checkpoint could not be written"
    assert "resume" in run.error.next_step
    assert len(run.attempts) == 1
    kept = list((stand.settings.scratch / run.id / "checkpoints" / "train" / "1").iterdir())
    assert kept
    assert not [folder for folder in kept if folder.name.endswith(".tmp")]
    make_room()
    stand.service.resume(stand.project_id, run.id)
    run = stand.wait(run.id, lambda run: run.attempt == 2 and run.finished_at)
    assert run.state == "succeeded"
    assert run.attempts[1].resumed_from_step == max(int(folder.name) for folder in kept)


def test_a_file_that_may_not_grow_fails_the_run_with_a_sentence(stand, tmp_path):
    flag = tmp_path / "full"
    run = stand.create(steps=60, every=10, pause=0.02, ballast=100_000, limit_while=str(flag), limit_bytes=50_000)
    stand.wait(run.id, lambda run: run.progress.done > 22)
    flag.touch()
    assert_full_then_resumed(stand, stand.wait(run.id), flag.unlink)


def test_a_disk_that_is_really_full_fails_the_run_with_a_sentence(make_stand):
    stand = make_stand(start=False)
    scratch = stand.settings.scratch
    scratch.mkdir(parents=True)
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(scratch)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a small tmpfs cannot be mounted here; the RLIMIT_FSIZE variant has run")
    try:
        stand.supervisor.start()
        run = stand.wait(stand.create(steps=60, every=10, ballast=300_000).id)

        def make_room() -> None:
            subprocess.run(["mount", "-o", "remount,size=20m", str(scratch)], check=True)

        assert_full_then_resumed(stand, run, make_room)
    finally:
        stand.supervisor.stop()
        subprocess.run(["umount", "-l", str(scratch)], check=True)
