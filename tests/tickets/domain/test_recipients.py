"""email.md 5: whom a reply goes to, as properties of the one function that decides it."""

from hypothesis import given, strategies as st

from schemas.base import Address, MessageKind
from schemas.ticket import Message
from services.runtime.ids import object_id
from services.tickets.domain.recipients import Chosen, Recipients, is_own, recipients
from tests.tickets.domain.world import START, SUPPORT

OWN = {SUPPORT, "billing@desk.example"}
PEOPLE = ["mia@customers.example", "Mia@Customers.example", "ben@customers.example", "eve@other.example", " ada@other.example ", ""]
OURS = [SUPPORT, SUPPORT.upper(), "billing@desk.example", "support+0f.abc@desk.example", "Billing+b1.x@desk.example"]
addresses = st.lists(st.sampled_from([*PEOPLE, *OURS]).map(lambda a: Address(address=a)), max_size=6)
choices = st.builds(Chosen, to=addresses, cc=addresses, bcc=addresses, reply_all=st.booleans())
requesters = st.none() | st.sampled_from(PEOPLE[:4]).map(lambda a: Address(address=a))


def message(kind: MessageKind, *, sender: str, to: list[Address], cc: list[Address]) -> Message:
    return Message(
        id=object_id(START, kind), ticket_id="t", home_ticket_id="t", kind=kind, from_=Address(address=sender), to=to, cc=cc, created_at=START
    )  # fmt: skip


answered = st.none() | st.builds(
    message, st.sampled_from(["customer", "agent", "third_party"]), sender=st.sampled_from(PEOPLE), to=addresses, cc=addresses
)


def key(addresses: list[Address]) -> list[str]:
    return [a.address.strip().lower() for a in addresses]


@given(choices, requesters, answered)
def test_never_one_of_our_own_mailboxes_and_nobody_twice(chosen: Chosen, requester: Address | None, last: Message | None) -> None:
    found = key(recipients(chosen, requester=requester, answered=last, own=OWN).everybody)
    assert not [a for a in found if is_own(a, OWN)]
    assert len(set(found)) == len(found)
    assert all(found)


@given(choices, requesters, answered)
def test_the_requester_is_in_to_unless_the_agent_named_somebody_else(
    chosen: Chosen, requester: Address | None, last: Message | None
) -> None:
    found = recipients(chosen, requester=requester, answered=last, own=OWN)
    named = [a for a in key(chosen.to) if a and not is_own(a, OWN)]
    assert key(found.to) == (list(dict.fromkeys(named)) or key([requester] if requester else []))


@given(choices, requesters, answered)
def test_copies_that_were_chosen_are_kept(chosen: Chosen, requester: Address | None, last: Message | None) -> None:
    found = recipients(chosen, requester=requester, answered=last, own=OWN)
    wanted = {a for a in key([*chosen.to, *chosen.cc, *chosen.bcc]) if a and not is_own(a, OWN)}
    assert wanted <= set(key(found.everybody))


@given(choices, requesters, answered)
def test_who_is_chosen_to_stay_unseen_is_in_no_header_unless_chosen_there_too(
    chosen: Chosen, requester: Address | None, last: Message | None
) -> None:
    found = recipients(chosen, requester=requester, answered=last, own=OWN)
    seen = set(key([*found.to, *found.cc]))
    openly = set(key([*chosen.to, *chosen.cc, *([requester] if requester and not chosen.to else [])])) | set(key(found.to))
    assert not (set(key(chosen.bcc)) & seen) - openly


@given(choices, requesters, answered)
def test_a_third_party_is_never_added_by_itself(chosen: Chosen, requester: Address | None, last: Message | None) -> None:
    found = set(key(recipients(chosen, requester=requester, answered=last, own=OWN).everybody))
    allowed = set(key([*chosen.to, *chosen.cc, *chosen.bcc, *([requester] if requester else [])]))
    if chosen.reply_all and last is not None and last.kind != "third_party":
        allowed |= set(key([*([last.from_] if last.from_ else []), *last.to, *last.cc]))
    assert found <= allowed


def test_reply_answers_one_and_reply_all_answers_everybody() -> None:
    mia, ben, eve = (Address(address=a) for a in ("mia@customers.example", "ben@customers.example", "eve@other.example"))
    last = message("customer", sender=mia.address, to=[Address(address=SUPPORT), ben], cc=[eve])

    def to(*, everybody: bool) -> Recipients:
        return recipients(Chosen(to=[], cc=[], bcc=[], reply_all=everybody), requester=mia, answered=last, own=OWN)

    assert to(everybody=False) == Recipients(to=[mia], cc=[], bcc=[])
    assert to(everybody=True) == Recipients(to=[mia], cc=[ben, eve], bcc=[])
