"""The database itself: migrations, roles, row policies, search."""

import psycopg
import pytest

from services.runtime.postgres import connect
from services.runtime.settings import Settings
from services.tickets.migrate import migrate
from tests.servers import Servers


@pytest.fixture(scope="module")
def config(servers: Servers) -> Settings:
    found = Settings.of({"DATABASE_URL": servers.database_url, "HELPDESK_SECRET_KEY": "s" * 40}).named("schema-test")
    migrate(found)
    return found


def test_migrating_twice_changes_nothing(config: Settings) -> None:
    migrate(config)
    with psycopg.connect(config.database_url) as db:
        assert db.execute("SELECT count(*) FROM helpdesk.alembic_version").fetchone() == (1,)


def test_the_gateway_cannot_write_tickets_and_sees_none_without_a_user(config: Settings) -> None:
    with connect(config, "helpdesk_gateway", autocommit=True) as db:
        for statement in (
            "DELETE FROM ticket",
            "UPDATE message SET kind = 'x'",
            "INSERT INTO outbox (topic, key, headers) VALUES ('x', 'x', '[]')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(statement.encode())
        assert db.execute("SELECT count(*) FROM ticket").fetchone() == (0,)


def test_tickets_cannot_read_credentials(config: Settings) -> None:
    with connect(config, "helpdesk_tickets", autocommit=True) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("SELECT * FROM identity.credential")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("export csv", True), ("exp", True), ("export cs", True), ("csv exports", False), ("xport", False), ('"csv export"', False), ('"export csv"', True),
        ("export -csv", False), ("mia@customers.example", True), ("TIK-261122-00042", True), ("TIK-261122", True), ("", False), ("'; DROP TABLE ticket;--", False),
        ("Käs", True), ("!!! &|:*", False),
    ],
)  # fmt: skip
def test_search_takes_what_people_type(config: Settings, query: str, found: bool) -> None:
    text = "TIK-261122-00042 Export CSV is empty mia@customers.example Käse"
    with psycopg.connect(config.database_url) as db:
        row = db.execute("SELECT to_tsvector('simple', %s) @@ helpdesk.typed_query(%s)", (text, query)).fetchone()
    assert row == (found,)
