"""A quota of active runs refuses new and resumed runs."""

from __future__ import annotations

import pytest

from azuraforge.projects.quotas.service import QuotaExceeded
from azuraforge.runs.reads import count_all


def test_no_run_is_created_or_resumed_beyond_the_limit(make_stand):
    stand = make_stand(start=False)  # the run stays queued, so that cancelling it ends it at once

    def refuse(_session):
        raise QuotaExceeded("full", next_step="wait", code="quota_exceeded")

    cancelled = stand.create(seed=9)
    stand.service.cancel(stand.project_id, cancelled.id)
    allowed, stand.service._admit = stand.service._admit, refuse
    with pytest.raises(QuotaExceeded):
        stand.create(seed=3)
    with pytest.raises(QuotaExceeded):
        stand.service.resume(stand.project_id, cancelled.id)
    assert stand.get(cancelled.id).state == "cancelled"
    with stand.database.read(stand.project_id) as session:
        assert count_all(session) == 1
    stand.service._admit = allowed
    assert stand.service.resume(stand.project_id, cancelled.id).state == "queued"
