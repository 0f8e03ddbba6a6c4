"""The mailboxes that mail is sent from: the environment's, and those of `config.state`, kept up to date."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import orjson
from confluent_kafka import Consumer as KafkaConsumer, KafkaError, KafkaException, TopicPartition
from pydantic import ValidationError

from schemas.config import Mailbox
from schemas.topics import CONFIG_STATE
from services.notify.errors import MailboxUnusableError
from services.runtime import kafka_settings
from services.runtime.consumer import to_record
from services.runtime.errors import MissingSecretError
from services.runtime.hosts import is_loopback
from services.runtime.settings import Settings
from services.runtime.signing import Keys, SealBrokenError
from services.runtime.telemetry import log

Security = Literal["tls", "starttls", "none"]
_PREFIX = "mailbox/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A DKIM key, its PEM in clear, and where its public half stands in the DNS."""

    domain: str
    selector: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Where copies of sent mail are kept. `folder` '' = the server's own."""

    host: str
    port: int
    security: Security
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How to reach the server of one mailbox. `none` = TLS only if the server offers it; loopback hosts only."""

    address: str
    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    dkim: Signing | None = None
    copies: Copies | None = None
    by_token: bool = False
    """There is no password: without a token nothing is sent."""

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine: certificates are not checked there and plain text is allowed."""
        return is_loopback(self.host)


def account_of_environment(settings: Settings) -> Account | None:
    """The first mailbox: port 465 is TLS, loopback may be plain, everything else is STARTTLS."""
    if not settings.email_user or not settings.smtp_server:
        return None
    host, port = settings.smtp_server, settings.smtp_port
    security: Security = "tls" if port == 465 else "none" if is_loopback(host) else "starttls"
    password = settings.email_auth_credential.get_secret_value()
    return Account(address=settings.email_user, host=host, port=port, security=security, user=settings.email_user, password=password)


class Mailboxes:
    """Accounts by address. A record of `config.state` wins over the environment, because people change it while we run.

    `run` follows `config.state` from its beginning until `stop`; `ready` is set once its end was reached, which `on_change` announces.
    """

    def __init__(self, settings: Settings, *, on_change: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._environment = account_of_environment(settings)
        self._records: dict[str, Mailbox] = {}
        self._on_change = on_change
        self.ready = threading.Event()

    def account(self, address: str) -> Account:
        """How to send as `address`. MailboxUnusableError says what is wrong with it."""
        box = self._records.get(address.lower())
        if box is None:
            if self._environment is not None and self._environment.address.lower() == address.lower():
                return self._environment
            raise MailboxUnusableError(address, "not configured")
        if not box.active:
            raise MailboxUnusableError(address, "switched off")
        if box.smtp_security == "none" and not is_loopback(box.smtp_host):
            raise MailboxUnusableError(address, "its SMTP server may not be used without TLS")
        return Account(
            address=box.address,
            host=box.smtp_host,
            port=box.smtp_port,
            security=box.smtp_security,
            user=box.user,
            password=self._opened(box, box.secret, where=_PREFIX + box.address),
            dkim=self._signing(box),
            copies=Copies(host=box.imap_host, port=box.imap_port, security=box.imap_security, folder=box.sent_folder)
            if box.sent_copy
            else None,
            by_token=box.sign_in == "oauth",
        )

    def _signing(self, box: Mailbox) -> Signing | None:
        if not (box.dkim_key and box.dkim_selector):
            return None
        key = self._opened(box, box.dkim_key, where=f"{_PREFIX}{box.address}/dkim")
        return Signing(domain=box.dkim_domain or box.address.rpartition("@")[2], selector=box.dkim_selector, key=key)

    def _opened(self, box: Mailbox, sealed: str, *, where: str) -> str:
        if not sealed:
            return ""
        try:
            return Keys.of(self._settings).unseal(sealed, where=where)
        except (MissingSecretError, SealBrokenError) as error:
            raise MailboxUnusableError(box.address, str(error)) from error

    def put(self, key: str, value: bytes | None) -> None:
        """Take one record of `config.state`."""
        if not key.startswith(_PREFIX):
            return
        address = key.removeprefix(_PREFIX).lower()
        if value is None:
            self._records.pop(address, None)
            return
        try:
            self._records[address] = Mailbox.model_validate(orjson.loads(value)["value"])
        except (ValidationError, ValueError, KeyError, TypeError) as error:
            log.error("mailbox record cannot be read", key=key, error=type(error).__name__)

    def run(self, stop: threading.Event) -> None:
        """Follow `config.state`. A broker that is away is waited for."""
        more: dict[str, str | bool] = {"enable.partition.eof": True, "auto.offset.reset": "earliest"}
        consumer = KafkaConsumer(kafka_settings.consumer(self._settings, group=None, **more))
        consumer.assign([TopicPartition(CONFIG_STATE.name, p, 0) for p in range(CONFIG_STATE.partitions)])
        ended: set[int] = set()
        try:
            while not stop.is_set():
                message = consumer.poll(0.25)
                if message is None:
                    continue
                error = message.error()
                if error is None:
                    record = to_record(message)
                    self.put(record.key or "", record.value)
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition() or 0)
                    if len(ended) == CONFIG_STATE.partitions and not self.ready.is_set():
                        self.ready.set()
                        self._on_change()
                elif error.fatal():
                    raise KafkaException(error)
                else:
                    log.warning("broker trouble", error=error.str())
        finally:
            consumer.close()
