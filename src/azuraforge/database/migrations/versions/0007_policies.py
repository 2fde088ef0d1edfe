"""what a model's promotion needs, and who serves beside its champion"""

import sqlalchemy as sa
from alembic import op

from azuraforge import database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model", sa.Column("intended_use", sa.Text(), nullable=True))
    op.add_column("model_version", sa.Column("imported", database.JsonText(), nullable=True))
    op.add_column("prediction", sa.Column("deployment", sa.Integer(), nullable=True))
    op.add_column("prediction", sa.Column("pair_id", sa.String(length=16), nullable=True))
    op.create_index("ix_prediction_project_id_pair_id", "prediction", ["project_id", "pair_id"])
    op.create_table(
        "model_policy",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("policy", database.JsonText(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id"],
            ["model.project_id", "model.id"],
            name=op.f("fk_model_policy_project_id_model_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "number", name=op.f("pk_model_policy")),
    )
    op.create_table(
        "model_deployment",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("beside", sa.Integer(), nullable=False),
        sa.Column("share_percent", sa.Float(), nullable=False),
        sa.Column("error_margin", sa.Float(), nullable=False),
        sa.Column("loss_margin", sa.Float(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("both_answered", sa.BigInteger(), nullable=False),
        sa.Column("only_beside_failed", sa.BigInteger(), nullable=False),
        sa.Column("only_this_failed", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("started_at", database.Timestamp(), nullable=False),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("ended_at", database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "version"],
            ["model_version.project_id", "model_version.model_id", "model_version.version"],
            name=op.f("fk_model_deployment_project_id_model_id_version"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "number", name=op.f("pk_model_deployment")),
    )
    op.create_index("ix_model_deployment_project_id_state", "model_deployment", ["project_id", "state"])


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a migration is not taken back")
