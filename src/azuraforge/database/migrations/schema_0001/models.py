"""Models, versions, aliases, policies, evaluations, and uses of test sets."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "model",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.Column("last_change", sa.Integer(), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("deleted_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_by", sa.String(length=200), nullable=True),
        sa.Column("intended_use", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_model_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_model")),
    )
    op.create_index(
        "uq_model_project_id_name",
        "model",
        ["project_id", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
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
    op.create_table(
        "evaluation",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("dataset_id", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("test_start_at", database.Timestamp(), nullable=False),
        sa.Column("test_end_at", database.Timestamp(), nullable=False),
        sa.Column("evaluation", database.JsonText(), nullable=False),
        sa.Column("verdict", database.JsonText(), nullable=False),
        sa.Column("losses_artifact", sa.String(length=200), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id"], ["model.project_id", "model.id"], name=op.f("fk_evaluation_project_id_model_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "run_id", name=op.f("pk_evaluation")),
    )
    op.create_index("ix_evaluation_project_id_dataset_id_target", "evaluation", ["project_id", "dataset_id", "target"])
    op.create_table(
        "model_policy",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("policy", database.JsonText(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id"],
            ["model.project_id", "model.id"],
            name=op.f("fk_model_policy_project_id_model_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "number", name=op.f("pk_model_policy")),
    )
    op.create_table(
        "model_version",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("weights_sha256", sa.String(length=64), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("plugin", sa.String(length=200), nullable=False),
        sa.Column("plugin_version", sa.String(length=100), nullable=True),
        sa.Column("config", database.JsonText(), nullable=False),
        sa.Column("schema", database.JsonText(), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("dataset_id", sa.String(length=16), nullable=True),
        sa.Column("dataset_version", sa.Integer(), nullable=True),
        sa.Column("dataset_fingerprint", sa.String(length=80), nullable=True),
        sa.Column("learned_from", database.JsonText(), nullable=False),
        sa.Column("code_version", sa.String(length=100), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("parent_version", sa.Integer(), nullable=True),
        sa.Column("metrics", database.JsonText(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("deleted_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_by", sa.String(length=200), nullable=True),
        sa.Column("purged_at", database.Timestamp(), nullable=True),
        sa.Column("imported", database.JsonText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id"],
            ["model.project_id", "model.id"],
            name=op.f("fk_model_version_project_id_model_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "version", name=op.f("pk_model_version")),
    )
    op.create_index("ix_model_version_project_id_content_hash", "model_version", ["project_id", "content_hash"])
    op.create_index("ix_model_version_project_id_run_id", "model_version", ["project_id", "run_id"])
    op.create_table(
        "model_alias_change",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("previous_version", sa.Integer(), nullable=True),
        sa.Column("below", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=True),
        sa.Column("at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "version"],
            ["model_version.project_id", "model_version.model_id", "model_version.version"],
            name=op.f("fk_model_alias_change_project_id_model_id_version"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "seq", name=op.f("pk_model_alias_change")),
    )
    op.create_table(
        "model_promotion",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("previous_version", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("asked_by", sa.String(length=16), nullable=True),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=True),
        sa.Column("policy", sa.Integer(), nullable=True),
        sa.Column("at", database.Timestamp(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.Column("decided_seq", sa.Integer(), nullable=True),
        sa.Column("decided_at", database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "version"],
            ["model_version.project_id", "model_version.model_id", "model_version.version"],
            name=op.f("fk_model_promotion_project_id_model_id_version"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "number", name=op.f("pk_model_promotion")),
    )
    op.create_index(
        "uq_model_promotion_waiting",
        "model_promotion",
        ["project_id", "model_id", "alias"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "model_promotion_approval",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "number"],
            ["model_promotion.project_id", "model_promotion.model_id", "model_promotion.number"],
            name=op.f("fk_model_promotion_approval_project_id_model_id_number"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "number", "seq", name=op.f("pk_model_promotion_approval")),
        sa.UniqueConstraint(
            "project_id",
            "model_id",
            "number",
            "person_id",
            name=op.f("uq_model_promotion_approval_project_id_model_id_number_person_id"),
        ),
    )
    op.create_table(
        "model_alias",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=16), nullable=False),
        sa.Column("alias", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "change"],
            ["model_alias_change.project_id", "model_alias_change.model_id", "model_alias_change.seq"],
            name=op.f("fk_model_alias_project_id_model_id_change"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id", "version"],
            ["model_version.project_id", "model_version.model_id", "model_version.version"],
            name=op.f("fk_model_alias_project_id_model_id_version"),
        ),
        sa.PrimaryKeyConstraint("project_id", "model_id", "alias", name=op.f("pk_model_alias")),
    )
