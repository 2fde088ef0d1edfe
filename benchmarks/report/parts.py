"""Long measurements in parts: each part is kept, and the next one goes on where the last one stopped."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from benchmarks.report import RESULTS, commit, machine


class Parts:
    """The parts that were measured so far with one commit, one machine and one set of options.

    Args:
        name: the benchmark's.
        options: everything that must be the same for parts to belong together.
    """

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        told = json.dumps([commit(), machine(), options], sort_keys=True)
        key = hashlib.sha256(told.encode()).hexdigest()[:12]
        self.path = RESULTS / "parts" / f"{name}-{key}.json"
        self.all: list[dict[str, Any]] = json.loads(self.path.read_text()) if self.path.exists() else []

    def add(self, part: dict[str, Any]) -> None:
        """Keep one more part."""
        self.all.append(part)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(self.all, ensure_ascii=False) + "\n")
        os.replace(draft, self.path)

    def clear(self) -> None:
        """Begin again."""
        self.all = []
        self.path.unlink(missing_ok=True)
