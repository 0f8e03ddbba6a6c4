"""Keys derived from HELPDESK_SECRET_KEY, one per purpose: sealed credentials, signed Message-IDs, reply addresses, cursors.

Sealing is AES-GCM with a key id and the record's key as associated data. After a rotation the previous key still opens and verifies.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.runtime.errors import MissingSecretError, RuntimeFailure
from services.runtime.settings import Settings

Purpose = Literal["seal", "message-id", "reply-address", "cursor", "link"]
_MAC_BYTES = 10  # 80 bits, email.md 5


class SealBrokenError(RuntimeFailure):
    """A sealed value does not open: wrong key, wrong place or changed bytes."""

    def __init__(self, where: str) -> None:
        super().__init__(f"the sealed value of {where} does not open with this HELPDESK_SECRET_KEY")


@dataclass(frozen=True, slots=True)
class Keys:
    """The current secret first, then the previous ones."""

    secrets: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Keys":
        """From the environment. MissingSecretError if there is none."""
        found = tuple(s for s in (settings.secret_key.get_secret_value(), settings.secret_key_previous.get_secret_value()) if s)
        if not found:
            raise MissingSecretError
        return cls(found)

    def sign(self, purpose: Purpose, *parts: str) -> str:
        """`kid` (4 hex) and MAC (16 base32 characters, lower case): safe in addresses and ids, whatever a server does to case."""
        return _mac(self.secrets[0], purpose, parts)

    def verify(self, purpose: Purpose, tag: str, *parts: str) -> bool:
        """Whether the tag was made by one of our keys over exactly these parts. Constant time."""
        return any(hmac.compare_digest(_mac(s, purpose, parts), tag.lower()) for s in self.secrets)

    def seal(self, text: str, *, where: str) -> str:
        """Encrypt a credential for the place `where` (its record's key)."""
        nonce = os.urandom(12)
        data = AESGCM(_derive(self.secrets[0], "seal")).encrypt(nonce, text.encode(), where.encode())
        return f"v1.{_kid(self.secrets[0])}.{base64.urlsafe_b64encode(nonce + data).decode()}"

    def unseal(self, sealed: str, *, where: str) -> str:
        """Open what `seal` made. SealBrokenError otherwise."""
        try:
            _, kid, data = sealed.split(".", 2)
            raw = base64.urlsafe_b64decode(data)
            for secret in self.secrets:
                if _kid(secret) == kid:
                    return AESGCM(_derive(secret, "seal")).decrypt(raw[:12], raw[12:], where.encode()).decode()
        except (ValueError, InvalidTag) as error:
            raise SealBrokenError(where) from error
        raise SealBrokenError(where)


@lru_cache(maxsize=64)
def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"helpdesk", info=purpose.encode()).derive(secret.encode())


def _kid(secret: str) -> str:
    return hashlib.sha256(_derive(secret, "kid")).hexdigest()[:4]


def _mac(secret: str, purpose: str, parts: tuple[str, ...]) -> str:
    digest = hmac.new(_derive(secret, purpose), "\x1f".join(parts).encode(), hashlib.sha256).digest()[:_MAC_BYTES]
    return _kid(secret) + base64.b32encode(digest).decode().lower()
