"""Train and validation rows that all trials of a study share, cut once.

A child that only cuts the same rows again would be half of what a small trial costs. What is kept is sealed, and
verified before each use; if it is gone or does not verify, the next trial cuts the parts again.
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

#: Time for which unused parts are kept by a separate worker, which is not notified of a study's end.
_KEPT_SECONDS = 3 * 24 * 3600.0
_TOLD = "parts.json"


class StudyParts:
    """A folder for each study: ``<project>/<study>/parts`` with ``parts.json``, which holds the split and the seal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, project_id: str, study_id: str) -> TrialSplit | None:
        """Return the result of the split, with the kept folder as its ``outputs``; None if none verifies."""
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
        """Keep a copy for later trials. Two concurrent calls keep two; a full disk keeps none."""
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
        """Remove old parts of studies that ended without this worker's notice."""
        before = time.time() - _KEPT_SECONDS
        for home in (self._folder / project_id).iterdir():
            with contextlib.suppress(OSError):
                if home.stat().st_mtime < before:
                    shutil.rmtree(home, ignore_errors=True)

    def _home(self, project_id: str, study_id: str) -> Path:
        return self._folder / project_id / study_id
