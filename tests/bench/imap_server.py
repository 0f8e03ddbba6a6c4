"""A local IMAP server with a full mailbox: Dovecot where it is installed, else the embedded GreenMail."""

from __future__ import annotations

import getpass
import grp
import os
import pwd
import shutil
import smtplib
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.ports import choose_port
from tests.bench.bare_imap import BareImap
from tests.bench.running import Running

_DOVECOT = Path("/usr/sbin/dovecot")
_USER = "bench@desk.example"
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
mail_location = maildir:{root}/mail
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


@dataclass(frozen=True, slots=True)
class Filled:
    """A running server whose INBOX of `user` holds the mails."""

    name: str
    address: tuple[str, int]
    user: str


@contextmanager
def filled_mailbox(running: Running, mails: list[bytes]) -> Iterator[Filled]:
    """The server with these mails in it."""
    if _DOVECOT.exists():
        with _dovecot(running.folder("dovecot"), mails) as filled:
            yield filled
        return
    stack = running.servers
    with smtplib.SMTP(*stack.smtp, timeout=60) as smtp:
        for mail in mails:
            smtp.sendmail("customer@customers.example", [_USER], mail)
    yield Filled("GreenMail", stack.imap, _USER)


@contextmanager
def _dovecot(root: Path, mails: list[bytes]) -> Iterator[Filled]:
    for name in ("cur", "new", "tmp"):
        (root / "mail" / name).mkdir(parents=True)
    for number, mail in enumerate(mails):
        (root / "mail" / "cur" / f"{1_700_000_000 + number}.{number}.bench:2,").write_bytes(mail)
    port = choose_port()
    config = root / "dovecot.conf"
    uid, gid, users = _owner(root)
    config.write_text(_SETTINGS.format(root=root, uid=uid, gid=gid, port=port, users=users))
    server = subprocess.Popen((str(_DOVECOT), "-F", "-c", str(config)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(("127.0.0.1", port), root)
        yield Filled("Dovecot", ("127.0.0.1", port), _USER)
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(root, ignore_errors=True)


def _owner(root: Path) -> tuple[int, int, str]:
    """(uid, gid, settings of Dovecot's own users): root may not own mail, and a plain user can be nobody else."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        root.chmod(0o755)
        for path in (root / "mail", *(root / "mail").rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        return nobody.pw_uid, nobody.pw_gid, ""
    me, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    return os.getuid(), os.getgid(), f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {group}"


def _wait(address: tuple[str, int], root: Path) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            BareImap(address, _USER).close()
        except OSError:
            if time.monotonic() > end:
                log = root / "dovecot.log"
                raise RuntimeError(f"Dovecot did not start: {log.read_text()[-500:] if log.exists() else 'it left no log'}") from None
            time.sleep(0.1)
        else:
            return
