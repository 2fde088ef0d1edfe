"""Numbers and aliases where many write at the same moment: as if they had come one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

from azuraforge.errors import Conflict

HAND: dict[str, Any] = {"alias": "champion", "reason": "because", "by": "ayşe"}


def test_versions_registered_at_once_have_numbers_without_gaps(
    system: Any, project_id: str, make_folder: Callable[..., Path]
) -> None:
    folder = make_folder()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: system.add_version(project_id, folder).version, range(24)))
    assert sorted(made) == list(range(1, 25))


def test_promotions_and_rollbacks_at_once_make_one_history(
    system: Any, project_id: str, make_folder: Callable[..., Path]
) -> None:
    for step in (1.0, 2.0, 3.0):
        system.add_version(project_id, make_folder(step))

    def move(number: int) -> int:
        try:
            if number % 4 == 0:
                return system.service.aliases.rollback_by_hand(project_id, "load", **HAND).version
            return system.service.aliases.promote_by_hand(project_id, "load", number % 3 + 1, **HAND).version
        except Conflict:  # already champion, or nothing before it
            return 0

    with ThreadPoolExecutor(8) as threads:
        moved = sum(version > 0 for version in threads.map(move, range(40)))
    history = system.service.aliases.history(project_id, "load", "champion").items[::-1]
    assert len(history) == moved
    for before, after in pairwise(history):
        assert after.previous_version == before.version, "each move starts where the one before it ended"
    assert asyncio.run(system.service.lookup.list(project_id)).items[0].champion == history[-1].version
