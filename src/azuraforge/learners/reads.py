"""Typed queries of feeds and learners for other packages."""

from __future__ import annotations

from azuraforge.database import Session, name_search
from azuraforge.database.name_search import NamedRow
from azuraforge.learners.feeds.tables import Feed
from azuraforge.learners.learning.tables import Learner


def find_feeds(session: Session, text: str, limit: int) -> list[NamedRow]:
    """Return the newest feeds whose name contains ``text`` or whose id begins with it."""
    return name_search.find_named(
        session, text, limit, key=Feed.id, name=Feed.name, created_at=Feed.created_at, deleted_at=Feed.deleted_at
    )


def find_learners(session: Session, text: str, limit: int) -> list[NamedRow]:
    """Return the newest learners whose name contains ``text`` or whose id begins with it."""
    return name_search.find_named(
        session,
        text,
        limit,
        key=Learner.id,
        name=Learner.name,
        created_at=Learner.created_at,
        deleted_at=Learner.deleted_at,
    )
