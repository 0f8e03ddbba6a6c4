"""The windowed job that tells of floods and of automats."""

from datetime import UTC, datetime, timedelta

from schemas.base import Address
from schemas.mail import ParkedMail, Suppression
from services.ai.mail_alarms import FEWEST, MailAlarms
from services.runtime.ids import event_id

START = datetime(2026, 11, 22, 9, 0, 30, tzinfo=UTC)


def parked(number: int, at: datetime, *, sender: str = "eve@evil.example", reason: str = "flood") -> ParkedMail:
    return ParkedMail(id=event_id("mail", number), mailbox="support@desk.example", reason=reason, sender=Address(address=sender), at=at)


def test_a_flood_is_told_once_an_hour_without_the_senders_address() -> None:
    alarms, told = MailAlarms(), []
    for n in range(440):
        at = START + timedelta(seconds=n / 10)
        told.append(alarms.parked(parked(n, at), now=at))
    found = [t for t in told if t]
    assert len(found) == 1 and told.index(found[0]) == FEWEST - 1
    assert (found[0].kind, found[0].data["mailbox"], found[0].data["mails"]) == ("mail_flood", "support@desk.example", FEWEST)
    assert "eve" not in found[0].model_dump_json()
    later = START + timedelta(hours=2)
    assert [alarms.parked(parked(1000 + n, later), now=later) for n in range(FEWEST)][-1] is not None


def test_few_parked_mails_other_reasons_and_old_records_are_no_alarm() -> None:
    alarms = MailAlarms()
    slow = [START + timedelta(minutes=n) for n in range(60)]
    assert not any(alarms.parked(parked(n, at), now=at) for n, at in enumerate(slow))
    assert not any(alarms.parked(parked(n, START, reason="blocked"), now=START) for n in range(100))
    assert not any(alarms.parked(parked(n, START, sender="x@y.example"), now=START + timedelta(days=1)) for n in range(100))


def test_an_automat_that_answers_ours_is_told() -> None:
    loop = Suppression(address="bot@other.example", kind="loop", reason="again and again", at=START, until=START + timedelta(hours=1))
    signal = MailAlarms().suppressed(loop, now=START)
    assert signal is not None and signal.kind == "mail_loop" and "bot@" not in signal.model_dump_json()
    assert MailAlarms().suppressed(loop.model_copy(update={"kind": "bounce"}), now=START) is None
