"""When: schedules, and later events and thresholds. Then: a run."""
