"""The first schema, on SQLite and on PostgreSQL."""

from azuraforge.database.migrations import schema_0001
from azuraforge.database.migrations.newest import first_revision

revision = first_revision()
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema_0001.create()


def downgrade() -> None:
    raise NotImplementedError("the schema only goes forward; restore a backup instead")
