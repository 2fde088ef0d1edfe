"""Schedules and the runs that they started."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "schedule",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=True),
        sa.Column("cron", sa.String(length=200), nullable=True),
        sa.Column("interval_every", sa.Integer(), nullable=True),
        sa.Column("interval_unit", sa.String(length=10), nullable=True),
        sa.Column("anchor_at", database.Timestamp(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("misfire", sa.String(length=10), nullable=False),
        sa.Column("grace_seconds", sa.Integer(), nullable=False),
        sa.Column("run_request", database.JsonText(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("next_fire_at", database.Timestamp(), nullable=True),
        sa.Column("fires", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.BigInteger(), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_schedule_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_schedule_project_id_name")),
    )
    op.create_index("ix_schedule_next_fire_at", "schedule", ["next_fire_at"])
    op.create_table(
        "schedule_fire",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("schedule_id", sa.String(length=16), nullable=False),
        sa.Column("fire_time", database.Timestamp(), nullable=False),
        sa.Column("cause", sa.String(length=10), nullable=False),
        sa.Column("fired_at", database.Timestamp(), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=True),
        sa.Column("error", database.JsonText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "schedule_id"],
            ["schedule.project_id", "schedule.id"],
            name=op.f("fk_schedule_fire_project_id_schedule_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "schedule_id", "fire_time", name=op.f("pk_schedule_fire")),
    )
