"""Turns of the request queue: one client never has more than a quarter, and nobody waits for another's long line."""

from collections import Counter, deque
from dataclasses import dataclass, field
from threading import Condition

from hypothesis import given
from hypothesis import strategies as st

from kiosk.web.shared.fair_queue import LEAST_CLIENTS, FairQueue, RequestUnderWay

SHARE = 4
CLIENTS = "abcdefg"


@dataclass(frozen=True)
class Request:
    client: str
    number: int


@dataclass
class Turn:
    """``ready``: clients that waited below their share when it came."""

    client: str
    ready: frozenset[str]


@dataclass
class Desk:
    """The queue, and beside it what it has to keep to."""

    queue: FairQueue = field(default_factory=lambda: FairQueue(lambda one: one.client, SHARE, Condition()))
    lines: dict[str, deque[Request]] = field(default_factory=lambda: {client: deque() for client in CLIENTS})
    held: Counter[str] = field(default_factory=Counter)
    under_way: list[RequestUnderWay] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    came: int = 0

    @property
    def ready(self) -> frozenset[str]:
        return frozenset(client for client, line in self.lines.items() if line and self.held[client] < SHARE)

    def arrive(self, client: str) -> None:
        self.came += 1
        request = Request(client, self.came)
        self.lines[client].append(request)
        self.queue.append(request)

    def serve(self) -> None:
        assert bool(self.queue) == bool(self.ready), "nobody below the share waits while a thread is free"
        if self.queue:
            ready = self.ready
            turn = self.queue.popleft()
            assert turn.channel is self.lines[turn.client].popleft(), "within a client in order of arrival"
            self.held[turn.client] += 1
            assert self.held[turn.client] <= SHARE
            self.under_way.append(turn)
            self.turns.append(Turn(turn.client, ready))

    def end(self, number: int) -> None:
        if self.under_way:
            ended = self.under_way.pop(number % len(self.under_way))
            self.held[ended.client] -= 1
            self.queue.ended(ended.client)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.sampled_from("aaaabcdefg")),
        st.tuples(st.just("serve"), st.just("")),
        st.tuples(st.just("end"), st.integers(0, 15)),
    ),
    min_size=30,
    max_size=250,
)


def played(steps: list[tuple[str, str | int]]) -> Desk:
    desk = Desk()
    for step, value in steps:
        if step == "arrive":
            desk.arrive(str(value))
        elif step == "serve":
            desk.serve()
        else:
            desk.end(int(value))
    return desk


@given(STEPS)
def test_where_four_wait_nobody_has_more_than_one_of_four_turns(steps: list[tuple[str, str | int]]) -> None:
    turns = played(steps).turns
    for first in range(len(turns) - LEAST_CLIENTS + 1):
        window = turns[first : first + LEAST_CLIENTS]
        if all(len(turn.ready) >= LEAST_CLIENTS for turn in window):
            assert len({turn.client for turn in window}) == LEAST_CLIENTS


@given(STEPS, st.integers(1, 60))
def test_who_comes_later_waits_for_one_request_of_each_other_at_most(
    steps: list[tuple[str, str | int]], line: int
) -> None:
    desk = played(steps)
    others = {client for client, waiting in desk.lines.items() if waiting}
    for client in others:
        for _ in range(line):
            desk.arrive(client)
    newcomer, before = "z", len(desk.turns)
    desk.lines[newcomer] = deque()
    desk.arrive(newcomer)
    for _ in range(len(others) + 1):
        desk.serve()
    assert newcomer in {turn.client for turn in desk.turns[before:]}


@given(st.integers(1, 40))
def test_who_is_alone_has_every_turn_as_soon_as_one_of_their_own_ends(requests: int) -> None:
    desk = Desk()
    for _ in range(requests):
        desk.arrive("a")
    for _ in range(requests):
        desk.serve()
        if desk.held["a"] == SHARE:
            desk.end(0)
    assert [turn.client for turn in desk.turns] == ["a"] * requests
