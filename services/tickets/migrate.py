"""Bring both schemas up to date, before any service starts, under an advisory lock.

Schemas `helpdesk` and `identity` belong to `helpdesk_owner` (no login); services have a role each (architecture.md 6).
"""

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from services.runtime.postgres import Role, role_password
from services.runtime.settings import Settings
from services.tickets.store.write_function import create_write_function

LOCK = 0x48454C50  # "HELP"
_EXTENSIONS = ("pg_trgm", "unaccent", "vector", "btree_gin", "citext")
_ROLES: tuple[Role, ...] = ("helpdesk_tickets", "helpdesk_gateway")


def migrate(settings: Settings) -> None:
    """Create roles, schemas and extensions where missing, then run every migration that has not run yet. Idempotent."""
    engine = sqlalchemy.create_engine(
        settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=sqlalchemy.NullPool
    )
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        try:
            _prepare(connection, settings)
            connection.execute(text("SET ROLE helpdesk_owner"))
            connection.commit()
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.exec_driver_sql(create_write_function())
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("RESET ROLE"))
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    engine.dispose()


def _prepare(connection: Connection, settings: Settings) -> None:
    for extension in _EXTENSIONS:
        connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension} WITH SCHEMA public"))
    there = set(connection.scalars(text("SELECT rolname FROM pg_roles")).all())
    if "helpdesk_owner" not in there:
        connection.execute(text("CREATE ROLE helpdesk_owner NOLOGIN"))
    connection.execute(text("GRANT helpdesk_owner TO CURRENT_USER"))
    for role in _ROLES:
        verb = "ALTER" if role in there else "CREATE"
        connection.exec_driver_sql(f"{verb} ROLE {role} LOGIN PASSWORD '{role_password(settings, role)}'")
    for schema in ("helpdesk", "identity"):
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION helpdesk_owner"))
    connection.execute(text("GRANT USAGE ON SCHEMA helpdesk TO helpdesk_tickets, helpdesk_gateway"))
    connection.execute(text("GRANT USAGE ON SCHEMA identity TO helpdesk_gateway"))
    connection.commit()
