"""Kernels: made once, fixed for a run at its first attempt, and never the reason that a run fails."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path

import orjson
import pytest

from azuraforge.errors import UserError
from azuraforge.messages import speaking, translated
from azuraforge.processes.environment import differences
from azuraforge.processes.kernels import Kernels
from azuraforge.processes.launcher import Launcher
from azuraforge.processes.prepared import Prepared
from azuraforge.runs import handlers
from azuraforge.runs.handlers import Finish, PreparedRun
from azuraforge.runs.tables import Run
from azuraforge.settings import EngineSettings, Settings
from tests.stand import CHILD_PATH, Free, FreeSummary


def kernels_in(folder: Path, launcher: Launcher, **settings: str) -> tuple[Kernels, list]:
    """Kernels that lie in ``folder``, and the list of what is told about them."""
    told: list = []
    made = Kernels(launcher.call, EngineSettings(**settings), folder)
    made.start(told.append)
    return made, told


def made_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.o"))


def test_the_first_to_ask_compiles_and_the_next_finds_it(launcher, tmp_path):
    kernels, told = kernels_in(tmp_path / "cache", launcher)
    fixed = kernels.fix(None, 1)
    assert fixed.fields["backend"] == "cpu"
    assert fixed.fields["threads"] == 1
    assert fixed.folder == str(tmp_path / "cache")
    assert [news.state for news in told] == ["compiling", "ready"]
    assert told[1].seconds > 0
    assert made_in(tmp_path / "cache") == [f"{fixed.fields['instruction_set']}-{fixed.fields['kernels']}.o"]
    later, told_later = kernels_in(tmp_path / "cache", launcher)
    assert later.fix(None, 1) == fixed
    assert told_later == []


def test_two_platforms_fill_one_cache_at_once_and_one_of_them_compiles(tmp_path):
    launchers = [Launcher({"PYTHONPATH": CHILD_PATH}) for _ in range(2)]
    try:
        for each in launchers:
            each.start()
        both = [kernels_in(tmp_path / "cache", each) for each in launchers]
        fixed = [kernels.fix(None, 1) for kernels, _ in both]
    finally:
        for each in launchers:
            each.stop()
    assert fixed[0] == fixed[1]
    assert fixed[0].fields["backend"] == "cpu"
    assert sorted(len(told) for _, told in both) == [0, 2]
    assert len(made_in(tmp_path / "cache")) == 1


def test_more_threads_than_cores_are_cut_to_the_cores(launcher, tmp_path):
    kernels, _ = kernels_in(tmp_path / "cache", launcher, instruction_set="portable")
    assert kernels.fix(None, 10_000).fields["threads"] == os.cpu_count()
    assert kernels.fix(None, 10_000).fields["instruction_set"] == "portable"


@pytest.fixture
def unusable(tmp_path) -> Path:
    """A folder that kernels cannot be kept in, for root too."""
    folder = tmp_path / "cache"
    folder.write_text("a file")
    return folder


def test_where_kernels_cannot_be_kept_runs_use_the_reference_and_it_is_said_once(launcher, unusable):
    kernels, told = kernels_in(unusable, launcher)
    for _ in range(2):
        fixed = kernels.fix(None, 2)
        assert fixed.fields == {"backend": "reference", "instruction_set": "numpy", "threads": 2, "kernels": ""}
        assert fixed.folder is None
    assert [news.state for news in told] == ["unavailable"], "and nothing was compiled for it"
    assert f"cannot be stored in {unusable}" in str(told[0].detail)
    assert translated(told[0].detail, "tr") == f"derlenmiş çekirdekler {unusable} klasörüne kaydedilemiyor"


def test_a_request_for_kernels_only_is_refused_with_the_reason(launcher, unusable):
    kernels, _ = kernels_in(unusable, launcher, backend="cpu")
    with pytest.raises(UserError, match="cannot be stored") as refused:
        kernels.fix(None, 1)
    assert refused.value.error_code == "kernels_unavailable"
    assert "engine.backend" in refused.value.next_step


def test_without_the_compiler_runs_use_the_reference(tmp_path):
    broken = tmp_path / "broken" / "llvmlite"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('libLLVM is not for this machine')")
    launcher = Launcher({"PYTHONPATH": f"{broken.parent}{os.pathsep}{CHILD_PATH}"})
    launcher.start()
    try:
        kernels, told = kernels_in(tmp_path / "cache", launcher)
        assert kernels.fix(None, 1).fields["backend"] == "reference"
        assert kernels.folder is None
    finally:
        launcher.stop()
    assert [news.state for news in told] == ["unavailable"]
    assert "libLLVM is not for this machine" in str(told[0].detail)


def test_kernels_that_this_processor_cannot_execute_end_in_the_trial(launcher, tmp_path, monkeypatch):
    monkeypatch.setattr("azuraforge.processes.kernels.PREPARE", "engine_steps:die")
    kernels, told = kernels_in(tmp_path / "cache", launcher)
    assert kernels.fix(None, 1).fields["backend"] == "reference"
    assert "SIGILL" in str(told[0].detail)


def test_a_platform_that_stops_meanwhile_warns_of_nothing(tmp_path):
    launcher = Launcher({"PYTHONPATH": CHILD_PATH})
    launcher.start()
    kernels, told = kernels_in(tmp_path / "cache", launcher)
    launcher.stop()
    kernels.fix(None, 1)
    assert "unavailable" not in [news.state for news in told]


RECORDED = {"backend": "cpu", "instruction_set": "portable", "threads": 1, "kernels": "old"}


def test_a_later_attempt_keeps_the_backend_and_the_instruction_set_of_the_first(launcher):
    kernels, _ = kernels_in(Settings().kernels, launcher)
    assert kernels.fix({**RECORDED, "backend": "reference"}, 1).fields["backend"] == "reference"
    kept = kernels.fix(RECORDED, 1)
    assert (kept.fields["backend"], kept.fields["instruction_set"]) == ("cpu", "portable")
    assert kept.problem is None
    assert differences(RECORDED, kept.fields) == [f"kernels old → {kept.fields['kernels'][:12]}"]


def test_where_it_cannot_keep_it_a_later_attempt_takes_the_best_and_says_why(launcher):
    kernels, _ = kernels_in(Settings().kernels, launcher)
    elsewhere = kernels.fix({**RECORDED, "instruction_set": "avx4096"}, 1)
    assert elsewhere.fields == kernels.fix(None, 1).fields
    assert "avx4096" in str(elsewhere.problem)
    forbidden, _ = kernels_in(Settings().kernels, launcher, backend="reference")
    assert forbidden.fix(RECORDED, 1).fields["backend"] == "reference"
    assert "engine.backend has the value reference" in str(forbidden.fix(RECORDED, 1).problem)


class EngineHandler(handlers.Handler):
    """One phase that trains on the engine."""

    kind = "train"

    def prepare(self, project_id, request):
        return PreparedRun("learn", request.plugin, request.config)

    def execute(self, job):
        done = job.phase("learn", "engine_steps:learn", Free(job.run.config), share=1.0, result=Free)
        return Finish(FreeSummary(**done.value.root, outputs=str(done.outputs)))


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """A cache of this test's own."""
    folder = tmp_path / "kernels"
    monkeypatch.setenv("AZURAFORGE_ENGINE__KERNELS", str(folder))
    return folder


def test_a_run_says_what_it_was_trained_on_and_its_checkpoints_too(make_stand, launcher):
    stand = make_stand(EngineHandler())
    run = stand.create(steps=40, seed=3, pause=0.01)
    stand.wait(run.id, lambda run: run.environment is not None)
    checkpoints = stand.settings.scratch / run.id / "checkpoints" / "learn" / "1"
    saved = []

    def some_checkpoint(_) -> bool:
        # Named by its step alone once it is whole; older ones are removed while newer ones are written.
        with contextlib.suppress(FileNotFoundError):
            for path in (path for path in checkpoints.glob("*/manifest.json") if path.parent.name.isdecimal()):
                saved.append(orjson.loads(path.read_bytes())["environment"])
        return bool(saved)

    stand.wait(run.id, some_checkpoint)
    run = stand.wait(run.id)
    assert run.state == "succeeded", run.error
    said = {name: run.environment[name] for name in ("backend", "instruction_set", "threads", "kernels")}
    assert said == run.summary["engine"]
    assert said["backend"] == "cpu"
    assert said["instruction_set"] in ("avx512", "avx2", "portable")
    assert len(said["kernels"]) == 32
    assert run.environment["package"] == launcher.environment["package"]
    assert saved[0] == run.environment
    told = [data for type_, data in stand.events_of(run.id) if type_ == "run.environment"]
    assert told == [{"attempt": 1, "environment": run.environment, "bit_reproducible": True}]


def test_a_killed_run_whose_kernels_were_deleted_ends_with_the_same_bits(make_stand, tmp_path, cache):
    stand = make_stand(EngineHandler())
    undisturbed = stand.wait(stand.create(steps=60, seed=3).id)
    run = stand.create(steps=60, seed=3, pause=0.02, die_at=35, marker=str(tmp_path / "died"))
    stand.wait(run.id, lambda run: run.environment is not None)
    shutil.rmtree(cache)
    run = stand.wait(run.id)
    assert run.state == "succeeded", run.error
    assert len(run.attempts) == 2
    assert run.attempts[1].resumed_from_step == 30
    assert run.summary["weights"] == undisturbed.summary["weights"]
    assert run.bit_reproducible
    assert run.notes == []
    assert len(made_in(cache)) == 1, "the second attempt made them again"


def test_resumed_on_other_kernels_it_goes_on_and_says_what_differs(stand_that_fails_once):
    stand, run_id = stand_that_fails_once

    def other_release(session):
        row = session.get(Run, (stand.project_id, run_id))
        row.environment = {**row.environment, "kernels": "0123456789abcdef", "instruction_set": "avx4096"}

    stand.database.write(stand.project_id, other_release)
    stand.service.resume(stand.project_id, run_id)
    run = stand.wait(run_id, lambda run: run.attempt == 2 and run.finished_at)
    assert run.state == "succeeded", run.error
    assert not run.bit_reproducible
    [note] = run.notes
    with speaking("tr"):
        assert (
            stand.get(run_id).notes[0].startswith("Artık bit düzeyinde yinelenebilir değil: instruction_set avx4096 → ")
        )
    assert note.startswith("No longer reproducible bit for bit: instruction_set avx4096 → ")
    assert "kernels 0123456789ab → " in note
    assert "'avx4096' is not available" in note


@pytest.fixture
def stand_that_fails_once(make_stand, tmp_path):
    """A stand, and a run that died too often after its checkpoint of step 30."""
    stand = make_stand(EngineHandler(), max_consecutive_deaths=1)
    run = stand.wait(stand.create(steps=60, seed=3, die_at=35, marker=str(tmp_path / "died")).id)
    assert run.state == "quarantined"
    return stand, run.id


def test_by_setting_a_run_stays_on_the_reference(make_stand, monkeypatch):
    monkeypatch.setenv("AZURAFORGE_ENGINE__BACKEND", "reference")
    stand = make_stand(EngineHandler())
    run = stand.wait(stand.create(steps=20, seed=3).id)
    assert run.state == "succeeded", run.error
    assert run.environment["backend"] == run.summary["engine"]["backend"] == "reference"


def test_kernels_that_changed_under_a_running_platform_cost_a_run_one_attempt(make_stand):
    stand = make_stand(EngineHandler())
    kernels = stand.worker._kernels
    real = kernels.fix(None, 1).fields
    kernels._asked[None] = Future()
    kernels._asked[None].set_result(Prepared(instruction_set=real["instruction_set"], kernels="as they were", cores=1))
    run = stand.wait(stand.create(steps=20, seed=3).id)
    assert run.state == "succeeded", run.error
    assert "differ from those recorded" in run.attempts[0].reason
    assert run.summary["engine"]["kernels"] == real["kernels"]
    assert not run.bit_reproducible


def test_the_worker_never_loads_the_compiler():
    code = (
        "import sys; from azuraforge.runs.execution import worker; from azuraforge.processes import kernels;"
        "from azuraforge.platform import composition;"
        "print(sorted(name for name in sys.modules if name.startswith(('llvmlite', 'azuraforge.engine.backends.cpu'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
