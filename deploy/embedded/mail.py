"""GreenMail: a real SMTP and IMAP server for sample mail, in memory.

Plain SMTP and IMAP on loopback. A login is the address, its password too; a recipient nobody knows gets a mailbox on
delivery. A restart forgets all mail and gives every folder a new UIDVALIDITY, which ingest must survive anyway.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

from deploy.embedded import java
from deploy.embedded.home import Home
from deploy.embedded.ports import Ports
from deploy.embedded.process import Launch
from deploy.embedded.server import Address, Say, base_environment

SUPPORT_ADDRESS = "support@helpdesk.example"


class Mail:
    """The mail server of one home, with the mailbox of `SUPPORT_ADDRESS` there from the start."""

    name = "mail"

    def __init__(self, home: Home, ports: Ports) -> None:
        self._home = home
        self.smtp = Address("127.0.0.1", ports.get("smtp"))
        self.imap = Address("127.0.0.1", ports.get("imap"))
        self._classpath = ""

    @property
    def address(self) -> str:
        return f"{self.smtp} (SMTP), {self.imap} (IMAP)"

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "SMTP_SERVER": self.smtp.host,
            "SMTP_PORT": str(self.smtp.port),
            "IMAP_SERVER": self.imap.host,
            "IMAP_PORT": str(self.imap.port),
        }

    def prepare(self, say: Say) -> None:
        # The folder of a preloaded user is what creates the account: its address is its login and password.
        (self._home.data("mail") / SUPPORT_ADDRESS / "INBOX").mkdir(parents=True, exist_ok=True)
        self._classpath = java.classpath("mail", say=say)

    def launch(self) -> Launch:
        # Heap: 96 MB died on one mail of 20 MB; resident it stays around 100 MB.
        flags = ("-Xms24m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")
        listen = (
            f"-Dgreenmail.smtp.hostname={self.smtp.host}",
            f"-Dgreenmail.smtp.port={self.smtp.port}",
            f"-Dgreenmail.imap.hostname={self.imap.host}",
            f"-Dgreenmail.imap.port={self.imap.port}",
            "-Dgreenmail.users.login=email",
            f"-Dgreenmail.preload.dir={self._home.data('mail')}",
        )
        main = ("-cp", self._classpath, "com.icegreen.greenmail.standalone.GreenMailStandaloneRunner")
        return Launch(argv=(java.java(), *flags, *listen, *main), env=base_environment(), cwd=self._home.data("mail"), grace=5.0)

    def answers(self) -> bool:
        return _greets(self.smtp, b"220") and _greets(self.imap, b"* OK")

    def finish(self) -> None:
        """Nothing: mailboxes appear with their first mail."""


def _greets(address: Address, greeting: bytes) -> bool:
    try:
        with socket.create_connection((address.host, address.port), timeout=2) as link:
            return link.recv(64).startswith(greeting)
    except OSError:
        return False
