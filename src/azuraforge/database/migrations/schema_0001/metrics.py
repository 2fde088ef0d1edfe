"""Metric series of runs: the newest points and the sealed chunks."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    op.create_table(
        "metric_chunk",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("series", sa.String(length=200), nullable=False),
        sa.Column("first_step", sa.BigInteger(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_metric_chunk_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "series", "first_step", name=op.f("pk_metric_chunk")),
    )
    op.create_table(
        "metric_series",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("series", sa.String(length=200), nullable=False),
        sa.Column("phase", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tail_points", sa.Integer(), nullable=False),
        sa.Column("sealed_points", sa.Integer(), nullable=False),
        sa.Column("sealed_through", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("last", sa.Double(), nullable=True),
        sa.Column("lowest", sa.Double(), nullable=True),
        sa.Column("highest", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_metric_series_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "series", name=op.f("pk_metric_series")),
    )
    op.create_index(
        op.f("ix_metric_series_project_id_series_run_id"),
        "metric_series",
        ["project_id", "series", "run_id"],
        unique=False,
    )
    op.create_table(
        "metric_tail",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("series", sa.String(length=200), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_metric_tail_project_id_run_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "series", "step", name=op.f("pk_metric_tail")),
        sqlite_with_rowid=False,
    )
