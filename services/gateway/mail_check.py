"""Whether a mailbox's two servers let us in, said in words an admin can act on."""

import contextlib
import ssl

import aiosmtplib
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from schemas.config import Mailbox

_SECONDS = 10


class MailboxRefusedError(Exception):
    """A server did not let us in; the message says which step failed and why."""


def check_imap(mailbox: Mailbox, password: str) -> None:
    """Connect, sign in, open each folder; with `sign_in` oauth only see that tokens are taken. Raises MailboxRefusedError."""
    at = f"{mailbox.imap_host}:{mailbox.imap_port}"
    try:
        client = IMAPClient(mailbox.imap_host, mailbox.imap_port, ssl=mailbox.imap_security == "tls", timeout=_SECONDS)
    except (OSError, IMAPClientError, ssl.SSLError) as error:
        raise MailboxRefusedError(f"{at} does not answer: {error}") from error
    try:
        if mailbox.imap_security == "starttls":
            client.starttls(ssl.create_default_context())
        if mailbox.sign_in == "oauth":
            if not client.has_capability("AUTH=XOAUTH2"):
                raise MailboxRefusedError(f"{at} takes no OAuth2 tokens (XOAUTH2)")
            return
        client.login(mailbox.user, password)
        for folder in mailbox.folders:
            client.select_folder(folder, readonly=True)
    except LoginError as error:
        raise MailboxRefusedError(f"{at} refused user {mailbox.user} or the password") from error
    except (OSError, IMAPClientError, ssl.SSLError) as error:
        raise MailboxRefusedError(f"{at}: {error}") from error
    finally:
        with contextlib.suppress(OSError, IMAPClientError):  # the answer is known; how the server says goodbye does not matter
            client.logout()


async def check_smtp(mailbox: Mailbox, password: str) -> None:
    """Connect and sign in (where the server offers it), or see that tokens are taken. Raises MailboxRefusedError."""
    at = f"{mailbox.smtp_host}:{mailbox.smtp_port}"
    client = aiosmtplib.SMTP(
        hostname=mailbox.smtp_host, port=mailbox.smtp_port, use_tls=mailbox.smtp_security == "tls",
        start_tls=mailbox.smtp_security == "starttls", timeout=_SECONDS,
    )  # fmt: skip
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:  # else it knows nothing of what the server offers
            await client.ehlo()
        if mailbox.sign_in == "oauth":
            if "xoauth2" not in client.server_auth_methods:
                raise MailboxRefusedError(f"{at} takes no OAuth2 tokens (XOAUTH2)")
        elif client.supports_extension("auth"):
            await client.login(mailbox.user, password)
        await client.quit()
    except aiosmtplib.SMTPAuthenticationError as error:
        raise MailboxRefusedError(f"{at} refused user {mailbox.user} or the password") from error
    except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
        raise MailboxRefusedError(f"{at} does not answer: {error}") from error
    finally:
        client.close()
