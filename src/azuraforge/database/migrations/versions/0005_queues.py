"""which workers a run is for"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("queue", sa.String(length=10), nullable=False, server_default="cpu"))


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a migration is not taken back")
