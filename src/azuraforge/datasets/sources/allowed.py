"""Check of the paths that sources read: they must be inside folders that an administrator allowed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from azuraforge.errors import InvalidInput

SETTING = "AZURAFORGE_FOLDERS"


def allowed_path(text: str, folders: Sequence[Path], where: str) -> Path:
    """Return ``text`` as a resolved path. Raises InvalidInput unless it is absolute and inside one of ``folders``.

    The error, whose place is ``where``, does not reveal whether a path outside exists.
    """
    path = Path(text)
    resolved = _resolved(path)
    if not path.is_absolute() or "\0" in text or resolved is None or not is_inside(resolved, folders):
        raise InvalidInput(
            "{path!r} is not in a folder that may be read",
            where="{place}",
            next_step="write an absolute path, and ask an administrator to add its folder to {setting}",
            code="folder_refused",
            path=text[:200],
            place=where,
            setting=SETTING,
        )
    return resolved


def is_inside(path: Path, folders: Sequence[Path]) -> bool:
    """Return whether a resolved path is one of ``folders`` or inside one of them."""
    return any(path.is_relative_to(found) for found in map(_resolved, folders) if found is not None)


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # circular links or an invalid name
        return None
