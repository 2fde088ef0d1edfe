"""Places of the files of segments."""

from __future__ import annotations

from pathlib import Path

#: Number of rows of a segment. Segments begin at multiples of it, so that equal logs have equal segments.
SEGMENT_ROWS = 8192
SUFFIX = ".safetensors"


def folder_of(artifacts: Path, project_id: str) -> Path:
    """Return the folder of a project's segments."""
    return artifacts / project_id / "feeds"


def path_of(folder: Path, address: str) -> Path:
    """Return the path of the segment with this address."""
    return folder / f"{address}{SUFFIX}"
