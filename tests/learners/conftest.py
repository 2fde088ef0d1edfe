"""Fixtures of feeds: a service on a database, without children."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from azuraforge.database import Database
from azuraforge.datasets.service import DatasetService
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds.service import FeedService
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.projects.quotas.service import no_quotas


@pytest.fixture
def events(database: Database) -> EventLog:
    return EventLog(database)


@pytest.fixture
def feeds(database: Database, events: EventLog, tmp_path: Path) -> FeedService:
    """A service whose feeds have no sources, so that it needs neither plugins nor runs."""
    return FeedService(
        database,
        events,
        cast(Catalogue, None),
        cast(DatasetService, None),
        tmp_path / "artifacts",
        check_quota=no_quotas,
    )
