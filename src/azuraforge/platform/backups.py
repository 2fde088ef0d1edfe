"""Record of the backups of a data home, used by error messages that name the newest one."""

from __future__ import annotations

import contextlib
import json
import shlex
from pathlib import Path

from azuraforge.database import soundness
from azuraforge.database.backups import archive, placing
from azuraforge.database.backups.service import Place
from azuraforge.errors import AzuraError, InvalidInput
from azuraforge.messages import Message
from azuraforge.settings import Settings, default_home

_KEPT = 50


def remember(settings: Settings, file: Path) -> None:
    """Record the path of a backup. If the data home is not writable, only this record is skipped."""
    noted = [str(file), *(each for each in _noted(settings) if each != str(file))]
    with contextlib.suppress(OSError):
        draft = _notes(settings).with_suffix(".draft")
        draft.write_text(json.dumps(noted[:_KEPT]), encoding="utf-8")
        draft.replace(_notes(settings))


def newest(settings: Settings, place: Place) -> Path | None:
    """Return the newest readable backup among the recorded paths and in the data home; None if there is none."""
    dialect = "sqlite" if place.is_sqlite else "postgresql"
    found = []
    for path in {*map(Path, _noted(settings)), *settings.home.glob("*.backup")}:
        with contextlib.suppress(InvalidInput):
            manifest = archive.read(path)
            if manifest.dialect == dialect:
                found.append((manifest.created_at, path))
    return max(found)[1] if found else None


def way_back(settings: Settings, place: Place, *, replace: bool) -> Message:
    """Return a sentence that names the newest backup and the command that restores it.

    Without a backup, it names the copy that an earlier restore kept, or states the command alone. With ``replace``,
    the command also replaces a database that contains rows.
    """
    options = ["--replace"] if replace else []
    if (backup := newest(settings, place)) is not None:
        command = command_of(settings, "database", "restore", str(backup), *options)
        return Message("restore the newest backup: {command}", {"command": command})
    if place.is_sqlite and (kept := _kept_sound(place.path)) is not None:
        written = [path for path in placing.journals(kept) if not path.name.endswith("-shm")]
        journals = [path for path in written if path.is_file() and path.stat().st_size]
        renaming = _renaming(kept, journals, place.path)
        return Message(
            "no backup is known, but an earlier restore kept {kept}; to use this file: {renaming}",
            {"kept": kept, "renaming": renaming},
        )
    command = command_of(settings, "database", "restore", "FILE", *options)
    return Message("no backup is known; if you have one, run {command}", {"command": command})


def command_of(settings: Settings, *words: str) -> str:
    """Return an ``azuraforge`` command for this data home, quoted for a shell."""
    home = [] if settings.home == default_home() else ["--home", str(settings.home)]
    return shlex.join(["azuraforge", *words, *home])


def _kept_sound(path: Path) -> Path | None:
    for kept in reversed(placing.kept(path)):
        with contextlib.suppress(AzuraError):
            if soundness.problem_of(kept) is None:
                return kept
    return None


def _renaming(kept: Path, journals: list[Path], path: Path) -> Message:
    pairs = [(each, path.with_name(path.name + each.name.removeprefix(kept.name))) for each in (kept, *journals)]
    found = [str(each) for each in (path, *placing.journals(path)) if each.exists()]
    commands = " && ".join(shlex.join(["mv", str(old), str(new)]) for old, new in pairs)
    if found:
        return Message("move {files} out of the folder, then {commands}", {"files": found, "commands": commands})
    return Message("{commands}", {"commands": commands})


def _notes(settings: Settings) -> Path:
    return settings.home / "backups.json"


def _noted(settings: Settings) -> list[str]:
    try:
        noted = json.loads(_notes(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(each) for each in noted] if isinstance(noted, list) else []
