"""``python -m azuraforge.platform.migration MESSAGE``: generate a migration from changes to the table definitions."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from azuraforge.database import Database
from azuraforge.database.schema import alembic_config
from azuraforge.server.packages import import_tables


def main() -> None:
    from alembic import command

    import_tables()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'schema.db'}")
        with database.engine.connect() as connection:
            config = alembic_config(connection)
            with connection.begin():
                command.upgrade(config, "head")
            with connection.begin():
                command.revision(config, message=sys.argv[1], autogenerate=True)
        database.close()


if __name__ == "__main__":
    main()
