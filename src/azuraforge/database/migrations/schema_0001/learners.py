"""Learners, their states, facts and scores, and the blocks of their answers."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "learner",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("feed_id", sa.String(length=16), nullable=False),
        sa.Column("plugin", sa.String(length=200), nullable=False),
        sa.Column("config", database.JsonText(), nullable=False),
        sa.Column("plan", database.JsonText(), nullable=False),
        sa.Column("retention", database.JsonText(), nullable=False),
        sa.Column("timeout_seconds", sa.Double(), nullable=False),
        sa.Column("memory_limit_bytes", sa.BigInteger(), nullable=False),
        sa.Column("copied_from", sa.String(length=16), nullable=True),
        sa.Column("copied_seq", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.String(length=16), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("n_facts", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("outcomes", sa.BigInteger(), nullable=False),
        sa.Column("timers", database.JsonText(), nullable=False),
        sa.Column("committed_at", database.Timestamp(), nullable=True),
        sa.Column("environment", database.JsonText(), nullable=False),
        sa.Column("deleted_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_learner_project_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "feed_id"], ["feed.project_id", "feed.id"], name=op.f("fk_learner_project_id_feed_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_learner")),
    )
    op.create_index("ix_learner_project_id_created_at_id", "learner", ["project_id", "created_at", "id"])
    op.create_index("ix_learner_project_id_feed_id", "learner", ["project_id", "feed_id"])
    op.create_index(
        "uq_learner_project_id_name",
        "learner",
        ["project_id", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "learner_state",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("learner_id", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("archive", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("environment", database.JsonText(), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "learner_id"],
            ["learner.project_id", "learner.id"],
            name=op.f("fk_learner_state_project_id_learner_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "learner_id", "seq", "fact", name=op.f("pk_learner_state")),
    )
    op.create_index("ix_learner_state_project_id_address", "learner_state", ["project_id", "address"])
    op.create_table(
        "learner_fact",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("learner_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("at_us", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("body", database.JsonText(), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "learner_id"],
            ["learner.project_id", "learner.id"],
            name=op.f("fk_learner_fact_project_id_learner_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "learner_id", "number", name=op.f("pk_learner_fact")),
    )
    op.create_table(
        "learner_hour",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("learner_id", sa.String(length=16), nullable=False),
        sa.Column("hour_us", sa.BigInteger(), nullable=False),
        sa.Column("independent", sa.Integer(), nullable=False),
        sa.Column("sums", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "learner_id"],
            ["learner.project_id", "learner.id"],
            name=op.f("fk_learner_hour_project_id_learner_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "learner_id", "hour_us", name=op.f("pk_learner_hour")),
    )
    op.create_table(
        "learner_notice",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("learner_id", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("body", database.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "learner_id"],
            ["learner.project_id", "learner.id"],
            name=op.f("fk_learner_notice_project_id_learner_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "learner_id", "seq", "fact", "place", name=op.f("pk_learner_notice")),
    )
    op.create_table(
        "prediction_block",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("learner_id", sa.String(length=16), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "learner_id"],
            ["learner.project_id", "learner.id"],
            name=op.f("fk_prediction_block_project_id_learner_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "learner_id", "first_seq", "fact", name=op.f("pk_prediction_block")),
    )
