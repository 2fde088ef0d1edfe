"""Fitting of members within a time limit; statistical members are fitted in forked processes."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge.apps.forecasting.auto.attempts import Attempt, attempts
from azuraforge.apps.forecasting.auto.candidates import MEMBERS, import_libraries, is_forked
from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.auto.limits import within
from azuraforge.plugins.contract.composition import LeftOutMember
from azuraforge.plugins.contract.pipeline import AnyPipeline, Checkpoint, RunContext
from azuraforge.plugins.contract.silent_run import SilentRun
from azuraforge.plugins.forecasting.config import ForecastConfig

_DONE, _TRIALS = "finished.json", ".trials"
#: Minimum seconds between checkpoints. Each writes every member to disk, so members learned faster share one.
_BETWEEN_CHECKPOINTS = 2.0

#: Function that learns one member, given its name, its pipeline and its run context.
Learn = Callable[[str, AnyPipeline, RunContext[ForecastConfig]], Any]


@dataclass
class Progress:
    """Finished work of a run over all of its attempts, which is stored in checkpoints.

    Attributes:
        members: fitted state of each finished member, by name.
        left_out: members that failed or were stopped and are not tried again, by name.
        seconds: wall time of each member, by name.
        trials: number of candidates that each member compared, by name.
        before: wall time in seconds that earlier attempts of the run spent, up to the checkpoint.
    """

    members: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, LeftOutMember] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    trials: dict[str, int] = field(default_factory=dict)
    before: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _kept: float = field(default_factory=time.monotonic)

    def is_due(self) -> bool:
        """Return whether at least ``_BETWEEN_CHECKPOINTS`` seconds have passed since the last checkpoint."""
        return time.monotonic() - self._kept >= _BETWEEN_CHECKPOINTS

    @property
    def spent(self) -> float:
        """Wall time in seconds of this and all earlier attempts; the time of members fitted in parallel counts once."""
        return self.before + time.monotonic() - self._began

    def save(self, folder: Path) -> None:
        self._kept = time.monotonic()
        save_members(self.members, folder)
        stored = {
            "members": sorted(self.members),
            "left_out": [each.model_dump(mode="json") for each in self.left_out.values()],
            "seconds": self.seconds,
            "trials": self.trials,
            "spent": self.spent,
        }
        (folder / _DONE).write_text(json.dumps(stored), encoding="utf-8")

    @classmethod
    def load(cls, checkpoint: Checkpoint | None) -> Progress:
        if checkpoint is None:
            return cls()
        stored = json.loads((checkpoint.folder / _DONE).read_text(encoding="utf-8"))
        members = {name: MEMBERS[name]().load(checkpoint.folder / name) for name in stored["members"]}
        left_out = [LeftOutMember.model_validate(each) for each in stored["left_out"]]
        return cls(
            members, {each.name: each for each in left_out}, stored["seconds"], stored["trials"], stored["spent"]
        )


def learn_members(
    run: RunContext[AutoConfig], names: Sequence[str], learn: Learn, progress: Progress, seconds: float, total: int
) -> None:
    """Fit the members ``names`` that no earlier attempt has finished, and add them to ``progress``.

    Args:
        run: run context of the ensemble, which stores the checkpoints.
        names: keys of ``MEMBERS``.
        learn: function that fits a member; called in a forked process if ``is_forked``.
        progress: finished work, updated in place.
        seconds: time limit; members that have not finished by then are stopped and left out.
        total: number of members in the whole run, for its progress.
    """
    deadline = time.monotonic() + seconds
    open_ = [name for name in names if name not in progress.members and name not in progress.left_out]
    config = _own(run.config)
    with tempfile.TemporaryDirectory(prefix="members-") as home:

        def make(name: str) -> None:
            folder = Path(home) / name
            folder.mkdir()
            random.seed(run.seed)
            np.random.seed(run.seed % 2**32)
            member = MEMBERS[name]()
            settings = member.Config.model_validate(config)
            assert isinstance(settings, ForecastConfig)
            learned = learn(name, member, SilentRun(settings, run.seed, run.threads, folder))
            member.save(learned, folder)
            (Path(home) / f"{name}{_TRIALS}").write_text(str(member.trials(learned)), encoding="utf-8")

        def ended(attempt: Attempt) -> None:
            name = attempt.name
            progress.seconds[name] = round(attempt.seconds, 3)
            if attempt.ended == "done":
                progress.members[name] = MEMBERS[name]().load(Path(home) / name)
                progress.trials[name] = int((Path(home) / f"{name}{_TRIALS}").read_text(encoding="utf-8"))
            else:
                progress.left_out[name] = LeftOutMember.of(name, attempt.ended, attempt.detail, progress.seconds[name])
            done = len(progress.members) + len(progress.left_out)
            run.progress(min(done, total), total, name)

        forked = {name: partial(make, name) for name in open_ if is_forked(name)}
        if forked:
            if seconds > 0:  # first imports of a process do not count as a member's time
                import_libraries(list(forked))
            for attempt in attempts(forked, max(1, run.threads), deadline - time.monotonic()):
                ended(attempt)
                if progress.is_due():
                    run.checkpoint(len(progress.members) + len(progress.left_out), progress.save)
        for name in (each for each in open_ if each not in forked):
            ended(_here(make, name, deadline))
    if open_:
        run.checkpoint(len(progress.members) + len(progress.left_out), progress.save)


def _here(make: Callable[[str], None], name: str, deadline: float) -> Attempt:
    """Fit a member in this process, and interrupt the fit at ``deadline``, in seconds of the monotonic clock."""
    began = time.monotonic()
    if began >= deadline:
        return Attempt(name, 0.0, "not_started")
    try:
        import_libraries([name])  # an interrupted import could not be repeated
        finished = within(deadline - time.monotonic(), partial(make, name))
    except Exception as error:  # a member that fails is left out
        reason = " ".join(str(error).split()) or type(error).__name__
        return Attempt(name, time.monotonic() - began, "failed", reason)
    return Attempt(name, time.monotonic() - began, "done" if finished else "stopped")


def _own(config: AutoConfig) -> dict[str, object]:
    """Return the settings that a member shares with the ensemble; its intervals are fixed, because they are unused."""
    own: dict[str, object] = {name: getattr(config, name) for name in ForecastConfig.model_fields}
    return own | {"intervals": "fixed"}


def save_members(members: Mapping[str, Any], folder: Path) -> None:
    """Save each member in its own subfolder of ``folder``."""
    for name, learned in members.items():
        own = folder / name
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir()
        MEMBERS[name]().save(learned, own)
