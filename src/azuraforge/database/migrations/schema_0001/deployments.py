"""Deployments of model versions and the pairs that judge them."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "model_deployment",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("alongside", sa.Integer(), nullable=False),
        sa.Column("share_percent", sa.Double(), nullable=False),
        sa.Column("error_margin", sa.Double(), nullable=False),
        sa.Column("loss_margin", sa.Double(), nullable=False),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("both_answered", sa.BigInteger(), nullable=False),
        sa.Column("only_alongside_failed", sa.BigInteger(), nullable=False),
        sa.Column("only_this_failed", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.BigInteger(), nullable=False),
        sa.Column("losses_worse", sa.BigInteger(), nullable=False),
        sa.Column("losses_even", sa.BigInteger(), nullable=False),
        sa.Column("losses_better", sa.BigInteger(), nullable=False),
        sa.Column("overlapping", sa.BigInteger(), nullable=False),
        sa.Column("frontier_at", database.Timestamp(), nullable=True),
        sa.Column("by_series", sa.Boolean(), nullable=False),
        sa.Column("bound", sa.Double(), nullable=True),
        sa.Column("bound_of", sa.Integer(), nullable=False),
        sa.Column("beyond", sa.BigInteger(), nullable=False),
        sa.Column("within", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("started_at", database.Timestamp(), nullable=False),
        sa.Column("ended_reason", database.MessageText(), nullable=True),
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
    op.create_table(
        "model_deployment_pair",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("prediction_id", sa.String(length=16), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("first_at", database.Timestamp(), nullable=False),
        sa.Column("last_at", database.Timestamp(), nullable=False),
        sa.Column("loss", sa.Double(), nullable=False),
        sa.Column("alongside_loss", sa.Double(), nullable=False),
        sa.Column("largest", sa.Double(), nullable=False),
        sa.Column("alongside_largest", sa.Double(), nullable=False),
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
    op.create_table(
        "model_deployment_series",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=200), nullable=False),
        sa.Column("losses", sa.Double(), nullable=False),
        sa.Column("losses_of", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "number"],
            ["model_deployment.project_id", "model_deployment.model_id", "model_deployment.number"],
            name=op.f("fk_model_deployment_series_project_id_model_id_number"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "number", "series", name=op.f("pk_model_deployment_series")),
    )
