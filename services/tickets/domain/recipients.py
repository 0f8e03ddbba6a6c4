"""Whom a reply goes to (email.md 5). One pure function; what it returns is what the agent sees and what the envelope says."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from schemas.base import Address
from schemas.ticket import Message

_HEARD = {"customer", "agent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Nobody stands in two of the three lists, or twice in one."""

    to: list[Address]
    cc: list[Address]
    bcc: list[Address]

    @property
    def everybody(self) -> list[Address]:
        """All who get the mail."""
        return [*self.to, *self.cc, *self.bcc]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the agent chose. No `to` means the requester; `reply_all` adds whom the answered message went to."""

    to: list[Address]
    cc: list[Address]
    bcc: list[Address]
    reply_all: bool = False


def recipients(chosen: Chosen, *, requester: Address | None, answered: Message | None, own: Collection[str]) -> Recipients:
    """The requester in To unless the agent named others; chosen copies kept; never one of our own mailboxes (`own`), nobody twice.

    `answered` is the message replied to. Only a public one has receivers who may hear more: a third party's is private.
    """
    seen: set[str] = set()

    def keep(addresses: Iterable[Address]) -> list[Address]:
        kept = []
        for each in addresses:
            address = each.address.strip().lower()
            if address and address not in seen and not is_own(address, own):
                seen.add(address)
                kept.append(Address(name=each.name, address=address))
        return kept

    to = keep(chosen.to) or keep([requester] if requester else [])
    others: list[Address] = []
    if chosen.reply_all:
        others = [*([requester] if requester else [])]
        if answered is not None and answered.kind in _HEARD:
            unproven = "copies_ignored" in answered.flags  # whom a mail of unproven origin was copied to hears nothing of ours
            others += [*([answered.from_] if answered.from_ else []), *([] if unproven else [*answered.to, *answered.cc])]
    bcc_first = {a.address.strip().lower() for a in chosen.bcc}  # who was chosen to stay unseen must not turn up in Cc by reply-all
    cc = keep([*chosen.cc, *(a for a in others if a.address.strip().lower() not in bcc_first)])
    return Recipients(to=to, cc=cc, bcc=keep(chosen.bcc))


def is_own(address: str, own: Collection[str]) -> bool:
    """Whether mail to this address comes back to us: a mailbox of ours, with or without a plus part (our reply addresses have one)."""
    local, at, domain = address.strip().lower().rpartition("@")
    return address.strip().lower() in own or f"{local.partition('+')[0]}{at}{domain}" in own
