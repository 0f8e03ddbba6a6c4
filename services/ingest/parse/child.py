"""The process that parses: a mail that costs too much, or breaks an extension, takes this process with it and nothing else.

Started by `guarded`; speaks over one inherited socket: a flag byte and a mail in, a pickled `ParsedMail` out.
"""

from __future__ import annotations

import pickle
import resource
import signal
import sys
from multiprocessing.connection import Connection
from typing import Final

from services.ingest.parse.mail import parse_headers, parse_mail

WHOLE: Final = b"w"
HEADERS: Final = b"h"


def main() -> None:
    """Parse until the other side hangs up. Arguments: the socket's descriptor, the CPU seconds and the bytes of memory a mail may take."""
    channel = Connection(int(sys.argv[1]))
    seconds, memory = float(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The kernel's own clock, with the default action: it ends the process even inside C code that never returns to Python.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    channel.send_bytes(b"ready")
    while True:
        try:
            request = channel.recv_bytes()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, seconds)
        mail = parse_headers(request[1:]) if request[:1] == HEADERS else parse_mail(request[1:])
        signal.setitimer(signal.ITIMER_PROF, 0)
        channel.send_bytes(pickle.dumps(mail, protocol=pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    main()
