"""Entry points of children are named in text, which no type checker follows."""

from __future__ import annotations

import re
from pathlib import Path

import azuraforge

PACKAGE = Path(azuraforge.__path__[0])


def test_every_entry_point_that_the_code_names_exists():
    """Nothing is imported: that would take seconds."""
    named = {
        entry
        for path in PACKAGE.rglob("*.py")
        for entry in re.findall(r'"(azuraforge(?:\.\w+)+:\w+)"', path.read_text(encoding="utf-8"))
    }
    assert len(named) > 15
    missing = []
    for entry in sorted(named):
        module, _, name = entry.partition(":")
        path = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
        if not path.exists() or not re.search(rf"^def {name}\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            missing.append(entry)
    assert not missing
