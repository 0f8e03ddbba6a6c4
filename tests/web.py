"""HTTP to loopback. By itself httpx reads the machine's certificates for every client, 20 ms of CPU each; nothing here needs one."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client(**more: Any) -> httpx.Client:
    """A client as `httpx.Client` makes it, without certificates and proxies."""
    return httpx.Client(verify=_NO_CERTIFICATES, trust_env=False, **more)


def request(method: str, url: str, **more: Any) -> httpx.Response:
    """One request on a connection of its own."""
    with client(timeout=more.pop("timeout", 20)) as one:
        return one.request(method, url, **more)


def is_ready(url: str) -> bool:
    """Whether the service behind this address says that it does its work."""
    return request("GET", url + "/readyz", timeout=5).status_code == 200
