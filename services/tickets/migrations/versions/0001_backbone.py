"""The tables of the backbone: tickets, messages, customers, configuration, the outbox, and the identity schema."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the statements of 0001_backbone.sql, which stays as it is for ever."""
    raw = op.get_bind().connection.driver_connection
    assert raw is not None
    raw.execute(Path(__file__).with_suffix(".sql").read_text())  # without SQLAlchemy's reading of % as a placeholder
