"""Alembic's entry: the connection is handed over by services/tickets/migrate.py."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table="alembic_version", version_table_schema="helpdesk", transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
