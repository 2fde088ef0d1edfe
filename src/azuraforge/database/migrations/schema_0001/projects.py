"""Projects, members, tokens, policies, secrets, and answers to repeated requests."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("archived_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_at", database.Timestamp(), nullable=True),
        sa.Column("deleted_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("slug", name=op.f("uq_project_slug")),
    )
    op.create_table(
        "answered_request",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("route", sa.String(length=300), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_answered_request_project_id")),
        sa.PrimaryKeyConstraint("project_id", "key", name=op.f("pk_answered_request")),
    )
    op.create_index("ix_answered_request_project_id_created_at", "answered_request", ["project_id", "created_at"])
    op.create_table(
        "answered_person_request",
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("route", sa.String(length=300), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_answered_person_request_person_id")),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_answered_person_request")),
    )
    op.create_index(
        "ix_answered_person_request_person_id_created_at", "answered_person_request", ["person_id", "created_at"]
    )
    op.create_table(
        "member",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_member_project_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_member_person_id")),
        sa.PrimaryKeyConstraint("project_id", "person_id", name=op.f("pk_member")),
    )
    op.create_index("ix_member_person_id", "member", ["person_id"])
    op.create_table(
        "invitation",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("expires_at", database.Timestamp(), nullable=False),
        sa.Column("used_at", database.Timestamp(), nullable=True),
        sa.Column("used_by", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_invitation_project_id")),
        sa.ForeignKeyConstraint(["used_by"], ["person.id"], name=op.f("fk_invitation_used_by")),
        sa.PrimaryKeyConstraint("project_id", "hash", name=op.f("pk_invitation")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_invitation_project_id_id")),
    )
    op.create_index("ix_invitation_hash", "invitation", ["hash"])
    op.create_table(
        "retention_policy",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("trash_days", sa.Integer(), nullable=False),
        sa.Column("keep_run_days", sa.Integer(), nullable=True),
        sa.Column("keep_work_days", sa.Integer(), nullable=False),
        sa.Column("keep_prediction_days", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_retention_policy_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_retention_policy")),
    )
    op.create_table(
        "quota",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("stored_bytes", sa.BigInteger(), nullable=True),
        sa.Column("runs", sa.BigInteger(), nullable=True),
        sa.Column("datasets", sa.BigInteger(), nullable=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_quota_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_quota")),
    )
    op.create_table(
        "secret",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("updated_at", database.Timestamp(), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_secret_project_id")),
        sa.PrimaryKeyConstraint("project_id", "name", name=op.f("pk_secret")),
    )
    op.create_table(
        "token",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("expires_at", database.Timestamp(), nullable=True),
        sa.Column("used_at", database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "person_id"],
            ["member.project_id", "member.person_id"],
            name=op.f("fk_token_project_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "hash", name=op.f("pk_token")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_token_project_id_id")),
    )
    op.create_index("ix_token_hash", "token", ["hash"])
