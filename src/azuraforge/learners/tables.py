"""All tables of this package; importing the module registers them."""

from __future__ import annotations

from azuraforge.learners.feeds.tables import Feed, FeedSegment, FeedTail
from azuraforge.learners.learning.tables import (
    Learner,
    LearnerFact,
    LearnerHour,
    LearnerNotice,
    LearnerState,
    PredictionBlock,
)

__all__ = [
    "Feed",
    "FeedSegment",
    "FeedTail",
    "Learner",
    "LearnerFact",
    "LearnerHour",
    "LearnerNotice",
    "LearnerState",
    "PredictionBlock",
]
