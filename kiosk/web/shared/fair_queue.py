"""Round-robin request queue with a limit for each client, and which idle connections to close when there are too many.

A client is an IP address; of IPv6 its /64, which one machine may own.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from threading import Condition
from typing import Any

from waitress.task import ThreadedTaskDispatcher

Channel = Any  # waitress's HTTPChannel; ``requests``: read and not answered yet

CROWDED = 300  # connections: 40 terminals with six each stay below this
LARGEST_SHARE = 400  # connections of one client, of the door's 500
LEAST_CLIENTS = 4  # answered at the same time in a crowd: none has more than a quarter of the threads
FRESH = 100  # newest connections: their first request may be on its way


class FairQueue:
    """Replaces waitress's queue, whose dispatcher locks it: one request of each client in turn.

    Within a client, and among clients with one request each, in order of arrival. True when a request may be answered
    now; a client with ``share`` requests under way waits until one of them ends. So where four clients below their
    share wait none has more than one turn of four, and a newcomer waits for one request of each other client at most.
    """

    def __init__(self, whose: Callable[[Channel], str], share: int, changed: Condition) -> None:
        self._whose = whose
        self._share = share
        self._changed = changed
        self._lines: dict[str, deque[Channel]] = {}  # in order of their turn
        self._held: Counter[str] = Counter()  # requests under way

    def append(self, channel: Channel) -> None:
        self._lines.setdefault(self._whose(channel), deque()).append(channel)

    def popleft(self) -> "RequestUnderWay":
        client = next(self._ready())
        line = self._lines.pop(client)
        channel = line.popleft()
        if line:
            self._lines[client] = line
        self._held[client] += 1
        return RequestUnderWay(self, client, channel)

    def release(self, client: str) -> None:
        """With the dispatcher's lock held."""
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]

    def ended(self, client: str) -> None:
        with self._changed:
            self.release(client)
            self._changed.notify()

    def _ready(self) -> Iterator[str]:
        return (client for client in self._lines if self._held[client] < self._share)

    def __bool__(self) -> bool:
        return any(True for _ in self._ready())

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))


@dataclass(frozen=True, slots=True)
class RequestUnderWay:
    """Request being answered, with the methods that waitress's dispatcher calls."""

    queue: FairQueue
    client: str
    channel: Channel

    def service(self) -> None:
        try:
            self.channel.service()
        finally:
            self.queue.ended(self.client)

    def cancel(self) -> None:
        """Called with the dispatcher's lock held."""
        self.channel.cancel()
        self.queue.release(self.client)


def fair_dispatcher(threads: int, proxy: str) -> ThreadedTaskDispatcher:
    made = ThreadedTaskDispatcher()
    made.queue = FairQueue(lambda channel: asker(channel, proxy), threads // LEAST_CLIENTS, made.queue_cv)
    made.set_thread_count(threads)
    return made


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
