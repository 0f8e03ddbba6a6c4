"""The mail that customers get."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings, strategies as st

from schemas.base import Address
from schemas.ticket import Message
from services.ai.safety.rendered import render
from services.ingest.parse.mail import parse_mail
from services.notify.compose import Mail, compose, trimmed
from services.notify.errors import AddressRefusedError, HeaderRefusedError, UnsendableMessageError
from tests.ingest.parse.mails import html
from tests.notify.messages import BOX, CUSTOMER, file, outgoing


def blob(sha256: str) -> bytes:
    return b"\x00\xffcontent of " + sha256[:4].encode()


def parsed(mail: Mail) -> EmailMessage:
    message = message_from_bytes(mail.data, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_threading_headers_and_envelope() -> None:
    message = outgoing(cc=["c@customers.example", CUSTOMER.upper()])
    mail = compose(message, blob=blob)
    read = parsed(mail)
    assert (mail.sender, mail.recipients) == (BOX, (CUSTOMER, "c@customers.example"))
    assert message.outbound is not None
    assert read["Message-ID"] == message.outbound.message_id
    assert read["In-Reply-To"] == "<question@customers.example>"
    assert read["Reply-To"] == message.outbound.reply_to.address  # type: ignore[union-attr]
    assert read["X-Helpdesk-Loop"] == "loop-tag"
    assert read["Date"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert read["Auto-Submitted"] is None


def test_automatic_mail_says_so_and_has_the_null_sender() -> None:
    mail = compose(outgoing(automatic=True), blob=blob)
    assert mail.sender == ""
    assert (parsed(mail)["Auto-Submitted"], parsed(mail)["X-Auto-Response-Suppress"]) == ("auto-replied", "All")


def test_text_and_html_alternatives_say_the_same() -> None:
    read = parsed(compose(outgoing(text="1 < 2 & see https://a.example/?x=1&y=2.\nBye"), blob=blob))
    assert read.get_content_type() == "multipart/alternative"
    text, html = read.iter_parts()
    assert text.get_content().splitlines() == ["1 < 2 & see https://a.example/?x=1&y=2.", "Bye"]
    assert '1 &lt; 2 &amp; see <a href="https://a.example/?x=1&amp;y=2">https://a.example/?x=1&amp;y=2</a>.<br>' in html.get_content()


def test_html_of_the_agent_is_kept_and_gives_the_text() -> None:
    read = parsed(compose(outgoing(text="", html="<p>One</p><p>Two <b>bold</b></p>"), blob=blob))
    text, html = read.iter_parts()
    assert text.get_content().split() == ["One", "Two", "bold"]
    assert "<p>Two <b>bold</b></p>" in html.get_content()


def test_attachments_keep_names_and_bytes() -> None:
    names = ["report.pdf", "Übersicht 2026.pdf", "日本語の長い名前" * 10 + ".txt", 'quote".txt']
    read = parsed(compose(outgoing(attachments=[file(n, sha256=f"{i}" * 64) for i, n in enumerate(names)]), blob=blob))
    found = list(read.iter_attachments())
    assert [a.get_filename() for a in found] == names
    assert [a.get_content() for a in found] == [blob(f"{i}" * 64) for i in range(len(names))]


def test_mail_attached_to_a_mail_travels_as_bytes() -> None:
    read = parsed(compose(outgoing(attachments=[file("fwd.eml", kind="message/rfc822"), file("x", kind="no type")]), blob=blob))
    assert [a.get_content_type() for a in read.iter_attachments()] == ["application/octet-stream"] * 2


def test_inline_picture_stands_beside_its_page() -> None:
    message = outgoing(html='<img src="cid:pic@x">', attachments=[file("p.png", kind="image/png", inline=True, cid="<pic@x>")])
    read = parsed(compose(message, blob=blob))
    related = next(p for p in read.walk() if p.get_content_type() == "multipart/related")
    assert [p["Content-ID"] for p in related.iter_parts()][1] == "<pic@x>"


def test_references_are_the_first_and_the_last_twenty() -> None:
    ids = [f"<{n}.{'r' * 150}@x.example>" for n in range(50)]
    read = parsed(compose(outgoing(references=ids), blob=blob))
    assert read["References"].split() == [ids[0], *ids[-20:]]
    assert trimmed([*ids[:2], *ids[:2]]) == ids[:2]


def test_same_message_gives_same_bytes() -> None:
    message = outgoing(attachments=[file("a.pdf")], html="<p>x</p>")
    assert compose(message, blob=blob) == compose(message, blob=blob)


@settings(max_examples=50)
@given(text=st.text(max_size=3000), subject=st.text(st.characters(blacklist_characters="\r\n\x00"), max_size=300))
def test_any_text_makes_a_mail_that_smtp_carries(text: str, subject: str) -> None:
    data = compose(outgoing(text=text, subject=subject), blob=blob).data
    lines = data.split(b"\r\n")
    assert all(len(line) <= 998 and b"\n" not in line and b"\r" not in line for line in lines)
    assert data.isascii()
    assert b"\x00" not in data


def test_a_recipient_with_a_line_break_is_refused() -> None:
    with pytest.raises(HeaderRefusedError):
        compose(outgoing(to=["a@b.example\r\nBcc: spy@x.example"]), blob=blob)


def test_a_name_of_a_file_with_a_line_break_is_refused() -> None:
    with pytest.raises(HeaderRefusedError):
        compose(outgoing(attachments=[file("a\r\nX: y")]), blob=blob)


def test_nobody_to_send_to_is_refused() -> None:
    with pytest.raises(AddressRefusedError):
        compose(outgoing(to=[]), blob=blob)


def test_a_message_without_id_is_refused() -> None:
    message = outgoing()
    broken = message.model_copy(update={"outbound": message.outbound.model_copy(update={"message_id": "nonsense"})})  # type: ignore[union-attr]
    with pytest.raises(UnsendableMessageError):
        compose(broken, blob=blob)


def test_a_name_cannot_pose_as_an_address() -> None:
    message = outgoing(name="boss@bank.example> <x")
    addresses = parsed(compose(message, blob=blob))["From"].addresses
    assert [a.addr_spec for a in addresses] == [BOX]
    assert Address(name=addresses[0].display_name, address="").name == "boss@bank.example> <x"


def with_outbound(message: Message, **changes: object) -> Message:
    assert message.outbound is not None
    return message.model_copy(update={"outbound": message.outbound.model_copy(update=changes)})


def test_signature_and_quoted_history_stand_below_the_words_in_both_alternatives() -> None:
    quoted = {"quoted_text": "Mia wrote:\n> Help <me>", "quoted_html": '<blockquote class="gmail_quote">Help &lt;me&gt;</blockquote>'}
    message = with_outbound(outgoing(text="Hello"), signature="Noor & team", **quoted)
    text, html = (part.get_content() for part in parsed(compose(message, blob=blob)).iter_parts())
    assert text.splitlines() == ["Hello", "", "-- ", "Noor & team", "", "Mia wrote:", "> Help <me>"]
    assert html.index("Hello") < html.index("Noor &amp; team") < html.index("Help &lt;me&gt;")


def test_unseen_copies_are_in_the_envelope_and_in_no_header() -> None:
    mail = compose(with_outbound(outgoing(), bcc=[Address(address="boss@desk.example")]), blob=blob)
    assert mail.recipients == (CUSTOMER, "boss@desk.example")
    assert b"boss@" not in mail.data
    assert b"bcc" not in mail.data.lower()


def test_a_picture_the_agent_put_into_the_text_travels_inside_it() -> None:
    picture = file("plan.png", kind="image/png", inline=True, cid="0192")
    read = parsed(compose(outgoing(text="See", html='<p>See <img src="cid:0192"></p>', attachments=[picture, file("a.pdf")]), blob=blob))
    related = next(part for part in read.walk() if part.get_content_type() == "multipart/related")
    inside = [(part.get_content_type(), part["Content-ID"]) for part in related.iter_parts()]
    assert inside == [("text/html", None), ("image/png", "<0192>")]
    assert [part.get_filename() for part in read.iter_attachments()] == ["a.pdf"]


def test_only_automatic_mail_says_how_to_unsubscribe_and_by_one_click_where_the_desk_has_an_https_address() -> None:
    where = "mailto:support+u0@desk.example?subject=unsubscribe"
    assert parsed(compose(with_outbound(outgoing(automatic=True), unsubscribe=where), blob=blob))["List-Unsubscribe"] == f"<{where}>"
    link = "https://desk.example/unsubscribe/YQ.0"
    clicked = parsed(compose(with_outbound(outgoing(automatic=True), unsubscribe=where, unsubscribe_url=link), blob=blob))
    assert clicked["List-Unsubscribe"].replace("\r\n", "") == f"<{link}>, <{where}>"
    assert clicked["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    by_hand = parsed(compose(with_outbound(outgoing(), unsubscribe=where, unsubscribe_url=link), blob=blob))
    assert by_hand["List-Unsubscribe"] is None
    assert by_hand["List-Unsubscribe-Post"] is None
    with pytest.raises(HeaderRefusedError):
        compose(with_outbound(outgoing(automatic=True), unsubscribe="mailto:a@b.c\r\nBcc: x@y.z"), blob=blob)


@pytest.mark.parametrize("quote", ['<div class="gmail_quote">On Monday we wrote:<blockquote>{}</blockquote></div>', "{}"])
def test_an_answer_that_lost_its_references_brings_the_marker_back(quote: str) -> None:
    ours = outgoing(text="Have you tried another cable?")
    assert ours.outbound is not None
    ours = ours.model_copy(
        update={"outbound": ours.outbound.model_copy(update={"message_id": f"<{'0a' * 16}.{'1b' * 16}.{'2c' * 10}@desk.example>"})}
    )
    _, page = parsed(compose(ours, blob=blob)).iter_parts()
    answer = parse_mail(html(f"<div>Yes, I did.</div>{quote.format(page.get_content())}", Subject="Cable"))
    assert answer.evidence.marker == f"<{'0a' * 16}.{'1b' * 16}.{'2c' * 10}@desk.example>"
    assert answer.reply.startswith("Yes, I did.") and "helpdesk-ref" not in answer.text + answer.html


def test_nobody_sees_the_marker() -> None:
    text, page = parsed(compose(outgoing(text="Hello"), blob=blob)).iter_parts()
    assert "helpdesk-ref" not in text.get_content() and render(page.get_content()).text == "Hello"
