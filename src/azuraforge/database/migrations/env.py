"""Run by Alembic, with the connection handed in by ``database.schema``."""

from alembic import context

from azuraforge.database.schema import VERSION_TABLE
from azuraforge.database.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite changes a table by making it anew
    compare_type=False,
    user_module_prefix="database.",
)
with context.begin_transaction():
    context.run_migrations()
