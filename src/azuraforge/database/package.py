"""The key of the database service. The platform supplies the database, because it checks it before opening."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.package import Service

if TYPE_CHECKING:
    from azuraforge.database import Database

DATABASE: Service[Database] = Service("database", close=lambda database: database.close())
