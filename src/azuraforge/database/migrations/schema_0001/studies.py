"""Studies and their trials."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "study",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=True),
        sa.Column("plugin", sa.String(length=200), nullable=False),
        sa.Column("plugin_version", sa.String(length=100), nullable=True),
        sa.Column("task", sa.String(length=40), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("dataset_id", sa.String(length=16), nullable=False),
        sa.Column("dataset_name", sa.String(length=200), nullable=False),
        sa.Column("dataset_version", sa.Integer(), nullable=False),
        sa.Column("dataset_fingerprint", sa.String(length=80), nullable=False),
        sa.Column("config", database.JsonText(), nullable=False),
        sa.Column("space", database.JsonText(), nullable=False),
        sa.Column("sampler", sa.String(length=20), nullable=False),
        sa.Column("pruner", database.JsonText(), nullable=False),
        sa.Column("objectives", database.JsonText(), nullable=False),
        sa.Column("warm_start_from", database.JsonText(), nullable=False),
        sa.Column("budget_trials", sa.Integer(), nullable=False),
        sa.Column("budget_seconds", sa.Double(), nullable=True),
        sa.Column("budget_cpu_seconds", sa.Double(), nullable=True),
        sa.Column("parallel", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("retrain", sa.Boolean(), nullable=False),
        sa.Column("same_parts", sa.Boolean(), nullable=False),
        sa.Column("baselines", database.JsonText(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("error", database.JsonText(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("winner", sa.Integer(), nullable=True),
        sa.Column("retrain_run_id", sa.String(length=16), nullable=True),
        sa.Column("ran_seconds", sa.Double(), nullable=False),
        sa.Column("running_since", database.Timestamp(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("finished_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_by", sa.String(length=200), nullable=True),
        sa.Column("purging", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_study_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_study")),
    )
    op.create_index(
        "uq_study_project_id_name",
        "study",
        ["project_id", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_study_active",
        "study",
        ["project_id", "id"],
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_index("ix_study_project_id_created_at_id", "study", ["project_id", "created_at", "id"])
    op.create_table(
        "study_trial",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("study_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("params", database.JsonText(), nullable=False),
        sa.Column("scores", database.JsonText(), nullable=True),
        sa.Column("metrics", database.JsonText(), nullable=True),
        sa.Column("curve", database.JsonText(), nullable=False),
        sa.Column("pruned_after", sa.Integer(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=True),
        sa.Column("best_epoch", sa.Integer(), nullable=True),
        sa.Column("cpu_seconds", sa.Double(), nullable=True),
        sa.Column("error", database.JsonText(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("ended_at", database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "study_id"],
            ["study.project_id", "study.id"],
            name=op.f("fk_study_trial_project_id_study_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "study_id", "number", name=op.f("pk_study_trial")),
    )
