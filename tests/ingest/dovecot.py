"""A real Dovecot as a plain process on a high port, its mailbox a folder that tests can write to."""

from __future__ import annotations

import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded.ports import choose_port

BINARY = Path("/usr/sbin/dovecot")
_SETTINGS = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
{users}
first_valid_uid = 1
mail_location = maildir:{root}/%u
namespace inbox {{
  inbox = yes
  mailbox Done {{
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}
}}
"""


@dataclass(slots=True)
class Dovecot:
    """One server; every user exists, any password will do."""

    root: Path
    port: int
    uid: int
    gid: int
    process: subprocess.Popen[bytes] | None = None
    numbers: int = field(default=0)

    @classmethod
    def made(cls, root: Path, *, token_info: str = "") -> Dovecot:
        """Configured in an empty folder, not started yet; with `token_info` (the address that knows tokens), for XOAUTH2 only."""
        root.chmod(0o755)
        uid, gid, users = _owner()
        server = cls(root, choose_port(), uid, gid)
        settings = _SETTINGS.format(root=root, uid=uid, gid=gid, port=server.port, users=users)
        if token_info:
            (root / "tokens.conf").write_text(f"tokeninfo_url = {token_info}\nusername_attribute = email\n")
            by_token = f"driver = oauth2\n  mechanisms = xoauth2\n  args = {root}/tokens.conf"
            settings = settings.replace("driver = static\n  args = nopassword=y", by_token) + "auth_mechanisms = xoauth2\n"
        (root / "dovecot.conf").write_text(settings)
        os.chown(root, uid, gid)
        return server

    def start(self) -> None:
        self.process = subprocess.Popen(
            (str(BINARY), "-F", "-c", str(self.root / "dovecot.conf")), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def answers(self) -> bool:
        """Whether it greets."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as sock:
                return sock.recv(4) == b"* OK"
        except OSError:
            return False

    def stop(self) -> None:
        """End it; connections end with it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def put(self, user: str, mails: list[bytes], *, readable: bool = True) -> None:
        """Deliver mails into the INBOX of a user."""
        box = self.root / user
        for path in (box, *(box / name for name in ("cur", "new", "tmp"))):
            if not path.exists():
                path.mkdir()
                os.chown(path, self.uid, self.gid)
        for mail in mails:
            self.numbers += 1
            name = f"{1_700_000_000 + self.numbers}.{self.numbers}.test"
            written = box / "tmp" / name
            written.write_bytes(mail)
            os.chown(written, self.uid if readable else 0, self.gid if readable else 0)
            written.chmod(0o600 if readable else 0)
            written.rename(box / "new" / name)

    def begin_anew(self, user: str, *, uidvalidity: int) -> None:
        """Another UIDVALIDITY, as after a restore or a move to another server."""
        for path in (self.root / user).glob("dovecot*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        listed = self.root / user / "dovecot-uidlist"
        listed.write_text(f"3 V{uidvalidity} N1\n")
        os.chown(listed, self.uid, self.gid)


def _owner() -> tuple[int, int, str]:
    """(uid, gid, settings of Dovecot's own users): root may not own mail, and a plain user can be nobody else."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid, ""
    me, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    return os.getuid(), os.getgid(), f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {group}"
