"""Order of test files for ``--dist loadfile``: the longest first, so that no worker ends with one alone.

Without it, xdist starts with the files of the most tests, and those that kill and start platforms have few.
"""

from __future__ import annotations

import pytest

#: By their time in a whole run; all others follow in the order in which they are collected.
LONGEST = (
    "platform/test_crash_points.py",
    "runs/test_state_machine.py",
    "platform/test_scaled.py",
    "platform/test_kernels.py",
    "platform/test_storm.py",
    "platform/test_wheel.py",
    "platform/test_kill.py",
    "studies/test_on_the_platform.py",
    "browser/test_scaled_run_page.py",
    "cli/test_commands.py",
    "server/test_idempotency.py",
    "runs/test_kills.py",
    "processes/test_kernels.py",
    "database/test_killed_restore.py",
    "database/test_commands.py",
    "client/test_against_the_platform.py",
    "pipelines/test_training.py",
    "platform/test_bad_input.py",
    "platform/test_start_and_stop.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}

    def place(item: pytest.Item) -> int:
        return places.get("/".join(item.path.parts[-2:]), len(LONGEST))

    items.sort(key=place)
