"""Files of states that are too large for the database."""

from __future__ import annotations

from pathlib import Path

from azuraforge.runs.artifacts import ArtifactStore


class StateFiles(ArtifactStore):
    """Store of states at ``root/<project>/states/<first two digits>/<sha256>``.

    They are apart from the files of runs, because states are replaced every hour and have their own trash.
    """

    def folder(self, project_id: str) -> Path:
        return self.root / project_id / "states"
