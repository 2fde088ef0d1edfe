"""Datasets and their versions."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "dataset",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("revisions", sa.String(length=10), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("deleted_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_dataset_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_dataset")),
    )
    op.create_index(
        "uq_dataset_project_id_name",
        "dataset",
        ["project_id", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "dataset_version",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("dataset_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("columns", database.JsonText(), nullable=False),
        sa.Column("options", database.JsonText(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("start_at", database.Timestamp(), nullable=True),
        sa.Column("end_at", database.Timestamp(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("provenance", database.JsonText(), nullable=False),
        sa.Column("findings", database.JsonText(), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("deleted_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_by", sa.String(length=200), nullable=True),
        sa.Column("segments", database.JsonText(), nullable=False),
        sa.Column("blocks", database.JsonText(), nullable=False),
        sa.Column("growth", database.JsonText(), nullable=True),
        sa.Column("cursor", database.JsonText(), nullable=True),
        sa.Column("purged_at", database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "dataset_id"],
            ["dataset.project_id", "dataset.id"],
            name=op.f("fk_dataset_version_project_id_dataset_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "dataset_id", "version", name=op.f("pk_dataset_version")),
        sa.UniqueConstraint(
            "project_id", "dataset_id", "fingerprint", name=op.f("uq_dataset_version_project_id_dataset_id_fingerprint")
        ),
    )
    op.create_index("ix_dataset_version_project_id_fingerprint", "dataset_version", ["project_id", "fingerprint"])
    op.create_table(
        "dataset_segment",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("dataset_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "dataset_id", "version"],
            ["dataset_version.project_id", "dataset_version.dataset_id", "dataset_version.version"],
            name=op.f("fk_dataset_segment_project_id_dataset_id_version"),
        ),
        sa.PrimaryKeyConstraint("project_id", "dataset_id", "version", "address", name=op.f("pk_dataset_segment")),
    )
    op.create_index("ix_dataset_segment_project_id_address", "dataset_segment", ["project_id", "address"])
