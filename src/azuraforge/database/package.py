"""The database of a process. The platform opens it, as only the platform knows its state at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.package import Service

if TYPE_CHECKING:
    from azuraforge.database import Database

DATABASE: Service[Database] = Service("database", close=lambda database: database.close())
