"""which questions are the same, which dataset a prediction continues, and which pairs a canary was judged by"""

import sqlalchemy as sa
from alembic import op

from azuraforge import database

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COUNTERS = ("losses_worse", "losses_even", "losses_better", "overlapping", "beyond", "within")


def upgrade() -> None:
    op.add_column("prediction", sa.Column("continues", sa.String(length=16), nullable=True))
    op.add_column("prediction", sa.Column("question", sa.String(length=64), nullable=True))
    op.create_index("ix_prediction_project_id_continues", "prediction", ["project_id", "continues"])
    op.add_column("prediction_outcome", sa.Column("question", sa.String(length=64), nullable=True))
    # Answers from the end of a dataset say so; those from rows that somebody sent never said what they continue.
    if op.get_context().dialect.name == "postgresql":  # which reads no JSON that holds a NUL
        op.execute(
            "UPDATE prediction SET continues ="
            " CASE WHEN strpos(inputs::text, '\\u0000') > 0 THEN NULL ELSE inputs ->> 'dataset_id' END"
        )
    else:
        op.execute("UPDATE prediction SET continues = json_extract(inputs, '$.dataset_id')")
    for name in _COUNTERS:
        op.add_column("model_deployment", sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("model_deployment", sa.Column("bound_of", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("model_deployment", sa.Column("bound", sa.Float(), nullable=True))
    op.add_column("model_deployment", sa.Column("frontier_at", database.Timestamp(), nullable=True))
    op.create_table(
        "model_deployment_pair",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("prediction_id", sa.String(length=16), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("first_at", database.Timestamp(), nullable=False),
        sa.Column("last_at", database.Timestamp(), nullable=False),
        sa.Column("loss", sa.Float(), nullable=False),
        sa.Column("beside_loss", sa.Float(), nullable=False),
        sa.Column("largest", sa.Float(), nullable=False),
        sa.Column("beside_largest", sa.Float(), nullable=False),
        sa.Column("looked_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "number"],
            ["model_deployment.project_id", "model_deployment.model_id", "model_deployment.number"],
            name=op.f("fk_model_deployment_pair_project_id_model_id_number"),
        ),
        sa.PrimaryKeyConstraint(
            "project_id", "model_id", "number", "prediction_id", name=op.f("pk_model_deployment_pair")
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a migration is not taken back")
