"""The tables of the first schema, one module per subject.

They are edited in place until release 0.1. Their digest is part of the revision, so a database made from other text is
recognised and refused instead of being used with tables that the code does not expect.
"""

from azuraforge.database.migrations.schema_0001 import (
    automations,
    datasets,
    deployments,
    events,
    feeds,
    learners,
    metrics,
    models,
    people,
    predictions,
    projects,
    runs,
    studies,
)

#: In an order in which every foreign key points to a table that exists.
_SUBJECTS = (
    people,
    projects,
    events,
    datasets,
    runs,
    metrics,
    models,
    deployments,
    predictions,
    studies,
    feeds,
    learners,
    automations,
)


def create() -> None:
    """Create all tables and indexes."""
    for subject in _SUBJECTS:
        subject.create()
