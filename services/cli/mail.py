"""`helpdesk mail`: send sample mail; the other verbs are modules of their own."""

from __future__ import annotations

import smtplib
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Annotated

import typer

from deploy.embedded.home import Home
from services.cli.environment import read_env
from services.cli.lazy import lazy_group
from services.cli.options import DEFAULT_HOME, HomeOption

_COMMANDS = {
    "inspect": "services.cli.mail_inspect:inspect",
    "ledger": "services.cli.mail_ledger:ledger",
    "explain": "services.cli.mail_explain:explain",
    "show": "services.cli.mail_log:show",
    "reprocess": "services.cli.mail_log:reprocess",
    "reparse": "services.cli.mail_reparse:reparse",
    "import": "services.cli.mail_import:import_",
    "authorize": "services.cli.mail_authorize:authorize",
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS), help="Send a mail, see how one is read, account for all, and import others'.", no_args_is_help=True
)

# Unlimited lines: folding would break long Message-IDs into encoded words.
_WIRE = policy.SMTP.clone(max_line_length=998)


@app.callback()
def mail() -> None:
    """Hold the commands together."""


@app.command()
def send(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE.eml]", help="A whole mail to send as it is.", exists=True, dir_okay=False)
    ] = None,
    sender: Annotated[str, typer.Option("--from", metavar="A", help="The customer's address.")] = "ann.becker@customers.example",
    to: Annotated[str | None, typer.Option("--to", metavar="A", help="Default: the support address.")] = None,
    subject: Annotated[str, typer.Option("--subject", metavar="S")] = "My order has not arrived",
    body: Annotated[
        str, typer.Option("--body", metavar="T")
    ] = "Hello,\n\nmy order was due on Monday and is still not here. Where is it?\n\nAnn Becker",
    in_reply_to: Annotated[str | None, typer.Option("--in-reply-to", metavar="ID", help="Message-ID that this mail answers.")] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Send one mail into the system by SMTP, and print its Message-ID."""
    try:
        env = read_env(Home.at(home))
    except FileNotFoundError:
        print(f"nothing runs in {Home.at(home).root}: helpdesk up", file=sys.stderr)
        raise typer.Exit(1) from None
    recipient = to or env["SUPPORT_ADDRESS"]
    if file is not None:
        raw = file.read_bytes()
        message_id = message_from_bytes(raw, policy=policy.compat32).get("Message-ID", "(none)")
    else:
        written = _write(sender=sender, to=recipient, subject=subject, body=body, in_reply_to=in_reply_to)
        raw, message_id = written.as_bytes(policy=_WIRE), written["Message-ID"]
    try:
        deliver(env, raw, sender=sender, to=recipient)
    except (OSError, smtplib.SMTPException) as error:
        print(f"the mail server at {env['SAMPLE_SMTP_HOST']}:{env['SAMPLE_SMTP_PORT']} did not take it: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"sent {message_id} to {recipient}")


def deliver(env: dict[str, str], raw: bytes, *, sender: str, to: str) -> None:
    """Hand one mail to the sample mail server. Raises what SMTP raises."""
    with smtplib.SMTP(env["SAMPLE_SMTP_HOST"], int(env["SAMPLE_SMTP_PORT"]), timeout=20) as smtp:
        smtp.sendmail(sender, [to], raw)


def _write(*, sender: str, to: str, subject: str, body: str, in_reply_to: str | None) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or None)
    if in_reply_to:
        message["In-Reply-To"] = message["References"] = in_reply_to if in_reply_to.startswith("<") else f"<{in_reply_to}>"
    message.set_content(body)
    return message
