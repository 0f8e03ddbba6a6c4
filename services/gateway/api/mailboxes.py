"""Mailboxes: tested by IMAP and SMTP before they are kept; their password is sealed and never returned."""

import asyncio
from typing import Any

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from fastapi import APIRouter
from starlette.responses import Response

from schemas.config import Mailbox
from services.gateway.api.answers import MailboxTest, MailboxView, Page
from services.gateway.api.desk import entries, existing, merged, put
from services.gateway.api.desk_inputs import MailboxInput
from services.gateway.api.writing import WRITE_RESPONSES, WriteDep
from services.gateway.errors import Problem
from services.gateway.identity.asking import Administering, PartsDep
from services.gateway.mail_check import MailboxRefusedError, check_imap, check_smtp
from services.gateway.parts import Parts
from services.runtime.signing import SealBrokenError

router = APIRouter(tags=["mailboxes"])
_SECRETS = frozenset(("password", "dkim_private_key"))


def where(address: str) -> str:
    """What a mailbox's secret is sealed for."""
    return f"mailbox/{address}"


@router.get("/mailboxes", response_model=Page[MailboxView])
async def list_mailboxes(principal: Administering, parts: PartsDep) -> Response:
    """All mailboxes with what ingest says of them."""
    health = parts.hub.mailbox_health()
    kept = dict(await entries(parts, "mailbox"))
    first = _from_environment(parts)
    if first is not None and first["address"] not in kept:
        kept = {first["address"]: first, **kept}
    shown = [{**_public(v), "id": i, **health.get(i, {"state": None, "error": None, "progress": None})} for i, v in kept.items()]
    return Response(orjson.dumps({"data": shown, "next": None}), media_type="application/json")


@router.post("/mailboxes/test", response_model=MailboxTest)
async def test_mailbox(principal: Administering, parts: PartsDep, body: MailboxInput) -> MailboxTest:
    """Sign in to both servers without keeping anything. For a kept mailbox the password may be left out."""
    address = str(body.address or "").lower()
    entry = parts.directory.value("mailbox", address) or {}
    value = merged("mailbox", {"user": address, **entry}, body, without=_SECRETS)
    password = _password(parts, address, value, body)
    said = await _try(Mailbox.model_validate(value), password)
    return MailboxTest(imap=said[0], smtp=said[1], ok=said == ("ok", "ok"))


@router.post("/mailboxes", status_code=201, response_model=MailboxView, responses=WRITE_RESPONSES)
async def add_mailbox(principal: Administering, parts: PartsDep, body: MailboxInput, write: WriteDep) -> Response:
    """A new mailbox; 422 naming the server that refused."""
    if body.address is None or (body.password is None and body.sign_in != "oauth"):
        raise Problem(422, "missing: address, password")
    address = body.address.lower()
    value = merged("mailbox", {"user": body.address}, body, without=_SECRETS)
    value["address"] = address
    password = _password(parts, address, value, body)
    await _accept(Mailbox.model_validate(value), password)
    value["secret"] = parts.keys.seal(password, where=where(address)) if password else ""
    _keep_signing_key(parts, value, body)
    return await put(write, principal, kind="mailbox", object_id=address, value=value, view={"id": address, **_public(value)}, new=True)


@router.patch("/mailboxes/{address}", response_model=MailboxView, responses=WRITE_RESPONSES)
async def change_mailbox(principal: Administering, parts: PartsDep, address: str, body: MailboxInput, write: WriteDep) -> Response:
    """Change a mailbox; tested again unless it is only switched off."""
    old = await existing(parts, "mailbox", address)
    if body.address is not None and body.address.lower() != address:
        raise Problem(422, "a mailbox keeps its address; add another one")
    value = {**merged("mailbox", old, body, without=_SECRETS), "address": address}
    password = _password(parts, address, value, body)
    if value["active"]:
        await _accept(Mailbox.model_validate(value), password)
    value["secret"] = parts.keys.seal(password, where=where(address)) if password else ""
    _keep_signing_key(parts, value, body)
    return await put(write, principal, kind="mailbox", object_id=address, value=value, view={"id": address, **_public(value)})


@router.delete("/mailboxes/{address}", status_code=204, responses=WRITE_RESPONSES)
async def remove_mailbox(principal: Administering, parts: PartsDep, address: str, write: WriteDep) -> Response:
    """Stop reading a mailbox and forget its password."""
    await existing(parts, "mailbox", address)
    return await put(write, principal, kind="mailbox", object_id=address, value=None)


def _from_environment(parts: Parts) -> dict[str, Any] | None:
    """The first mailbox may come from EMAIL_USER and its companions; it is shown, and changed there only."""
    s = parts.settings
    if not s.email_user:
        return None
    box = Mailbox(
        address=s.email_user.lower(), imap_host=s.imap_server, imap_port=s.imap_port, smtp_host=s.smtp_server, smtp_port=s.smtp_port, user=s.email_user,
        folders=[s.inbound_folder], delete_settled=s.email_delete_settled, plus_addressing=s.email_plus_addressing, trusts_server=s.email_trusts_server, null_sender=s.email_null_sender,
    )  # fmt: skip
    return box.model_dump(mode="json")


def _public(value: dict[str, Any]) -> dict[str, Any]:
    return {**{k: v for k, v in value.items() if k not in {"secret", "dkim_key"}}, "dkim": bool(value.get("dkim_key"))}


def _keep_signing_key(parts: Parts, value: dict[str, Any], body: MailboxInput) -> None:
    pem = body.dkim_private_key
    if pem:
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise Problem(422, "dkim_private_key is no PEM of a private key without a pass phrase") from error
        if not isinstance(key, RSAPrivateKey) or key.key_size < 1024:
            raise Problem(422, "dkim_private_key must be an RSA key of at least 1024 bits (RFC 8301); every receiver checks those")
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
        value["dkim_key"] = parts.keys.seal(plain, where=f"{where(value['address'])}/dkim")
    elif pem is not None:
        value["dkim_key"] = ""
    if value.get("dkim_key") and not value.get("dkim_selector"):
        raise Problem(422, "a DKIM key needs dkim_selector, the name it stands under in the DNS")


def _password(parts: Parts, address: str, value: dict[str, Any], body: MailboxInput) -> str:
    """The given one, else the kept one; '' where tokens are the way in."""
    if value.get("sign_in") == "oauth":
        return ""
    return body.password if body.password is not None else _unseal(parts, address, value)


def _unseal(parts: Parts, address: str, value: dict[str, Any]) -> str:
    if not value.get("secret"):
        raise Problem(422, "missing: password")
    try:
        return parts.keys.unseal(str(value["secret"]), where=where(address))
    except SealBrokenError as error:
        raise Problem(422, "the kept password cannot be opened with this HELPDESK_SECRET_KEY; give it again") from error


async def _accept(mailbox: Mailbox, password: str) -> None:
    if mailbox.after_storing == "move" and (not mailbox.move_to or mailbox.move_to in mailbox.folders):
        raise Problem(422, "move_to has to be a folder that is not read: a mail would be read again for ever")
    imap, smtp = await _try(mailbox, password)
    if (imap, smtp) != ("ok", "ok"):
        raise Problem(422, f"not kept: IMAP: {imap}; SMTP: {smtp}", imap=imap, smtp=smtp)


async def _try(mailbox: Mailbox, password: str) -> tuple[str, str]:
    async def said(check: Any) -> str:
        try:
            await check
        except MailboxRefusedError as error:
            return str(error)
        return "ok"

    imap, smtp = await asyncio.gather(said(asyncio.to_thread(check_imap, mailbox, password)), said(check_smtp(mailbox, password)))
    return imap, smtp
