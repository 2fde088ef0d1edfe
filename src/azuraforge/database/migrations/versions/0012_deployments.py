"""what loss is usual in each of the several series that a canary answers about"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model_deployment", sa.Column("by_series", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "model_deployment_series",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=200), nullable=False),
        sa.Column("losses", sa.Float(), nullable=False),
        sa.Column("losses_of", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "number"],
            ["model_deployment.project_id", "model_deployment.model_id", "model_deployment.number"],
            name=op.f("fk_model_deployment_series_project_id_model_id_number"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "number", "series", name=op.f("pk_model_deployment_series")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a migration is not taken back")
