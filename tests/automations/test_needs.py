"""What schedules need is not deleted under them."""

from __future__ import annotations

import pytest

from azuraforge.automations import needs
from azuraforge.errors import Conflict


@pytest.mark.parametrize(
    ("run", "version", "objects"),
    [
        ({"dataset": "load"}, None, True),
        ({"dataset": "d1"}, None, True),
        ({"dataset": "other"}, None, False),
        ({"dataset": "load"}, 2, False),  # it trains on the newest that is there
        ({"dataset": "load", "dataset_version": 2}, 2, True),
        ({"dataset": "load", "dataset_version": 2}, 3, False),
    ],
)
def test_a_schedule_needs_its_dataset(stand, run, version, objects):
    stand.create(run=run, paused=True)
    with stand.database.read(stand.project_id) as session:
        asked = (session, "d1", "load", version)
        if objects:
            with pytest.raises(Conflict, match="schedule 'nightly' uses"):
                needs.object_to_dataset(*asked)
        else:
            needs.object_to_dataset(*asked)


@pytest.mark.parametrize(
    ("run", "objects"),
    [
        ({"dataset": "load"}, True),
        ({"dataset": "d1", "model": "load"}, True),
        ({"dataset": "load", "model": "other"}, False),
        ({"config": {"x": 1}}, False),
    ],
)
def test_a_schedule_needs_its_model(stand, run, objects):
    stand.create(run=run)
    with stand.database.read(stand.project_id) as session:
        if objects:
            with pytest.raises(Conflict, match="uses model 'load'"):
                needs.object_to_model(session, "load")
        else:
            needs.object_to_model(session, "load")


def test_schedules_of_other_projects_do_not_object(stand, other_project_id):
    stand.create(run={"dataset": "load"})
    with stand.database.read(other_project_id) as session:
        needs.object_to_dataset(session, "d1", "load", None)
        needs.object_to_model(session, "load")
