"""Which partition a routing key belongs to: murmur2 as in Java's default partitioner, so that every client agrees."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=65_536)
def partition_of(routing: str, partitions: int) -> int:
    """Partition of a routing key among `partitions`."""
    hashed: int = murmur2(routing.encode())
    return (hashed & 0x7FFFFFFF) % partitions
