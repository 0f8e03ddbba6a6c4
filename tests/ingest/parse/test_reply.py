"""What somebody wrote, apart from what they quoted."""

from __future__ import annotations

import pytest

from services.ingest.parse.mail import parse_mail
from services.ingest.parse.quote_text import cut_text
from tests.ingest.parse.mails import html, plain

_ATTRIBUTIONS = (
    "On Tue, Jan 6, 2026 at 10:00 AM Eve <eve@desk.example> wrote:",
    "On Tue, Jan 6, 2026 at 10:00 AM Eve Long-Name-Of-The-Company\n<eve@desk.example> wrote:",
    "Am 06.01.2026 um 10:00 schrieb Eve <eve@desk.example>:",
    "Le mar. 6 janv. 2026 à 10:00, Eve <eve@desk.example> a écrit :",
    "El mar, 6 ene 2026 a las 10:00, Eve (<eve@desk.example>) escribió:",
    "Il giorno mar 6 gen 2026 alle ore 10:00 Eve <eve@desk.example> ha scritto:",
    "Em ter., 6 de jan. de 2026 às 10:00, Eve <eve@desk.example> escreveu:",
    "Op di 6 jan. 2026 om 10:00 schreef Eve <eve@desk.example>:",
    "Den tis 6 jan. 2026 kl 10:00 skrev Eve <eve@desk.example>:",
    "вт, 6 янв. 2026 г. в 10:00, Eve <eve@desk.example> написал:",
    "W dniu wt., 6 sty 2026 o 10:00 Eve <eve@desk.example> napisał(a):",
    "2026年1月6日(火) 10:00 Eve <eve@desk.example> のメール:",
    "Eve <eve@desk.example> 于2026年1月6日周二 10:00写道：",
)
_BLOCKS = (
    "-----Original Message-----\nFrom: Eve",
    "-----Ursprüngliche Nachricht-----\nVon: Eve",
    "________________________________\nFrom: Eve <e@d.example>\nSent: Monday\nTo: Mia\nSubject: x\n",
    "From: Eve <e@d.example>\nSent: Monday\nTo: Mia\nSubject: x\n",
    "Von: Eve <e@d.example>\nGesendet: Montag\nAn: Mia\nBetreff: x\n",
    "De : Eve <e@d.example>\nEnvoyé : lundi\nÀ : Mia\nObjet : x\n",
    "*From:* Eve <e@d.example>\n*Sent:* Monday\n*To:* Mia\n*Subject:* x\n",
)


@pytest.mark.parametrize("line", _ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_attributions_in_many_languages(line: str, mark: str) -> None:
    cut = cut_text(f"My answer.\n\n{line}\n\n{mark}old words\n{mark}more of them\n")
    assert cut.reply == "My answer."
    assert "old words" in cut.quoted


@pytest.mark.parametrize("block", _BLOCKS)
def test_header_blocks_in_many_languages(block: str) -> None:
    assert cut_text(f"My answer.\n\n{block}\nold words").reply == "My answer."


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("And again today!\n\n> I was charged twice in March.", "And again today!"),
        ("> a question\n\nBelow the quote.", "Below the quote."),
        ("On 1 Jan 2026, Eve wrote:\n> a question\n\nBelow the quote.", "Below the quote."),
        ("> only quoted", "> only quoted"),
        ("> one?\nyes\n> two?\nno", "> one?\nyes\n> two?\nno"),
        ("I wrote this: it is fine.\nReally.", "I wrote this: it is fine.\nReally."),
        ("My list is as follows:\n- a\n- b", "My list is as follows:\n- a\n- b"),
        ("Hello\n\n-- \nMia\nCustomer Ltd.", "Hello"),
        ("Hello\n\nSent from my iPhone", "Hello"),
        ("Hallo\n\nVon meinem iPhone gesendet", "Hallo"),
        ("yes On Wed, Apr 4, 2012 at 3:59 PM, bob@example.com wrote:\n> Hi", "yes"),
        ("yes\n\n---- John Smith wrote ----\n\n> old", "yes"),
        ("yes\n\n------On 12/29/1987 17:32 PM, Julius wrote-----\n\nold", "yes"),
        ("yes\n\n2014-10-17 11:28 GMT+03:00 Bo <\nbo@x.example>:\n\n> old", "yes"),
        ("yes\n\nDate: Wed, 16 May 2012 00:15:02 -0600\nTo: bo@x.example\n\nold", "yes"),
        ("yes\n\nOn Mon, 1 Jan 2026, bob wrote:\n\n> see (http://x.example/\nnonce=3)\n> old", "yes"),
        ("Hello all\n\n-Abhishek Kona\n\n\n_______________________________________________\nusers mailing list", "Hello all"),
        ("My list:\n\n-Milk\n-Bread", "My list:\n\n-Milk\n-Bread"),
        ("Here are the 3 things he wrote:\none\ntwo", "Here are the 3 things he wrote:\none\ntwo"),
    ],
)
def test_plain_replies(text: str, reply: str) -> None:
    assert cut_text(text).reply == reply


_CLIENTS = {
    "gmail": '<div>Mine</div><div class="gmail_quote"><div class="gmail_attr">On 1 Jan 2026 Eve wrote:</div><blockquote>old</blockquote></div>',
    "gmail below": '<div class="gmail_quote"><blockquote>old</blockquote></div><div>Mine</div>',
    "apple": '<div>Mine</div><div><blockquote type="cite">old</blockquote></div>',
    "thunderbird": '<div class="moz-cite-prefix">On 1 Jan 2026, Eve wrote:</div><blockquote type="cite">old</blockquote><p>Mine</p>',
    "outlook": '<div>Mine</div><hr><div id="divRplyFwdMsg">From: Eve</div><div>old</div>',
    "outlook desktop": '<div class="WordSection1"><p>Mine</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Eve<br>'
    "<b>Sent:</b> Monday</p></div><p>old</p></div>",
    "proton": '<div>Mine</div><div class="protonmail_quote">On x Eve wrote:<blockquote>old</blockquote></div>',
    "yahoo": '<div>Mine</div><div id="x" class="yahoo_quoted">old</div>',
    "zimbra": '<div>Mine<hr data-marker="__DIVIDER__">From: Eve</div><div>old</div>',
}


@pytest.mark.parametrize("client", _CLIENTS)
def test_marks_of_html_clients(client: str) -> None:
    mail = parse_mail(html(_CLIENTS[client]))
    assert mail.reply == "Mine"
    assert "old" not in mail.reply_html and "Mine" in mail.reply_html
    assert "old" in mail.quoted_html and "old" in mail.quoted


def test_a_reply_that_is_all_quote_is_shown() -> None:
    assert parse_mail(html('<div class="gmail_quote">old</div>')).reply == "old"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        (
            "FYI\n\n---------- Forwarded message ---------\nFrom: Bo <bo@x.example>\nDate: Mon, 5 Jan 2026\nSubject: Broken\nTo: m@x.example\n\nIt broke.",
            "Fwd: Broken",
        ),
        (
            "Begin forwarded message:\n\nFrom: Bo <bo@x.example>\nSubject: Broken\nDate: Mon, 5 Jan 2026\nTo: m@x.example\n\nIt broke.",
            "Fwd: Broken",
        ),
        (
            "-------- Weitergeleitete Nachricht --------\nBetreff: Broken\nDatum: Mon, 5 Jan 2026\nVon: Bo <bo@x.example>\n\nIt broke.",
            "Fwd: Broken",
        ),
        ("From: Bo <bo@x.example>\nSent: Mon, 5 Jan 2026\nTo: m@x.example\nSubject: Broken\n\nIt broke.", "FW: Broken"),
    ],
)
def test_forwards_name_their_first_sender(text: str, subject: str) -> None:
    found = parse_mail(plain(text, Subject=subject)).forwarded
    assert found is not None and found.sender is not None
    assert (found.sender.address, found.date, found.subject) == ("bo@x.example", "Mon, 5 Jan 2026", "Broken")
