"""Whose request is answered next, and whose connection ends when too many are open: nobody pays for a crowd of others.

A visitor is an address, of IPv6 its /64: what one machine can call its own.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address
from typing import Any

Channel = Any  # waitress's: ``requests`` are those it has read and not yet answered

CROWDED = 300  # connections: 40 terminals with six each stay below
LARGEST_SHARE = 400  # connections that one visitor may have, out of the door's 500
FRESH = 100  # of the newest connections: their first words may be on their way


class FairQueue:
    """In the place of waitress's queue (its dispatcher locks it): one request of each visitor after the other.

    Within the requests of one visitor, and among visitors with one each, first come is first served.
    """

    def __init__(self, whose: Callable[[Channel], str]) -> None:
        self._whose = whose
        self._lines: dict[str, deque[Channel]] = {}  # whoever is next comes first

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
    """Who sent the request that is to be answered now; behind ``proxy`` whoever that says it was."""
    if proxy and _address(channel) == proxy:
        forwarded = channel.requests[0].headers.get("X_FORWARDED_FOR", "")
        return machine(forwarded.rpartition(",")[2].strip())
    return machine(_address(channel))


def leaving(channels: Sequence[Channel], proxy: str = "") -> list[Channel]:
    """Of a crowd (``channels`` in the order of their coming) those that have to go, none that waits for its answer.

    Whoever holds most goes first, the oldest before the newer: also those that read their answer drop by drop.
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
