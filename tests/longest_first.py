"""Order of test files for ``--dist loadfile``: the longest first, so that no worker ends with one alone, then those
that start a platform, then the rest.

Without it, xdist starts with the files of the most tests, and those that kill and start platforms have few.
"""

from __future__ import annotations

import pytest

#: By their time in a whole run; all others follow in the order in which they are collected.
LONGEST = (
    "platform/test_crash_points.py",
    "platform/test_scaled.py",
    "cli/test_loop_demo.py",
    "runs/test_kills.py",
    "browser/test_run_page.py",
    "platform/test_storm.py",
    "platform/test_wheel.py",
    "cli/test_commands.py",
    "platform/test_kernels.py",
    "platform/test_kill.py",
    "server/test_idempotency.py",
    "studies/test_on_the_platform.py",
    "runs/test_state_machine.py",
    "client/test_against_the_platform.py",
    "platform/test_start_and_stop.py",
    "apps/test_forecasters_keep_the_contract.py",
    "database/test_backup.py",
    "platform/test_bad_input.py",
    "processes/test_kernels.py",
    "pipelines/test_training_with_children.py",
    "automations/test_scheduler.py",
    "pipelines/test_batch_predict.py",
    "pipelines/test_training.py",
    "database/test_migrations.py",
    "database/test_commands.py",
    "database/test_killed_restore.py",
)
#: Fixtures that start a platform. Files that use one come next: they take several seconds each, the others less.
STARTS_A_PLATFORM = {"browser", "make_platform", "platform", "scaled", "scaled_of_module"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    starting = {item.path for item in items if STARTS_A_PLATFORM & {*getattr(item, "fixturenames", ())}}

    def place(item: pytest.Item) -> int:
        after = len(LONGEST) + (item.path not in starting)
        return places.get("/".join(item.path.parts[-2:]), after)

    items.sort(key=place)
