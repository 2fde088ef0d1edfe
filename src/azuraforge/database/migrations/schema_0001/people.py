"""People, their secrets, and the administrators of the platform."""

import sqlalchemy as sa
from alembic import op

from azuraforge import database


def create() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("disabled_at", database.Timestamp(), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name_key", name=op.f("uq_person_name_key")),
    )
    op.create_table(
        "administrator",
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_administrator_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_administrator")),
    )
    op.create_table(
        "password",
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("changed_at", database.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_password_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_password")),
    )
    op.create_table(
        "sign_in_counter",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", database.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_counter")),
    )
    op.create_index("ix_sign_in_counter_started_at", "sign_in_counter", ["started_at"])
    op.create_table(
        "person_session",
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=True),
        sa.Column("created_at", database.Timestamp(), nullable=False),
        sa.Column("expires_at", database.Timestamp(), nullable=True),
        sa.Column("session_expires_at", database.Timestamp(), nullable=True),
        sa.Column("used_at", database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_session_person_id")),
        sa.PrimaryKeyConstraint("person_id", "hash", name=op.f("pk_person_session")),
        sa.UniqueConstraint("person_id", "id", name=op.f("uq_person_session_person_id_id")),
    )
    op.create_index("ix_person_session_hash", "person_session", ["hash"])
