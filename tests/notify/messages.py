"""Messages as tickets would write them."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.base import Address, Attachment, DeliveryState
from schemas.ticket import Delivery, Message, Outbound
from services.runtime.ids import new_object_id

BOX = "support@helpdesk.example"
CUSTOMER = "customer@customers.example"


def outgoing(
    *,
    mailbox: str = BOX,
    to: list[str] | None = None,
    cc: list[str] | None = None,
    subject: str = "Re: Printer",
    text: str = "Hello,\nplease switch it off and on.\n",
    html: str | None = None,
    automatic: bool = False,
    references: list[str] | None = None,
    name: str = "Support",
    attachments: list[Attachment] | None = None,
    state: DeliveryState = "queued",
    loop: str = "loop-tag",
) -> Message:
    """A reply that waits to be sent."""
    message_id, ticket_id = new_object_id(), new_object_id()
    outbound = Outbound.model_validate(
        {
            "mailbox": mailbox,
            "envelope_from": "" if automatic else None,
            "from": Address(name=name, address=mailbox),
            "reply_to": Address(address=f"support+{ticket_id[:8]}@helpdesk.example"),
            "to": [Address(address=a) for a in (to if to is not None else [CUSTOMER])],
            "cc": [Address(address=a) for a in cc or []],
            "subject": subject,
            "message_id": f"<{ticket_id}.{message_id}.abcd@helpdesk.example>",
            "in_reply_to": "<question@customers.example>",
            "references": references if references is not None else ["<question@customers.example>"],
            "loop": loop,
            "automatic": automatic,
        }
    )
    return Message(
        id=message_id,
        ticket_id=ticket_id,
        home_ticket_id=ticket_id,
        kind="system" if automatic else "agent",
        body_text=text,
        body_html=html,
        attachments=attachments or [],
        created_at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
        delivery=Delivery(state=state),
        outbound=outbound,
    )


def file(name: str, *, sha256: str = "0" * 64, kind: str = "application/pdf", inline: bool = False, cid: str | None = None) -> Attachment:
    """An attachment whose content stands under `sha256`."""
    return Attachment(id=new_object_id(), name=name, type=kind, sha256=sha256, inline=inline, content_id=cid)
