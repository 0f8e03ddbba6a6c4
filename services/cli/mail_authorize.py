"""`helpdesk mail authorize ADDRESS`: sign a mailbox in to Google or Microsoft; its token is kept sealed and renewed from then on."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from services.cli.options import DEFAULT_HOME, HomeOption

_HTTP_SECONDS = 20.0


def authorize(
    address: Annotated[str, typer.Argument(help="Address of the mailbox.")],
    provider: Annotated[str, typer.Option("--provider", help="google or microsoft.")],
    client_id: Annotated[str, typer.Option("--client-id", envvar="HELPDESK_OAUTH_CLIENT_ID", help="Of your application there.")],
    client_secret: Annotated[
        str, typer.Option("--client-secret", envvar="HELPDESK_OAUTH_CLIENT_SECRET", help="Where the application has one.")
    ] = "",
    at: Annotated[
        str, typer.Option("--at", metavar="URL", help="Where /authorize, /devicecode and /token are, if not at the provider's own.")
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    *,
    device: Annotated[bool, typer.Option("--device", help="Sign in on another device: for a machine without a browser.")] = False,
) -> None:
    """Sign in once; fetching and sending use the token from then on."""
    import httpx

    from services.cli.running import settings_of
    from services.ingest.fetch.sign_in import PROVIDERS, Client, at_other_addresses, sign_in_by_browser, sign_in_by_device
    from services.runtime.mail_tokens import TokenRefusedError, token_record
    from services.runtime.producer import Producer
    from services.runtime.signing import Keys

    if provider not in PROVIDERS:
        raise typer.BadParameter(f"--provider is one of {', '.join(PROVIDERS)}")
    config, mailbox = settings_of(home), address.strip().lower()
    chosen = at_other_addresses(PROVIDERS[provider], at) if at else PROVIDERS[provider]
    client = Client(client_id=client_id, client_secret=client_secret)
    try:
        with httpx.Client(timeout=_HTTP_SECONDS) as http:
            if device:
                token = sign_in_by_device(chosen, client, http=http, show=_show_code)
            else:
                token = sign_in_by_browser(chosen, client, address=mailbox, http=http, open_page=_open_page)
    except (TokenRefusedError, httpx.HTTPError) as error:
        typer.echo(f"Not signed in: {error}", err=True)
        raise typer.Exit(1) from None
    with Producer(config) as producer:
        producer.send_all([token_record(mailbox, token, Keys.of(config), source="cli")])
    typer.echo(f"{mailbox} is signed in at {provider}; the token is kept sealed and renewed by itself.")


def _show_code(page: str, code: str) -> None:
    typer.echo(f"Open {page} on any device and enter {code}")


def _open_page(url: str) -> None:
    typer.echo(f"Sign in at {url}")
    webbrowser.open(url)
