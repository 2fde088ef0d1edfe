"""Runs, their attempts and phases, dependencies, checkpoints and artifacts."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "run",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("plugin", sa.String(length=200), nullable=True),
        sa.Column("plugin_version", sa.String(length=100), nullable=True),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("parent_id", sa.String(length=16), nullable=True),
        sa.Column("config", database.JsonText(), nullable=False),
        sa.Column("extra", database.JsonText(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.String(length=16), nullable=True),
        sa.Column("dataset_name", sa.String(length=200), nullable=True),
        sa.Column("dataset_version", sa.Integer(), nullable=True),
        sa.Column("dataset_fingerprint", sa.String(length=80), nullable=True),
        sa.Column("code_version", sa.String(length=100), nullable=False),
        sa.Column("environment", database.JsonText(), nullable=True),
        sa.Column("bit_reproducible", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("queue", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("waiting_on", sa.Integer(), nullable=False),
        sa.Column("on_failure", sa.String(length=10), nullable=False),
        sa.Column("time_limit_seconds", sa.Double(), nullable=True),
        sa.Column("memory_limit_bytes", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=100), nullable=True),
        sa.Column("lease_until", database.Timestamp(), nullable=True),
        sa.Column("run_after", database.Timestamp(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("transient_failures", sa.Integer(), nullable=False),
        sa.Column("progress", database.JsonText(), nullable=False),
        sa.Column("summary", database.JsonText(), nullable=True),
        sa.Column("follow_ups", database.JsonText(), nullable=False),
        sa.Column("error", database.JsonText(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("started_at", database.Timestamp(), nullable=True),
        sa.Column("finished_at", database.Timestamp(), nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("tags", database.Lines(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("deleted_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_run_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_run")),
        sa.UniqueConstraint("project_id", "idempotency_key", name=op.f("uq_run_project_id_idempotency_key")),
    )
    op.create_index(
        "ix_run_listed",
        "run",
        ["project_id", "created_at", "id"],
        sqlite_where=sa.text("deleted_at IS NULL AND kind <> 'trial'"),
        postgresql_where=sa.text("deleted_at IS NULL AND kind <> 'trial'"),
    )
    op.create_index("ix_run_project_id_created_at_id", "run", ["project_id", "created_at", "id"])
    op.create_index(
        "ix_run_ready",
        "run",
        ["project_id", "priority", "created_at", "id"],
        sqlite_where=sa.text("state = 'queued' AND waiting_on = 0"),
        postgresql_where=sa.text("state = 'queued' AND waiting_on = 0"),
    )
    op.create_index(
        "ix_run_standing",
        "run",
        ["created_at", "id"],
        sqlite_where=sa.text("state = 'queued' AND waiting_on = 0 AND queue = 'standing'"),
        postgresql_where=sa.text("state = 'queued' AND waiting_on = 0 AND queue = 'standing'"),
    )
    op.create_index(
        "ix_run_running",
        "run",
        ["project_id", "kind"],
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "ix_run_trash",
        "run",
        ["project_id", "deleted_at", "id"],
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_table(
        "artifact",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_artifact_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "name", name=op.f("pk_artifact")),
    )
    op.create_index("ix_artifact_project_id_sha256", "artifact", ["project_id", "sha256"])
    op.create_table(
        "checkpoint",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=80), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_checkpoint_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "phase", "attempt", "step", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "furthest_step",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=80), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_furthest_step_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "phase", name=op.f("pk_furthest_step")),
    )
    op.create_table(
        "run_attempt",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=100), nullable=False),
        sa.Column("environment", database.JsonText(), nullable=True),
        sa.Column("started_at", database.Timestamp(), nullable=False),
        sa.Column("ended_at", database.Timestamp(), nullable=True),
        sa.Column("ended_as", sa.String(length=20), nullable=True),
        sa.Column("reason", database.MessageText(), nullable=True),
        sa.Column("resumed_from_step", sa.BigInteger(), nullable=True),
        sa.Column("steps_recomputed", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_run_attempt_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "attempt", name=op.f("pk_run_attempt")),
    )
    op.create_table(
        "run_dependency",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("needs_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "needs_id"], ["run.project_id", "run.id"], name=op.f("fk_run_dependency_project_id_needs_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_run_dependency_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "needs_id", name=op.f("pk_run_dependency")),
    )
    op.create_index("ix_run_dependency_project_id_needs_id", "run_dependency", ["project_id", "needs_id"])
    op.create_table(
        "run_figure",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("data", database.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_run_figure_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "name", name=op.f("pk_run_figure")),
    )
    op.create_table(
        "run_note",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("markdown", database.MessageText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_run_note_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "number", name=op.f("pk_run_note")),
    )
    op.create_table(
        "run_phase",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("payload_hash", sa.String(length=64), nullable=False),
        sa.Column("result", database.JsonText(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("ended_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_run_phase_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "name", name=op.f("pk_run_phase")),
    )
