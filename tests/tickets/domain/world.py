"""A small desk and turns on it, for the pure tests: no I/O anywhere."""

from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.base import Actor, Address, Named
from schemas.config import Agent, Mailbox, Settings, Sla, Team
from schemas.inbound import InboundMessage
from services.runtime.ids import event_id, object_id
from services.runtime.signing import Keys
from services.tickets.domain import conversation, opening
from services.tickets.domain.correlation import Verdict
from services.tickets.domain.desk import Desk
from services.tickets.domain.state import Texts, Ticket
from services.tickets.domain.turn import Turn

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KEYS = Keys(("k" * 40,))
SUPPORT = "support@desk.example"
L1, L2, BILLING = (object_id(START, "team", n) for n in ("l1", "l2", "billing"))
NOOR, BEN, ADA, LIGHT, ADMIN = (object_id(START, "agent", n) for n in ("noor", "ben", "ada", "light", "admin"))


def desk(**settings: Any) -> Desk:
    return Desk(
        settings=Settings(desk_name="Harbour Tools", **settings),
        teams={
            L1: Team(name="Level 1", escalates_to=L2, order=0),
            L2: Team(name="Level 2", order=1),
            BILLING: Team(name="Billing", order=2),
        },
        agents={
            NOOR: Agent(name="Noor", email="noor@desk.example", teams=[L1, L2, BILLING]),
            BEN: Agent(name="Ben", email="ben@desk.example", teams=[L2]),
            ADA: Agent(name="Ada", email="ada@desk.example", teams=[BILLING]),
            LIGHT: Agent(name="Lea", email="lea@desk.example", role="light", teams=[L1]),
            ADMIN: Agent(name="Ines", email="ines@desk.example", role="admin"),
        },
        slas={
            "high": Sla(name="High", priority="high", first_response_seconds=3600, resolution_seconds=4 * 3600),
            "medium": Sla(name="Medium", priority="medium", first_response_seconds=8 * 3600, resolution_seconds=24 * 3600),
        },
        mailboxes={SUPPORT: Mailbox(address=SUPPORT, user=SUPPORT, imap_host="h", imap_port=1, smtp_host="h", smtp_port=1)},
    )


def mail(subject: str = "Help", text: str = "It does not work.", *, sender: str = "mia@customers.example", **more: Any) -> InboundMessage:
    named = {
        "received_at": START,
        "mailbox": SUPPORT,
        "from": Address(name="Mia", address=sender),
        "subject": subject,
        "text": text,
        "reply": text,
    }
    return InboundMessage(id=event_id("mail", subject, text), **{**named, **more})


class World:
    """One ticket and the turns it takes; time moves by `wait`."""

    def __init__(self, *, at: datetime = START, **settings: Any) -> None:
        self.desk, self.now, self.turns = desk(**settings), at, 0
        self.ticket: Ticket = Ticket(id=object_id(at, "ticket"))
        self.texts = Texts()
        self.messages: dict[str, Any] = {}
        self.history: list[Any] = []
        self.rotation: MutableMapping[str, int] = {}

    def wait(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def turn(self, actor: Actor | None = None) -> Turn:
        self.turns += 1
        return Turn(
            desk=self.desk, keys=KEYS, at=self.now, actor=actor or Actor(kind="agent", id=NOOR), cause=event_id("turn", self.turns), ticket=self.ticket,
            texts=self.texts, messages_before=dict(self.messages), rotation=dict(self.rotation),
        )  # fmt: skip

    def keep(self, turn: Turn) -> Turn:
        self.ticket, self.texts, self.rotation = turn.ticket, turn.texts, turn.rotation
        self.messages |= turn.messages
        self.history += turn.events
        return turn

    def thread(self) -> list[Any]:
        return sorted(self.messages.values(), key=lambda m: (m.created_at, m.id))

    def opened(self, message: InboundMessage | None = None) -> "World":
        turn = self.turn(Actor(kind="customer", id=NOOR))
        opening.open_by_mail(turn, message or mail(message_id="<first@customers.example>"), Verdict(action="open", reason="new"), number="TIK-261122-00001",
                                  requester=Named(id=object_id(START, "mia"), name="Mia"), email="mia@customers.example")  # fmt: skip
        self.keep(turn)
        return self

    def customer_writes(self, text: str = "And again!", **more: Any) -> Turn:
        turn = self.turn(Actor(kind="customer", id=NOOR))
        verdict = more.pop("verdict", Verdict(action="append", reason="known_message_id", score=0.95, ticket_id=self.ticket.id))
        conversation.append_inbound(turn, mail("Re: Help", text, **more), verdict, author=Named(id=object_id(START, "mia"), name="Mia"))
        return self.keep(turn)
