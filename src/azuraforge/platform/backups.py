"""Memory of the backups that were made of a data home, for the moment in which one is needed."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from azuraforge.database import archive, placing
from azuraforge.database.backup import Place
from azuraforge.errors import InvalidInput
from azuraforge.settings import Settings

_KEPT = 50


def remember(settings: Settings, file: Path) -> None:
    """Note where a backup lies. A home that cannot be written keeps no note; the backup is made all the same."""
    noted = [str(file), *(each for each in _noted(settings) if each != str(file))]
    with contextlib.suppress(OSError):
        draft = _notes(settings).with_suffix(".draft")
        draft.write_text(json.dumps(noted[:_KEPT]), encoding="utf-8")
        draft.replace(_notes(settings))


def newest(settings: Settings, place: Place) -> Path | None:
    """Return the newest backup that is still where it was made, or lies in the data home; None where there is none."""
    dialect = "sqlite" if place.is_sqlite else "postgresql"
    found = []
    for path in {*map(Path, _noted(settings)), *settings.home.glob("*.backup")}:
        with contextlib.suppress(InvalidInput):
            manifest = archive.read(path)
            if manifest.dialect == dialect:
                found.append((manifest.created_at, path))
    return max(found)[1] if found else None


def way_back(settings: Settings, place: Place, *, replace: bool) -> str:
    """Return the sentence that names the newest backup and the command that restores it."""
    option = " --replace" if replace else ""
    if (backup := newest(settings, place)) is not None:
        return f"restore the newest backup: azuraforge database restore {backup}{option}"
    aside = placing.kept(place.path) if place.is_sqlite else []
    if aside:
        return f"no backup is known; an earlier restore kept {aside[-1]}: rename it to {place.path.name}"
    return f"no backup is known here; if you have one: azuraforge database restore FILE{option}"


def _notes(settings: Settings) -> Path:
    return settings.home / "backups.json"


def _noted(settings: Settings) -> list[str]:
    try:
        noted = json.loads(_notes(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(each) for each in noted] if isinstance(noted, list) else []
