"""runs that depend on runs, with limits of their own; requests that may be repeated"""

import sqlalchemy as sa
from alembic import op

from azuraforge import database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RUNNING = "state = 'running'"
READY = "state = 'queued' AND waiting_on = 0"


def upgrade() -> None:
    # Plain ADD COLUMN on both dialects: SQLite need not make the table anew, which every foreign key looks at.
    op.add_column("run", sa.Column("waiting_on", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("run", sa.Column("on_failure", sa.String(length=10), nullable=False, server_default="cancel"))
    op.add_column("run", sa.Column("time_limit_seconds", sa.Double(), nullable=True))
    op.add_column("run", sa.Column("memory_limit_bytes", sa.BigInteger(), nullable=True))
    op.drop_index("ix_run_state_priority_created_at", table_name="run")
    op.create_index(
        "ix_run_running",
        "run",
        ["project_id", "kind"],
        sqlite_where=sa.text(RUNNING),
        postgresql_where=sa.text(RUNNING),
    )
    op.create_index(
        "ix_run_ready",
        "run",
        ["project_id", "priority", "created_at", "id"],
        sqlite_where=sa.text(READY),
        postgresql_where=sa.text(READY),
    )
    op.create_table(
        "run_dependency",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("needs_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["run.project_id", "run.id"], name=op.f("fk_run_dependency_project_id_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "needs_id"], ["run.project_id", "run.id"], name=op.f("fk_run_dependency_project_id_needs_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", "needs_id", name=op.f("pk_run_dependency")),
    )
    op.create_index("ix_run_dependency_project_id_needs_id", "run_dependency", ["project_id", "needs_id"])
    op.create_table(
        "answered_request",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("route", sa.String(length=300), nullable=False),
        sa.Column("credential_hash", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_answered_request_project_id")),
        sa.PrimaryKeyConstraint("project_id", "key", name=op.f("pk_answered_request")),
    )
    op.create_index("ix_answered_request_project_id_created_at", "answered_request", ["project_id", "created_at"])


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a migration is not taken back")
