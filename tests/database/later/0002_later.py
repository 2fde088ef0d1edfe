"""A migration that comes after the newest one, for the tests of upgrades.

It rebuilds a table on SQLite (others point to it), changes its rows, and adds an index. Where ``later.stop`` in the
working directory exists, it stops halfway until its process is killed.
"""

import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from azuraforge.database.migrations.newest import newest_revision

revision = "9000"
down_revision = newest_revision()
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("run") as batch:
        batch.add_column(sa.Column("later", sa.String(20), nullable=False, server_default="before"))
        batch.alter_column("request_hash", type_=sa.String(80), existing_type=sa.String(64), existing_nullable=False)
    op.execute("UPDATE run SET later = 'upgraded'")
    if Path("later.stop").exists():
        sys.stdout.write("halfway\n")
        sys.stdout.flush()
        sys.stdin.read()
    op.create_index("ix_run_later", "run", ["project_id", "later"])
