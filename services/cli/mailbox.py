"""`helpdesk mailbox`: the mailboxes the desk reads and answers from. One is tested (IMAP and SMTP) before it is kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from schemas.config import Mailbox

app = typer.Typer(help="Mailboxes: add, list, test.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="Address of the mailbox.")]
_SECURITY = "tls, starttls or none."


@app.callback()
def mailbox() -> None:
    """Hold the commands together."""


@app.command()
def add(
    address: Address,
    imap_host: Annotated[str, typer.Option("--imap-host")],
    smtp_host: Annotated[str, typer.Option("--smtp-host")],
    imap_port: Annotated[int, typer.Option("--imap-port")] = 993,
    smtp_port: Annotated[int, typer.Option("--smtp-port")] = 587,
    imap_security: Annotated[str, typer.Option("--imap-security", help=_SECURITY)] = "tls",
    smtp_security: Annotated[str, typer.Option("--smtp-security", help=_SECURITY)] = "starttls",
    user: Annotated[str, typer.Option("--user", help="Default: the address.")] = "",
    password: Annotated[str, typer.Option("--password", envvar="HELPDESK_MAILBOX_PASSWORD", help="Asked for when left out.")] = "",
    oauth: Annotated[
        bool, typer.Option("--oauth", help="No password: sign it in by `helpdesk mail authorize ADDRESS` afterwards.")
    ] = False,
    name: Annotated[str, typer.Option("--name", help="Name that customers see.")] = "",
    folder: Annotated[list[str] | None, typer.Option("--folder", help="Folder to read; may be given several times.")] = None,
    team: Annotated[str, typer.Option("--team", help="Name or id of the team its tickets go to. Default: the assistant chooses.")] = "",
    plus: Annotated[
        bool, typer.Option("--plus-addressing/--no-plus-addressing", help="Whether the server delivers user+anything@ to user@.")
    ] = True,
    trusted: Annotated[
        list[str] | None,
        typer.Option("--trusted-verifier", help="Name this server signs Authentication-Results with; may be given several times."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Test a mailbox and keep it. Its password is sealed with HELPDESK_SECRET_KEY."""
    from pydantic import ValidationError

    from schemas.config import Mailbox
    from services.cli.identity import configure, fail, show, team_ids
    from services.cli.running import settings_of
    from services.runtime.signing import Keys

    config, at = settings_of(home), address.strip().lower()
    secret = "" if oauth else password or typer.prompt("Password", hide_input=True)
    try:
        wanted = Mailbox.model_validate(
            {
                "name": name, "address": at, "imap_host": imap_host, "imap_port": imap_port, "imap_security": imap_security, "smtp_host": smtp_host,
                "smtp_port": smtp_port, "smtp_security": smtp_security, "user": user or address, "sign_in": "oauth" if oauth else "password", "folders": folder or ["INBOX"],
                "plus_addressing": plus, "trusted_authserv_ids": trusted or [], "team_id": team_ids(config, [team])[0] if team else None,
            }
        )  # fmt: skip
    except ValidationError as error:
        fail("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))
    if problems := try_mailbox(wanted, secret):
        fail("Not kept. " + " ".join(problems))
    sealed = Keys.of(config).seal(secret, where=f"mailbox/{at}") if secret else ""
    configure(config, kind="mailbox", object_id=at, value={**wanted.model_dump(mode="json"), "secret": sealed})
    next_step = f" Sign it in: helpdesk mail authorize {at}" if oauth else ""
    show({"id": at, "state": "kept"}, as_json=as_json, words=f"{at} answers on IMAP and SMTP, and is kept.{next_step}")


@app.command("list")
def list_(home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False) -> None:
    """The kept mailboxes, without their passwords."""
    import json

    from services.cli.identity import entries
    from services.cli.running import settings_of

    found = entries(settings_of(home), "mailbox")
    public = [{"id": i, **{k: v for k, v in value.items() if k != "secret"}} for i, value in sorted(found.items())]
    if as_json:
        typer.echo(json.dumps(public))
        return
    for box in public:
        typer.echo(f"{box['id']}  IMAP {box['imap_host']}:{box['imap_port']}  SMTP {box['smtp_host']}:{box['smtp_port']}")
    if not public:
        typer.echo("No mailbox is kept. One may still come from the environment: helpdesk status")


@app.command("test")
def sign_in(address: Address, home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False) -> None:
    """Sign in to both servers of a kept mailbox. Exits with 1 when one refuses."""
    from schemas.config import Mailbox
    from services.cli.identity import entries, fail, show
    from services.cli.running import settings_of
    from services.runtime.signing import Keys

    config, at = settings_of(home), address.strip().lower()
    value = entries(config, "mailbox").get(at)
    if value is None:
        fail(f"There is no mailbox {at}. See: helpdesk mailbox list")
    kept = Mailbox.model_validate(value)
    problems = try_mailbox(kept, Keys.of(config).unseal(kept.secret, where=f"mailbox/{at}") if kept.secret else "")
    show(
        {"id": at, "ok": not problems, "problems": problems}, as_json=as_json, words=" ".join(problems) or f"{at} answers on IMAP and SMTP."
    )
    if problems:
        raise typer.Exit(1)


def try_mailbox(mailbox: Mailbox, password: str) -> list[str]:
    """What is wrong with each of the two servers; empty when both let us in."""
    from services.gateway.mail_check import MailboxRefusedError, check_imap, check_smtp

    problems = []
    try:
        check_imap(mailbox, password)
    except MailboxRefusedError as error:
        problems.append(f"IMAP: {error}.")
    try:
        asyncio.run(check_smtp(mailbox, password))
    except MailboxRefusedError as error:
        problems.append(f"SMTP: {error}.")
    return problems
