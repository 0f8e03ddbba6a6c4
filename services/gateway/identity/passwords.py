"""Passwords: argon2id with 64 MiB each, in a pool that bounds the memory a burst of logins can take."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHES = PasswordHash((Argon2Hasher(),))
_POOL = ThreadPoolExecutor(2, thread_name_prefix="argon2")
_NOBODY: list[str] = []


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return _HASHES.hash(password)


def _check(password: str, hashed: str | None) -> bool:
    if hashed is None:  # an unknown account costs as much time as a known one
        if not _NOBODY:
            _NOBODY.append(hash_password(secrets.token_hex()))
        _HASHES.verify(password, _NOBODY[0])
        return False
    return _HASHES.verify(password, hashed)


async def verify(password: str, hashed: str | None) -> bool:
    """Whether the password fits; `hashed` None (no such account) takes the same time and is False."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, _check, password, hashed)


async def hash_async(password: str) -> str:
    """`hash_password` off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, hash_password, password)
