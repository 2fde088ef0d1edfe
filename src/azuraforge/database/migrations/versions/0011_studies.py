"""studies in the trash; lists of runs without the trials of studies"""

import sqlalchemy as sa
from alembic import op

from azuraforge import database

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_LISTED = sa.text("deleted_at IS NULL AND kind <> 'trial'")


def upgrade() -> None:
    op.add_column("study", sa.Column("deleted_at", database.Timestamp(), nullable=True))
    op.add_column("study", sa.Column("deleted_by", sa.String(length=200), nullable=True))
    op.add_column("study", sa.Column("former_name", sa.String(length=100), nullable=True))
    op.add_column("study", sa.Column("purging", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_run_listed",
        "run",
        ["project_id", "created_at", "id"],
        sqlite_where=_LISTED,
        postgresql_where=_LISTED,
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a migration is not taken back")
