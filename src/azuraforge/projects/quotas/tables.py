"""Table of quotas."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, Owned


class Quota(Owned, Base):
    """Limits of a project; a column without a value, and a project without a row, has no limit.

    On PostgreSQL, only a transaction that an administrator of the platform began can add a row. Rows are replaced,
    never updated; deleting them is allowed, so that a project can be purged.
    """

    __tablename__ = "quota"
    __table_args__ = (
        {
            "info": {
                "added": "project_id = {project}"
                " AND EXISTS (SELECT FROM administrator WHERE administrator.person_id = {person})",
                "granted": ("SELECT", "INSERT", "DELETE"),
            }
        },
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    stored_bytes: Mapped[int | None] = mapped_column(BigInteger)
    runs: Mapped[int | None] = mapped_column(BigInteger)
    datasets: Mapped[int | None] = mapped_column(BigInteger)
    members: Mapped[int | None] = mapped_column(BigInteger)
