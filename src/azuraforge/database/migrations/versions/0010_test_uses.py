"""looks at a test part, reserved before they are taken"""

import sqlalchemy as sa
from alembic import op

from azuraforge import database

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: Every verdict that was given, and those whose model was purged since. Which run came first does not matter any more.
_KEPT = """
INSERT INTO test_use (project_id, run_id, number, attempt, dataset_id, fingerprint, file_sha256, target,
                      test_start_at, test_end_at, earlier, at)
SELECT kept.project_id, kept.run_id,
       row_number() OVER (PARTITION BY kept.project_id ORDER BY kept.at, kept.run_id), 1,
       kept.dataset_id, run.dataset_fingerprint, NULL, kept.target, kept.test_start_at, kept.test_end_at, 0, kept.at
FROM (
    SELECT project_id, run_id, dataset_id, target, test_start_at, test_end_at, created_at AS at FROM evaluation
    UNION ALL
    SELECT project_id, run_id, dataset_id, target, test_start_at, test_end_at, test_end_at FROM earlier_use
    WHERE NOT EXISTS (
        SELECT 1 FROM evaluation AS there
        WHERE there.project_id = earlier_use.project_id AND there.run_id = earlier_use.run_id
    )
) AS kept
LEFT JOIN run ON run.project_id = kept.project_id AND run.id = kept.run_id
"""


def upgrade() -> None:
    op.create_table(
        "test_use",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.String(length=16), nullable=False),
        sa.Column("fingerprint", sa.String(length=80), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("test_start_at", database.Timestamp(), nullable=False),
        sa.Column("test_end_at", database.Timestamp(), nullable=False),
        sa.Column("earlier", sa.Integer(), nullable=False),
        sa.Column("at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_test_use_project_id")),
        sa.PrimaryKeyConstraint("project_id", "run_id", name=op.f("pk_test_use")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_test_use_project_id_number")),
    )
    op.create_index("ix_test_use_project_id_target", "test_use", ["project_id", "target"])
    op.execute(sa.text(_KEPT))
    op.drop_table("earlier_use")


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a migration is not taken back")
