"""All tables of this package; importing the module registers them."""

from __future__ import annotations

from azuraforge.learners.feeds.tables import Feed, FeedSegment, FeedTail

__all__ = ["Feed", "FeedSegment", "FeedTail"]
