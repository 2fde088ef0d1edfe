"""Feeds, their unsealed rows and their segments."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "feed",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("columns", database.JsonText(), nullable=False),
        sa.Column("keys", database.JsonText(), nullable=False),
        sa.Column("interval_us", sa.BigInteger(), nullable=True),
        sa.Column("grace_us", sa.BigInteger(), nullable=False),
        sa.Column("fill", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("options", database.JsonText(), nullable=False),
        sa.Column("every_seconds", sa.Double(), nullable=False),
        sa.Column("historical", sa.Boolean(), nullable=False),
        sa.Column("cursor", database.JsonText(), nullable=True),
        sa.Column("run_id", sa.String(length=16), nullable=True),
        sa.Column("position", sa.LargeBinary(), nullable=True),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("sealed_seq", sa.BigInteger(), nullable=False),
        sa.Column("watermark_us", sa.BigInteger(), nullable=True),
        sa.Column("n_held", sa.Integer(), nullable=False),
        sa.Column("due_at", database.Timestamp(), nullable=True),
        sa.Column("unkept", sa.Boolean(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("troubled", sa.Boolean(), nullable=False),
        sa.Column("problem", database.JsonText(), nullable=True),
        sa.Column("received_at", database.Timestamp(), nullable=True),
        sa.Column("polled_at", database.Timestamp(), nullable=True),
        sa.Column("closed_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_feed_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_feed")),
    )
    op.create_index(
        "uq_feed_project_id_name",
        "feed",
        ["project_id", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_feed_unkept",
        "feed",
        ["project_id", "id"],
        sqlite_where=sa.text("unkept"),
        postgresql_where=sa.text("unkept"),
    )
    op.create_index("ix_feed_project_id_created_at_id", "feed", ["project_id", "created_at", "id"])
    op.create_table(
        "feed_tail",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("feed_id", sa.String(length=16), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "feed_id"],
            ["feed.project_id", "feed.id"],
            name=op.f("fk_feed_tail_project_id_feed_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "feed_id", "first_seq", name=op.f("pk_feed_tail")),
    )
    op.create_table(
        "feed_segment",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("feed_id", sa.String(length=16), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "feed_id"],
            ["feed.project_id", "feed.id"],
            name=op.f("fk_feed_segment_project_id_feed_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "feed_id", "first_seq", name=op.f("pk_feed_segment")),
    )
    op.create_index("ix_feed_segment_project_id_address", "feed_segment", ["project_id", "address"])
