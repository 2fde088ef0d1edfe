"""One filled platform per database for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from azuraforge.settings import RunSettings, Settings
from tests.isolation.stage import Stage, open_stage


def make_stage(dialect: str, request: pytest.FixtureRequest) -> Iterator[Stage]:
    home = request.getfixturevalue("tmp_path_factory").mktemp(f"isolation-{dialect}")
    urls: dict[str, Any] = {}
    taken = None
    if dialect == "postgresql":
        pool = request.getfixturevalue("postgres_pool")
        taken = pool.take()
        urls = {"database_url": taken.url, "database_owner_url": taken.owner_url}
    stage = open_stage(Settings(home=home, runs=RunSettings(concurrency=2), **urls))
    stage.postgres = taken
    yield stage
    stage.platform.stop()
    if taken is not None:
        pool.give_back(taken)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A filled platform without loops; the tests of this folder run on both databases."""
    yield from make_stage(request.param, request)
