"""``python -m azuraforge.platform.migration MESSAGE``: write a migration from the difference to the tables."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from azuraforge.database import Database
from azuraforge.database.schema import alembic_config

ROOMS = ("events", "projects", "runs", "datasets", "models", "studies", "automations")


#: Where the questions are that cross projects.
CROSS_PROJECT_QUERIES = ("projects.store", "runs.lease", "studies.store", "automations.store")


def import_tables() -> None:
    """Import every room's tables and cross-project queries, so that the metadata is whole and all walls are known."""
    for module in (*(f"{room}.tables" for room in ROOMS), *CROSS_PROJECT_QUERIES):
        importlib.import_module(f"azuraforge.{module}")


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
