"""Train and validation sets that are cut once and shared by all trials of a study.

A child process that only cuts the same rows again would take half the time of a small trial. The stored parts are
sealed and verified before each use; if they are missing or damaged, the next trial cuts them again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

import orjson

from azuraforge.pipelines.shapes import TrialSplit
from azuraforge.processes.sealed_folders import problem_with, seal

#: Seconds after which unused parts are removed, because a separate worker does not learn when a study ends.
_KEPT_SECONDS = 3 * 24 * 3600.0
_TOLD = "parts.json"


class StudyParts:
    """Store with one folder per study, ``<project>/<study>/``: the parts, and ``parts.json`` with split and hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, project_id: str, study_id: str) -> TrialSplit | None:
        """Return the stored split, with the stored folder as its ``outputs``; None if there are no intact parts."""
        home = self._home(project_id, study_id)
        try:
            record = orjson.loads((home / _TOLD).read_bytes())
        except (OSError, ValueError):
            return None
        with contextlib.suppress(OSError):
            os.utime(home)
        parts = home / record["name"]
        if problem_with(parts, record["sha256"]) is not None:
            return None
        return TrialSplit.model_validate({**record["split"], "outputs": str(parts)})

    def keep(self, project_id: str, study_id: str, split: TrialSplit) -> None:
        """Store a copy of the parts of ``split`` for later trials, and remove the project's long unused parts.

        Two concurrent calls store two copies. Errors of the file system, such as a full disk, are ignored: no copy is
        stored then.
        """
        home = self._home(project_id, study_id)
        source = Path(split.outputs)
        name = f"parts-{source.parents[3].name}"  # <run>/phases/split/<attempt>/outputs
        with contextlib.suppress(OSError):
            shutil.rmtree(home / name, ignore_errors=True)
            shutil.copytree(source, home / name)
            sealed = seal(home / name, {})
            plain = split.model_dump(mode="json", exclude={"outputs"})
            record = orjson.dumps({"name": name, "sha256": sealed.sha256, "split": plain})
            written = home / f".{name}.json"
            written.write_bytes(record)
            written.replace(home / _TOLD)
            self._forget_old(project_id)

    def forget(self, project_id: str, study_id: str) -> None:
        """Remove the parts of a study that has ended."""
        shutil.rmtree(self._home(project_id, study_id), ignore_errors=True)

    def _forget_old(self, project_id: str) -> None:
        """Remove unused parts of studies whose end this worker did not see."""
        before = time.time() - _KEPT_SECONDS
        for home in (self._folder / project_id).iterdir():
            with contextlib.suppress(OSError):
                if home.stat().st_mtime < before:
                    shutil.rmtree(home, ignore_errors=True)

    def _home(self, project_id: str, study_id: str) -> Path:
        return self._folder / project_id / study_id
