"""the ledger of predictions"""

import sqlalchemy as sa
from alembic import op

from azuraforge import database

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("prediction", sa.Column("request_id", sa.String(length=64), nullable=True))
    op.add_column("prediction", sa.Column("latency_seconds", sa.Float(), nullable=True))
    op.add_column("prediction", sa.Column("naive", sa.Float(), nullable=True))
    op.add_column("prediction", sa.Column("features", database.JsonText(), nullable=True))
    op.create_index("ix_prediction_project_id_request_id", "prediction", ["project_id", "request_id"])
    op.add_column("policy", sa.Column("keep_prediction_days", sa.Integer(), nullable=True))
    op.create_table(
        "prediction_outcome",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("prediction_id", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("target_at", database.Timestamp(), nullable=False),
        sa.Column("actual", sa.Float(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("loss", sa.Float(), nullable=False),
        sa.Column("naive_loss", sa.Float(), nullable=True),
        sa.Column("hit", sa.Boolean(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("judged_at", database.Timestamp(), nullable=False),
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


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a migration is not taken back")
