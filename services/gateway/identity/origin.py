"""Which pages may act in a signed-in browser: our own only (CSRF, and the websocket handshake, which browsers do not guard)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def allowed_origins(url: str) -> frozenset[str]:
    """The origin of the desk's address; on loopback under each of its names."""
    parts = urlsplit(url)
    own = f"{parts.scheme}://{parts.netloc}".lower()
    host = (parts.hostname or "").lower()
    if host not in {"localhost", "127.0.0.1", "::1"}:
        return frozenset((own,))
    port = f":{parts.port}" if parts.port else ""
    return frozenset((own, *(f"{parts.scheme}://{name}{port}" for name in _LOOPBACK)))


def trusted(headers: Mapping[str, str], allowed: frozenset[str], *, needed: bool) -> bool:
    """Whether the request comes from a page of ours. Browsers name the Origin of every unsafe request.

    Without an Origin the browser's own word (Sec-Fetch-Site) counts; without both it is no browser, which is fine unless `needed`.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None:
        return origin.lower() in allowed and site in {None, "same-origin", "same-site", "none"}
    if site is not None:
        return site in {"same-origin", "none"}
    return not needed
