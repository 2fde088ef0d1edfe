"""Alembic's entry point. ``database.schema`` passes the connection and the name of the version table."""

from alembic import context

from azuraforge.database.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=context.config.attributes["version_table"],
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite changes a table by recreating it
    compare_type=False,
    user_module_prefix="database.",
)
with context.begin_transaction():
    context.run_migrations()
