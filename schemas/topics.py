"""Every Kafka topic of the system: the single source for creation, documentation and tests (architecture.md 3).

`key` is what the record key holds. `routing` is what decides the partition: where it differs from the key, the producer computes
the partition itself with murmur2 over the routing key, so that all records of one ticket, whatever their key, share a partition.
"""

from dataclasses import dataclass, field
from typing import Literal

Cleanup = Literal["compact", "delete"]

DAY_MS = 24 * 3600 * 1000
TICKET_PARTITIONS = 8
DLQ_SUFFIX = ".dlq"
IMPORTED_MAIL = "helpdesk.mail.imported.v1"
"""A mail of another system's archive: kept in `mail.raw`, and read by nobody who would answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic: how it is keyed, partitioned and kept, who writes and who reads it, and the event types it carries."""

    name: str
    key: str
    routing: str | None = None
    partitions: int = TICKET_PARTITIONS
    cleanup: Cleanup = "delete"
    retention_ms: int = -1
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    types: tuple[str, ...]
    about: str
    dead_letters: bool = True
    """Whether a reader of this topic may dead-letter its records, so that `<name>.dlq` exists."""
    passing: bool = False
    """Whether what a power cut takes from it is said again or soon worth nothing. A lone broker, which puts each record of the others on
    its disk before it acknowledges, then leaves that to the operating system."""

    def config(self) -> dict[str, str]:
        """Topic-level broker settings. Compacted topics really forget within a week (an idle segment never rolls: segment.ms)."""
        unhurried = {"flush.messages": str((1 << 63) - 1)} if self.passing else {}
        if self.cleanup == "delete":
            return {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms), "segment.ms": str(DAY_MS), **unhurried}
        return {
            **unhurried,
            "cleanup.policy": "compact",
            "segment.ms": str(DAY_MS),
            "max.compaction.lag.ms": str(3 * DAY_MS),
            "min.compaction.lag.ms": str(15 * 60 * 1000),
        }


MAIL_RAW = Topic(
    name="mail.raw", key="mail id", routing="account/folder", partitions=4, cleanup="compact", writers=("ingest-fetch", "gateway", "cli"),
    readers=("ingest-parse", "ledger", "archives"), types=("helpdesk.mail.received.v1", IMPORTED_MAIL),
    about="Each mail as it stood on the server, or in another system's archive: value = the RFC 5322 bytes.",
)  # fmt: skip
MAIL_POSITION = Topic(
    name="mail.position", key="account/folder", partitions=1, cleanup="compact", writers=("ingest-fetch",), readers=("ingest-fetch", "ledger"),
    types=("helpdesk.mail.position.v1",), about="How far each IMAP folder has been read.", dead_letters=False, passing=True,
)  # fmt: skip
MAIL_TOKENS = Topic(
    name="mail.tokens", key="account", partitions=1, cleanup="compact", writers=("ingest-fetch",), readers=("notify",),
    types=("helpdesk.mail.token.v1",), about="OAuth tokens of mailboxes, sealed.", dead_letters=False,
)  # fmt: skip
MAIL_COMMANDS = Topic(
    name="mail.commands", key="mail id, or address", partitions=1, retention_ms=7 * DAY_MS, writers=("gateway", "cli"), readers=("tickets",),
    types=("helpdesk.mail.command.v1",), about="What somebody wants done with parked mail or a suppressed address.",
)  # fmt: skip
MAIL_PARKED = Topic(
    name="mail.parked", key="mail id", partitions=4, cleanup="compact", writers=("tickets",), readers=("gateway", "ai", "analytics"),
    types=("helpdesk.mail.parked.v1",), about="Each mail that opened no ticket, with its reason and what became of it.", dead_letters=False,
)  # fmt: skip
MAIL_SUPPRESSIONS = Topic(
    name="mail.suppressions", key="address", partitions=1, cleanup="compact", writers=("tickets",), readers=("gateway", "ai", "analytics"),
    types=("helpdesk.mail.suppression.v1",), about="Addresses that get no mail, with the reason; null = lifted.", dead_letters=False,
)  # fmt: skip
CHAT_RAW = Topic(
    name="chat.raw", key="chat message id", routing="channel/handle", partitions=4, cleanup="compact", writers=("ingest-channels",), readers=("ingest-parse",),
    types=("helpdesk.chat.received.v1",), about="Each chat message as its channel delivered it.",
)  # fmt: skip
MESSAGE_INBOUND = Topic(
    name="message.inbound", key="conversation: root Message-ID, or channel/handle", retention_ms=7 * DAY_MS, writers=("ingest-parse",), readers=("tickets",),
    types=("helpdesk.message.inbound.v1",), about="One parsed customer message, whatever its channel.",
)  # fmt: skip
TICKET_COMMANDS = Topic(
    name="ticket.commands", key="ticket id", retention_ms=7 * DAY_MS, writers=("gateway", "timers", "cli"), readers=("tickets",),
    types=("helpdesk.ticket.command.v1",), about="What somebody or a timer wants done with a ticket.",
)  # fmt: skip
CONFIG_COMMANDS = Topic(
    name="config.commands", key="kind/id", partitions=1, retention_ms=7 * DAY_MS, writers=("gateway", "cli"), readers=("tickets",),
    types=("helpdesk.config.command.v1",), about="Changes of the desk's configuration.",
)  # fmt: skip
COMMAND_OUTCOMES = Topic(
    name="command.outcomes", key="command id", partitions=4, retention_ms=3600 * 1000, writers=("tickets",), readers=("gateway",),
    types=("helpdesk.command.outcome.v1",), about="What became of each command.", dead_letters=False,
)  # fmt: skip
TICKET_EVENTS = Topic(
    name="ticket.events", key="ticket id", writers=("tickets",), readers=("gateway", "ai", "analytics"),
    types=("helpdesk.ticket.*.v1",), about="What happened, for ever, without any personal data.",
)  # fmt: skip
TICKET_STATE = Topic(
    name="ticket.state", key="ticket id", cleanup="compact", writers=("tickets",), readers=("gateway", "analytics", "caches"),
    types=("helpdesk.ticket.state.v1",), about="Each ticket as it is now; null = erased.",
)  # fmt: skip
TICKET_MESSAGES = Topic(
    name="ticket.messages", key="message id", routing="home ticket id", cleanup="compact", writers=("tickets",), readers=("gateway", "notify", "analytics"),
    types=("helpdesk.ticket.message.v1",), about="What was said, with its delivery state.",
)  # fmt: skip
CUSTOMER_STATE = Topic(
    name="customer.state", key="customer id", partitions=4, cleanup="compact", writers=("tickets",), readers=("gateway", "analytics"),
    types=("helpdesk.customer.state.v1",), about="Each customer as they are now.",
)  # fmt: skip
CONFIG_STATE = Topic(
    name="config.state", key="kind/id, articles as article/ID/version", partitions=1, cleanup="compact", writers=("tickets",),
    readers=("ingest-fetch", "ai", "notify", "gateway"), types=("helpdesk.config.state.v1",), about="The desk's configuration as it is now.",
)  # fmt: skip
IDENTITY_CHANGES = Topic(
    name="identity.changes", key="user id", partitions=1, cleanup="compact", writers=("gateway",), readers=("gateway", "tickets"),
    types=("helpdesk.identity.changed.v1",), about="Sessions and rights that ended.",
)  # fmt: skip
AI_REQUESTS = Topic(
    name="ai.requests", key="request id", routing="ticket id", cleanup="compact", writers=("tickets",), readers=("ai", "backtest"),
    types=("helpdesk.ai.request.v1",), about="One ticket to look at, with all the assistant may know.",
)  # fmt: skip
AI_PROGRESS = Topic(
    name="ai.progress", key="ticket id", retention_ms=DAY_MS, writers=("ai",), readers=("gateway",),
    types=("helpdesk.ai.stage.v1", "helpdesk.ai.delta.v1"), about="The stages of a run while it goes on.", dead_letters=False, passing=True,
)  # fmt: skip
AI_SUGGESTIONS = Topic(
    name="ai.suggestions", key="suggestion id", routing="ticket id", cleanup="compact", writers=("ai",), readers=("tickets", "gateway"),
    types=("helpdesk.ai.suggested.v1",), about="What the assistant found, with evidence.",
)  # fmt: skip
AI_REWRITES = Topic(
    name="ai.rewrites", key="request id", routing="ticket id", partitions=4, retention_ms=3600 * 1000, writers=("gateway",), readers=("ai",),
    types=("helpdesk.ai.rewrite.v1",), about="An agent's words to be said in another way.", dead_letters=False, passing=True,
)  # fmt: skip
AI_REWRITTEN = Topic(
    name="ai.rewritten", key="request id", partitions=1, retention_ms=3600 * 1000, writers=("ai",), readers=("gateway",),
    types=("helpdesk.ai.rewritten.v1",), about="The words said in another way, or why not.", dead_letters=False, passing=True,
)  # fmt: skip
AI_SIGNALS = Topic(
    name="ai.signals", key="signal id", partitions=1, retention_ms=30 * DAY_MS, writers=("ai",), readers=("tickets", "gateway"),
    types=("helpdesk.ai.signal.v1",), about="Surges and windows that the radar noticed.",
)  # fmt: skip
DELIVERY_REPORTS = Topic(
    name="delivery.reports", key="message id", routing="home ticket id", cleanup="compact", writers=("notify",), readers=("tickets",),
    types=("helpdesk.delivery.report.v1",), about="Claims and results of sending.",
)  # fmt: skip
OPS_HEARTBEATS = Topic(
    name="ops.heartbeats", key="instance", partitions=1, cleanup="compact", writers=("all services",), readers=("gateway",),
    types=("helpdesk.ops.heartbeat.v1",), about="Every process every five seconds.", dead_letters=False, passing=True,
)  # fmt: skip

TOPICS: tuple[Topic, ...] = (
    MAIL_RAW, MAIL_POSITION, MAIL_TOKENS, MAIL_COMMANDS, MAIL_PARKED, MAIL_SUPPRESSIONS, CHAT_RAW, MESSAGE_INBOUND, TICKET_COMMANDS,
    CONFIG_COMMANDS, COMMAND_OUTCOMES, TICKET_EVENTS, TICKET_STATE, TICKET_MESSAGES, CUSTOMER_STATE, CONFIG_STATE, IDENTITY_CHANGES,
    AI_REQUESTS, AI_PROGRESS, AI_SUGGESTIONS, AI_REWRITES, AI_REWRITTEN, AI_SIGNALS, DELIVERY_REPORTS, OPS_HEARTBEATS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeadLetterTopic:
    """`<topic>.dlq`: key = ce_id of the record that failed, value = its bytes, null = resolved. One partition, so order is kept."""

    of: Topic
    partitions: int = 1
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.of.name + DLQ_SUFFIX)

    def config(self) -> dict[str, str]:
        """Dead letters do not expire: compacted, removed by a tombstone only."""
        return {"cleanup.policy": "compact", "segment.ms": str(DAY_MS), "max.compaction.lag.ms": str(3 * DAY_MS)}


DEAD_LETTER_TOPICS: tuple[DeadLetterTopic, ...] = tuple(DeadLetterTopic(t) for t in TOPICS if t.dead_letters)
BY_NAME: dict[str, Topic] = {t.name: t for t in TOPICS}
