"""Predictions, their outcomes, and drift."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "model_drift",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", database.JsonText(), nullable=False),
        sa.Column("report", database.JsonText(), nullable=True),
        sa.Column("alarm", sa.Boolean(), nullable=False),
        sa.Column("made_at", database.Timestamp(), nullable=False),
        sa.Column("checked_at", database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "version"],
            ["model_version.project_id", "model_version.model_id", "model_version.version"],
            name=op.f("fk_model_drift_project_id_model_id_version"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "version", name=op.f("pk_model_drift")),
    )
    op.create_table(
        "prediction",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("inputs", database.JsonText(), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("interval", sa.Double(), nullable=True),
        sa.Column("origin_at", database.Timestamp(), nullable=False),
        sa.Column("matures_at", database.Timestamp(), nullable=False),
        sa.Column("points", database.JsonText(), nullable=False),
        sa.Column("outcome", database.JsonText(), nullable=True),
        sa.Column("judged_at", database.Timestamp(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("latency_seconds", sa.Double(), nullable=True),
        sa.Column("naive", sa.Double(), nullable=True),
        sa.Column("features", database.JsonText(), nullable=True),
        sa.Column("deployment", sa.Integer(), nullable=True),
        sa.Column("pair_id", sa.String(length=16), nullable=True),
        sa.Column("continues", sa.String(length=16), nullable=True),
        sa.Column("question", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "version"],
            ["model_version.project_id", "model_version.model_id", "model_version.version"],
            name=op.f("fk_prediction_project_id_model_id_version"),
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_prediction")),
    )
    op.create_index("ix_prediction_project_id_continues", "prediction", ["project_id", "continues"])
    op.create_index("ix_prediction_project_id_matures_at", "prediction", ["project_id", "matures_at"])
    op.create_index(
        "ix_prediction_project_id_model_id_created_at", "prediction", ["project_id", "model_id", "created_at"]
    )
    op.create_index("ix_prediction_project_id_pair_id", "prediction", ["project_id", "pair_id"])
    op.create_index("ix_prediction_project_id_request_id", "prediction", ["project_id", "request_id"])
    op.create_table(
        "prediction_outcome",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("prediction_id", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("target_at", database.Timestamp(), nullable=False),
        sa.Column("actual", sa.Double(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("loss", sa.Double(), nullable=False),
        sa.Column("naive_loss", sa.Double(), nullable=True),
        sa.Column("hit", sa.Boolean(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("judged_at", database.Timestamp(), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=True),
        sa.Column("dataset_version", sa.Integer(), nullable=True),
        sa.Column("revisions", sa.Integer(), nullable=False),
        sa.Column("incumbent_loss", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "prediction_id"],
            ["prediction.project_id", "prediction.id"],
            name=op.f("fk_prediction_outcome_project_id_prediction_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "prediction_id", "step", name=op.f("pk_prediction_outcome")),
    )
    op.create_index(
        "ix_prediction_outcome_project_id_model_id_target_at",
        "prediction_outcome",
        ["project_id", "model_id", "target_at"],
    )
    op.create_table(
        "prediction_outcome_earlier",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("prediction_id", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("actual", sa.Double(), nullable=True),
        sa.Column("loss", sa.Double(), nullable=False),
        sa.Column("naive_loss", sa.Double(), nullable=True),
        sa.Column("incumbent_loss", sa.Double(), nullable=True),
        sa.Column("hit", sa.Boolean(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("dataset_version", sa.Integer(), nullable=True),
        sa.Column("judged_at", database.Timestamp(), nullable=False),
        sa.Column("replaced_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "prediction_id", "step"],
            ["prediction_outcome.project_id", "prediction_outcome.prediction_id", "prediction_outcome.step"],
            name=op.f("fk_prediction_outcome_earlier_project_id_prediction_id_step"),
        ),
        sa.PrimaryKeyConstraint(
            "project_id", "prediction_id", "step", "number", name=op.f("pk_prediction_outcome_earlier")
        ),
    )
    op.create_index(
        "ix_prediction_outcome_earlier_project_id_model_id", "prediction_outcome_earlier", ["project_id", "model_id"]
    )
    op.create_table(
        "judging_progress",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("dataset_id", sa.String(length=16), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_judging_progress_project_id")),
        sa.PrimaryKeyConstraint("project_id", "dataset_id", name=op.f("pk_judging_progress")),
    )
