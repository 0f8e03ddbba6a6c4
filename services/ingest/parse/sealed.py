"""Signed and encrypted mail, by structure (RFC 1847, 3156, 8551). Nothing is verified and nothing decrypted."""

from __future__ import annotations

import re
from typing import Final

from services.ingest.parse.tree import Part

PKCS7: Final = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_ORDINARY: Final = frozenset(("text/plain", "text/html", "multipart/alternative"))
_PGP_BEGIN: Final = "-----BEGIN PGP SIGNED MESSAGE-----"
_PGP_SIGNATURE: Final = "\n-----BEGIN PGP SIGNATURE-----"
_PGP_END: Final = "-----END PGP SIGNATURE-----"
_DASH_ESCAPED: Final = re.compile(r"^- ", re.MULTILINE)


def protection_of(root: Part, leaves: tuple[Part, ...], text: str) -> list[str]:
    """`signed` and `encrypted`, as far as the structure says so."""
    if root.content_type in _ORDINARY and "-----BEGIN PGP " not in text:
        return []
    types = {root.content_type, *(child.content_type for child in root.children), *(leaf.content_type for leaf in leaves)}
    sealed = [leaf for leaf in leaves if leaf.content_type in PKCS7]
    enveloped = any(not _is_signed(leaf) for leaf in sealed)
    found = []
    if "multipart/encrypted" in types or enveloped or "-----BEGIN PGP MESSAGE-----" in text:
        found.append("encrypted")
    if "multipart/signed" in types or (sealed and not enveloped) or "-----BEGIN PGP SIGNED MESSAGE-----" in text:
        found.append("signed")
    return found


def signed_content(part: Part) -> bytes | None:
    """The mail inside an opaque S/MIME signature (application/pkcs7-mime, signed-data); None when there is none to be read."""
    if not _is_signed(part):
        return None
    from asn1crypto.cms import ContentInfo

    try:
        read = ContentInfo.load(part.content())
        if read["content_type"].native != "signed_data":
            return None
        inner = read["content"]["encap_content_info"]["content"].native
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return inner if isinstance(inner, bytes) and inner else None


def without_pgp_armour(text: str) -> str:
    """The text of a clear-signed message without its armour (RFC 9580, 7.2); other text as it is."""
    begin = text.find(_PGP_BEGIN)
    start = text.find("\n\n", begin) if begin >= 0 else -1
    signature = text.find(_PGP_SIGNATURE, start) if start >= 0 else -1
    end = text.find(_PGP_END, signature) if signature >= 0 else -1
    if end < 0:
        return text
    return text[:begin] + _DASH_ESCAPED.sub("", text[start + 2 : signature]) + text[end + len(_PGP_END) :]


def _is_signed(part: Part) -> bool:
    """Whether a PKCS #7 part says that it is signed and no more; Outlook leaves the type out, then only its content tells."""
    if part.content_type not in PKCS7:
        return False
    kind = part.params.get("smime-type", "").lower()
    # The object identifier of signedData stands within the first bytes of every such structure.
    return kind == "signed-data" if kind else b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" in part.content()[:40]
