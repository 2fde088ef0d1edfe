"""trash and what a project keeps"""

import sqlalchemy as sa
from alembic import op

from azuraforge import database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

IN_TRASH = "deleted_at IS NOT NULL"


def upgrade() -> None:
    # Plain ADD COLUMN on both dialects: SQLite need not make tables anew, which every foreign key looks at.
    op.add_column("run", sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    for table in ("run", "dataset", "dataset_version", "model", "model_version"):
        op.add_column(table, sa.Column("deleted_at", database.Timestamp(), nullable=True))
        op.add_column(table, sa.Column("deleted_by", sa.String(length=200), nullable=True))
    op.add_column("dataset", sa.Column("former_name", sa.String(length=100), nullable=True))
    op.add_column("model", sa.Column("former_name", sa.String(length=200), nullable=True))
    for table in ("dataset_version", "model_version"):
        op.add_column(table, sa.Column("purged_at", database.Timestamp(), nullable=True))
    op.create_index(
        "ix_run_trash",
        "run",
        ["project_id", "deleted_at", "id"],
        sqlite_where=sa.text(IN_TRASH),
        postgresql_where=sa.text(IN_TRASH),
    )
    # Before a file may go, it is asked who else names it.
    for table, column in (
        ("artifact", "sha256"),
        ("dataset_version", "fingerprint"),
        ("model_version", "content_hash"),
    ):
        op.create_index(f"ix_{table}_project_id_{column}", table, ["project_id", column])
    op.create_table(
        "policy",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("trash_days", sa.Integer(), nullable=False),
        sa.Column("keep_run_days", sa.Integer(), nullable=True),
        sa.Column("keep_work_days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_policy_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_policy")),
    )
    op.create_table(
        "earlier_use",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("dataset_id", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("test_start_at", database.Timestamp(), nullable=False),
        sa.Column("test_end_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_earlier_use_project_id")),
        sa.PrimaryKeyConstraint("project_id", "run_id", name=op.f("pk_earlier_use")),
    )
    op.create_index(
        "ix_earlier_use_project_id_dataset_id_target", "earlier_use", ["project_id", "dataset_id", "target"]
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a migration is not taken back")
