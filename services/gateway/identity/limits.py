"""How often somebody may try. Counts live in Redis, which may vanish: then nobody is held back (fail open) but the log says so."""

import time
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.gateway.errors import Problem
from services.runtime.telemetry import log

WINDOW_SECONDS = 300
PER_ACCOUNT = 10
PER_ADDRESS = 50
REQUESTS_PER_SECOND = 200


def _too_many(seconds: int) -> Problem:
    return Problem(429, "too many attempts; wait before you try again", headers={"Retry-After": str(max(1, seconds))})


class LoginLimits:
    """Failed logins per account and per address in five minutes."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def check(self, account: str, address: str) -> None:
        """Problem 429 when either has failed too often."""
        try:
            failed = await self._redis.mget(_account(account), _address(address))
        except (RedisError, OSError) as error:
            log.warning("login limits are off: redis away", error=type(error).__name__)
            return
        if int(failed[0] or 0) >= PER_ACCOUNT or int(failed[1] or 0) >= PER_ADDRESS:
            raise _too_many(WINDOW_SECONDS)

    async def failed(self, account: str, address: str) -> None:
        """Count one failure."""
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                for name in (_account(account), _address(address)):
                    pipe.incr(name)
                    pipe.expire(name, WINDOW_SECONDS)
                await pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("failed login not counted: redis away", error=type(error).__name__)

    async def succeeded(self, account: str) -> None:
        """The account's failures are forgotten."""
        try:
            await self._redis.delete(_account(account))
        except (RedisError, OSError) as error:
            log.warning("login count not cleared: redis away", error=type(error).__name__)


def _account(account: str) -> str:
    return f"helpdesk:login:account:{account}"


def _address(address: str) -> str:
    return f"helpdesk:login:address:{address}"


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class KeyLimit:
    """A token bucket per API key in this process: 200 requests a second, a second's worth at once."""

    def __init__(self, per_second: float = REQUESTS_PER_SECOND) -> None:
        self._rate = per_second
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key_id: str, *, now: float | None = None) -> None:
        """Problem 429 when the bucket is empty."""
        at = time.monotonic() if now is None else now
        if len(self._buckets) > 10_000:
            self._buckets.clear()
        bucket = self._buckets.setdefault(key_id, _Bucket(self._rate, at))
        bucket.tokens = min(self._rate, bucket.tokens + (at - bucket.at) * self._rate)
        bucket.at = at
        if bucket.tokens < 1:
            raise _too_many(1)
        bucket.tokens -= 1
