"""Round-robin request queue by client, and which idle connections to close when there are too many.

A client is an IP address; of IPv6 its /64, which one machine may own.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address
from typing import Any

Channel = Any  # waitress's HTTPChannel; ``requests``: read and not answered yet

CROWDED = 300  # connections: 40 terminals with six each stay below this
LARGEST_SHARE = 400  # connections of one client, of the door's 500
FRESH = 100  # newest connections: their first request may be on its way


class FairQueue:
    """Replaces waitress's queue, whose dispatcher locks it: one request of each client in turn.

    Within a client, and among clients with one request each, in order of arrival.
    """

    def __init__(self, whose: Callable[[Channel], str]) -> None:
        self._whose = whose
        self._lines: dict[str, deque[Channel]] = {}  # in order of their turn

    def append(self, channel: Channel) -> None:
        self._lines.setdefault(self._whose(channel), deque()).append(channel)

    def popleft(self) -> Channel:
        visitor = next(iter(self._lines))
        line = self._lines.pop(visitor)
        channel = line.popleft()
        if line:
            self._lines[visitor] = line
        return channel

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))


def asker(channel: Channel, proxy: str = "") -> str:
    """Client of the next request; behind ``proxy`` the last address in X-Forwarded-For."""
    if proxy and _address(channel) == proxy:
        forwarded = channel.requests[0].headers.get("X_FORWARDED_FOR", "")
        return machine(forwarded.rpartition(",")[2].strip())
    return machine(_address(channel))


def leaving(channels: Sequence[Channel], proxy: str = "") -> list[Channel]:
    """Connections to close when more than CROWDED are open: at most the surplus, none with an unanswered request.

    ``channels``: in order of arrival. The client with most connections loses first, its oldest first, also while it
    reads a response slowly. The newest FRESH stay, unless their client has more than LARGEST_SHARE.
    """
    surplus = len(channels) - CROWDED
    if surplus <= 0:
        return []
    held = Counter(machine(_address(channel)) for channel in channels)

    def count(channel: Channel) -> int:
        return held[machine(_address(channel))]

    waiting = [channel for channel in channels if not channel.requests]
    greedy = [one for one in waiting[-FRESH:] if count(one) > LARGEST_SHARE and _address(one) != proxy]
    return sorted([*waiting[:-FRESH], *greedy], key=count, reverse=True)[:surplus]


def machine(address: str) -> str:
    try:
        given = IPv6Address(address)
    except ValueError:
        return address
    return str(given.ipv4_mapped or IPv6Address(int(given) >> 64 << 64))


def _address(channel: Channel) -> str:
    return str(channel.addr[0])
