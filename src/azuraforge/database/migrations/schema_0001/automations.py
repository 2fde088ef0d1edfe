"""Schedules, automations and notifications."""

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
    op.create_table(
        "automation",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("when", database.JsonText(), nullable=False),
        sa.Column("steps", database.JsonText(), nullable=False),
        sa.Column("cool_down_seconds", sa.Integer(), nullable=False),
        sa.Column("cool_down_group", sa.String(length=100), nullable=True),
        sa.Column("most_per_day", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("event_type", sa.String(length=40), nullable=True),
        sa.Column("event_subject", sa.String(length=120), nullable=True),
        sa.Column("since_seq", sa.BigInteger(), nullable=False),
        sa.Column("anchor_at", database.Timestamp(), nullable=False),
        sa.Column("next_at", database.Timestamp(), nullable=True),
        sa.Column("true_since", database.Timestamp(), nullable=True),
        sa.Column("crossing_used", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.Column("firing_id", sa.String(length=16), nullable=True),
        sa.Column("last_fired_at", database.Timestamp(), nullable=True),
        sa.Column("pending_key", sa.String(length=120), nullable=True),
        sa.Column("pending_data", database.JsonText(), nullable=True),
        sa.Column("pending_count", sa.BigInteger(), nullable=False),
        sa.Column("pending_at", database.Timestamp(), nullable=True),
        sa.Column("fires", sa.BigInteger(), nullable=False),
        sa.Column("grouped", sa.BigInteger(), nullable=False),
        sa.Column("withheld", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_automation_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_automation")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_automation_project_id_name")),
    )
    op.create_index("ix_automation_next_at", "automation", ["next_at"])
    op.create_index("ix_automation_project_id_cool_down_group", "automation", ["project_id", "cool_down_group"])
    op.create_index("ix_automation_pending_at", "automation", ["pending_at"])
    op.create_index("ix_automation_event", "automation", ["project_id", "event_type", "event_subject"])
    op.create_table(
        "automation_firing",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("automation_id", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=120), nullable=False),
        sa.Column("causes", sa.BigInteger(), nullable=False),
        sa.Column("data", database.JsonText(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("waits_for", sa.String(length=16), nullable=True),
        sa.Column("look_at", database.Timestamp(), nullable=True),
        sa.Column("fired_at", database.Timestamp(), nullable=False),
        sa.Column("ended_at", database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "automation_id"],
            ["automation.project_id", "automation.id"],
            name=op.f("fk_automation_firing_project_id_automation_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_automation_firing")),
        sa.UniqueConstraint(
            "project_id", "automation_id", "cause", name=op.f("uq_automation_firing_project_id_automation_id_cause")
        ),
    )
    op.create_index("ix_automation_firing_fired_at", "automation_firing", ["project_id", "automation_id", "fired_at"])
    op.create_index("ix_automation_firing_look_at", "automation_firing", ["look_at"])
    op.create_index("ix_automation_firing_waits_for", "automation_firing", ["waits_for"])
    op.create_table(
        "automation_step",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("firing_id", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("definition", database.JsonText(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=True),
        sa.Column("study_name", sa.String(length=100), nullable=True),
        sa.Column("error", database.JsonText(), nullable=True),
        sa.Column("started_at", database.Timestamp(), nullable=True),
        sa.Column("ended_at", database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "firing_id"],
            ["automation_firing.project_id", "automation_firing.id"],
            name=op.f("fk_automation_step_project_id_firing_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "firing_id", "position", name=op.f("pk_automation_step")),
    )
    op.create_table(
        "automation_cursor",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_automation_cursor_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_automation_cursor")),
    )
    op.create_table(
        "automation_sample",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("automation_id", sa.String(length=16), nullable=False),
        sa.Column("at", database.Timestamp(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "automation_id"],
            ["automation.project_id", "automation.id"],
            name=op.f("fk_automation_sample_project_id_automation_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "automation_id", "at", name=op.f("pk_automation_sample")),
    )
    op.create_table(
        "notification_target",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("notifier", sa.String(length=100), nullable=False),
        sa.Column("shown_options", database.JsonText(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("group_seconds", sa.Integer(), nullable=False),
        sa.Column("escalate_to", sa.String(length=16), nullable=True),
        sa.Column("escalate_after_seconds", sa.Integer(), nullable=True),
        sa.Column("silenced_until", database.Timestamp(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_notification_target_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_notification_target")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_notification_target_project_id_name")),
    )
    op.create_table(
        "notification",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("target_id", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=120), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", database.JsonText(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", database.Timestamp(), nullable=True),
        sa.Column("error", database.MessageText(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("first_try_at", database.Timestamp(), nullable=True),
        sa.Column("sent_at", database.Timestamp(), nullable=True),
        sa.Column("escalate_at", database.Timestamp(), nullable=True),
        sa.Column("escalated_at", database.Timestamp(), nullable=True),
        sa.Column("acknowledged_at", database.Timestamp(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "target_id"],
            ["notification_target.project_id", "notification_target.id"],
            name=op.f("fk_notification_project_id_target_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "project_id", "target_id", "cause", name=op.f("uq_notification_project_id_target_id_cause")
        ),
    )
    op.create_index("ix_notification_escalate_at", "notification", ["escalate_at"])
    op.create_index("ix_notification_next_at", "notification", ["next_at"])
    op.create_index("ix_notification_source", "notification", ["project_id", "target_id", "source", "created_at"])
