"""Event streams and their events."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "event_stream",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=80), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_event_stream_project_id")),
        sa.PrimaryKeyConstraint("project_id", "stream", name=op.f("pk_event_stream")),
    )
    op.create_table(
        "event",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("data", database.JsonText(), nullable=False),
        sa.Column("at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "stream"],
            ["event_stream.project_id", "event_stream.stream"],
            name=op.f("fk_event_project_id_stream"),
        ),
        sa.PrimaryKeyConstraint("project_id", "stream", "seq", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
