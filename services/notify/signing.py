"""DKIM (RFC 6376) for mailboxes whose server does not sign by itself."""

import dkim

from services.notify.compose import Mail
from services.notify.errors import MailboxUnusableError
from services.notify.mailboxes import Account

_SIGNED = (
    b"from to cc subject date message-id reply-to in-reply-to references mime-version content-type content-transfer-encoding "
    b"auto-submitted list-unsubscribe list-unsubscribe-post"
).split()


def signed(mail: Mail, account: Account) -> Mail:
    """The mail with its signature, where the mailbox has a key. MailboxUnusableError when the key does not work."""
    with_key = account.dkim
    if with_key is None:
        return mail
    try:
        line = dkim.sign(
            mail.data, with_key.selector.encode(), with_key.domain.encode(), with_key.key.encode(),
            canonicalize=(b"relaxed", b"relaxed"), include_headers=[*_SIGNED, b"from"], linesep=b"\r\n",
        )  # fmt: skip
    except (dkim.DKIMException, ValueError) as error:
        raise MailboxUnusableError(account.address, f"its DKIM key does not work: {error}") from error
    return Mail(sender=mail.sender, recipients=mail.recipients, data=bytes(line) + mail.data)
