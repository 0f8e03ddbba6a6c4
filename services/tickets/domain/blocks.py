"""Whose mail opens no ticket: the desk's block list."""

from collections.abc import Iterator

from schemas.config import Block
from services.tickets.domain.desk import Desk


def blocked(desk: Desk, sender: str) -> Block | None:
    """The entry that blocks a sender: its address, its domain, or a domain above that."""
    return next((desk.blocks[name] for name in _names(sender) if name in desk.blocks), None) if desk.blocks else None


def _names(sender: str) -> Iterator[str]:
    yield sender
    domain = sender.rpartition("@")[2]
    while domain:
        yield domain
        domain = domain.partition(".")[2]
