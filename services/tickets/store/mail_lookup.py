"""Bulk reads about mail: what an address got and sent lately, why it gets none, what waits to be released. As `lookup`: each asks at once."""

from collections.abc import Collection, Generator
from datetime import datetime

from schemas.inbound import InboundMessage
from services.tickets.domain.limits import Sent, Suppressed
from services.tickets.store.lookup import Db, later


@later
def sent(db: Db, addresses: Collection[str], tickets: Collection[str], *, last: int) -> Generator[None, None, dict[str, Sent]]:
    """Automatic mail that each address, and each participant of these tickets, got within a day: how much, and the `last` ones."""
    if not addresses and not tickets:
        return {}
    rows = db.execute(
        "SELECT address, today, at, likeness FROM (SELECT address, at, likeness, count(*) OVER (PARTITION BY address) AS today,"
        " row_number() OVER (PARTITION BY address ORDER BY at DESC) AS place FROM automatic_mail"
        " WHERE address = ANY(%s::text[] || ARRAY(SELECT address FROM participant WHERE ticket_id = ANY(%s::uuid[])))"
        " AND at > now() - interval '1 day') AS lately WHERE place <= %s ORDER BY address, place",
        (list(addresses), list(tickets), last),
    )
    yield
    found: dict[str, Sent] = {}
    for address, today, at, likeness in rows:
        found[address] = Sent(today, (*found[address].last, (at, likeness)) if address in found else ((at, likeness),))
    return found


@later
def suppressed(db: Db, addresses: Collection[str], tickets: Collection[str]) -> Generator[None, None, dict[str, Suppressed]]:
    """Those of these addresses, and of the participants of these tickets, that get no mail."""
    if not addresses and not tickets:
        return {}
    rows = db.execute(
        "SELECT address, kind, reason FROM suppression WHERE (until IS NULL OR until > now()) AND (address = ANY(%s)"
        " OR address IN (SELECT address FROM participant WHERE ticket_id = ANY(%s::uuid[])))",
        (list(addresses), list(tickets)),
    )
    yield
    return {address: Suppressed(kind, reason) for address, kind, reason in rows}


@later
def mails_of(db: Db, senders: Collection[str], since: datetime | None) -> Generator[None, None, dict[str, list[datetime]]]:
    """When these senders wrote since a moment, whatever became of it, floods included."""
    if not senders or since is None:
        return {}
    rows = db.execute(
        "SELECT sender, created_at FROM message WHERE sender = ANY(%(senders)s) AND created_at > %(since)s"
        " UNION ALL SELECT sender, at FROM parked_mail WHERE sender = ANY(%(senders)s) AND at > %(since)s AND reason = 'flood'",
        {"senders": list(senders), "since": since},
    )
    yield
    found: dict[str, list[datetime]] = {}
    for sender, at in rows:
        found.setdefault(sender, []).append(at)
    return found


@later
def sent_to(db: Db, addresses: Collection[str]) -> Generator[None, None, dict[str, tuple[str, str]]]:
    """(message id, ticket id) of what each address was sent last within a week and may come back."""
    if not addresses:
        return {}
    rows = db.execute(
        "SELECT DISTINCT ON (p.address) p.address, m.id, m.ticket_id FROM participant p JOIN message m ON m.ticket_id = p.ticket_id"
        " WHERE p.address = ANY(%s) AND m.kind IN ('agent', 'system') AND m.delivery_state IN ('sent', 'sending', 'unknown', 'delayed')"
        " AND m.created_at > now() - interval '7 days'"
        " AND (m.doc -> 'to') @> jsonb_build_array(jsonb_build_object('address', p.address)) ORDER BY p.address, m.created_at DESC",
        (list(addresses),),
    )
    yield
    return {address: (str(message), str(ticket)) for address, message, ticket in rows}


@later
def parked_mails(db: Db, ids: Collection[str]) -> Generator[None, None, dict[str, tuple[str, InboundMessage]]]:
    """Mails that wait in the list, locked: (reason, the mail) by id."""
    if not ids:
        return {}
    rows = db.execute(
        "SELECT id, reason, doc FROM parked_mail WHERE id = ANY(%s::uuid[]) AND status = 'parked' ORDER BY id FOR UPDATE", (sorted(ids),)
    )
    yield
    return {str(i): (reason, InboundMessage.model_validate(doc)) for i, reason, doc in rows}
