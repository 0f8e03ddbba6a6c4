"""What waits for many clients, joined once."""

from services.gateway.live.event import Frame


class Joins:
    """The joined bytes of one round of writes. Clients that wait for the very same frames get the very same bytes object."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[tuple[int, int, int], tuple[list[Frame], bytes]] = {}

    def of(self, frames: list[Frame]) -> bytes:
        """The bytes of at least one frame. The list is kept for comparison: the caller must not change it any more."""
        if len(frames) == 1:
            return frames[0].data
        key = len(frames), id(frames[0]), id(frames[-1])
        known = self._made.get(key)
        if known is None or known[0] != frames:  # frames compare by identity: far cheaper than copying their bytes
            known = self._made[key] = frames, b"".join([frame.data for frame in frames])
        return known[1]
