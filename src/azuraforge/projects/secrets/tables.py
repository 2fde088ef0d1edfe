"""Table of encrypted secrets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, Owned, Timestamp, now


class Secret(Owned, Base):
    """A value encrypted with AES-256-GCM. Project and name are associated data, so no other row can decrypt it."""

    __tablename__ = "secret"

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # nonce of 12 bytes, then the ciphertext with its tag
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    updated_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    updated_by: Mapped[str] = mapped_column(String(200))
