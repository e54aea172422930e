"""Sign-in throttling.

Failures are counted per account, client address, address at an account (guesser) and known browser, in a fixed number
of hash buckets (lanes). The table is bounded, holds nothing that was typed, and treats unknown names like known ones.

Nobody can lock out somebody else. A known browser has its own bucket. Under guesses from many addresses an account
makes each address wait before each attempt: a wait of its own, fixed when the address first asks. So no client that
never pauses can take the turn of another. The account counts only the failures that its guessers have without a wait:
one address that goes on guessing makes nobody else wait.

An attempt counts as a failure before the password is hashed and is given back on success, so parallel guesses are
counted one by one.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.errors import DiskFull
from kiosk.store.base.connection import immediate
from kiosk.store.staff import unwritten
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

BUCKETS = 4096
LONGEST_WAIT = 30  # seconds, after one's own failures
UNDER_ATTACK = 10  # failures at an account that add LONGEST_WAIT to the wait of each address
LONGEST_UNDER_ATTACK = 300  # seconds
FORGOTTEN_AFTER = timedelta(minutes=15)  # without a failure
# Attempts before the first wait. Many people may share an address.
FREE = {"guesser": 3, "device": 3, "address": 10, "factor": 3}
WORTH_AN_EVENT = (5, 20, 100)  # failures of a bucket in a row, then every hundred more


@dataclass(frozen=True, slots=True)
class Bucket:
    kind: str
    bucket: int

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.bucket}"


def lane(kind: str, of: str | bytes) -> Bucket:
    words = of if isinstance(of, bytes) else of.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(kind.encode() + b"\0" + words).digest()
    return Bucket(kind, int.from_bytes(digest[:4], "big") % BUCKETS)


def stranger(name: str, address: str) -> tuple[Bucket, ...]:
    """Buckets of an unknown browser, its own first (see ``forgive``). ``address``: network of the client."""
    return lane("guesser", f"{name}\0{address}"), lane("address", address), lane("account", name)


def wait_after(kind: str, failures: int) -> int:
    """In seconds. An account makes nobody wait by itself: see ``wait_under_attack``."""
    if kind == "account":
        return 0
    over = failures - FREE[kind]
    return 0 if over < 0 else min(LONGEST_WAIT, 2 ** min(over, 10))


def wait_under_attack(failures: int) -> int:
    """In seconds, for each address; ``failures``: at the account, from all addresses."""
    return min(LONGEST_UNDER_ATTACK, LONGEST_WAIT * (failures // UNDER_ATTACK))


def take_turn(db: Database, lanes: Sequence[Bucket], now: datetime, *, account: str | None = None) -> int:
    """Count an attempt and return 0, or return the seconds to wait.

    Only the first request of an address to an account under attack is written down before its turn. ``account``: name
    of an existing account, for the trace; never what was typed. On a full disk nothing is counted: everybody waits.
    """
    if seconds := _wait(db, lanes, now):
        return seconds
    try:
        return _count_turn(db, lanes, now, account)
    except DiskFull:
        return unwritten.of(db).wait_to_guess(now)


def _count_turn(db: Database, lanes: Sequence[Bucket], now: datetime, account: str | None) -> int:
    with immediate(db):
        if seconds := _wait(db, lanes, now) or _queue_up(db, lanes, now):
            return seconds
        counted = _count_all(db, lanes, now)
        _make_guesser_wait(db, lanes, now)
        notes = [_note(one, failures, account) for one, failures in counted if _is_worth_an_event(failures)]
        events.append(db, notes, now)
    return 0


def forgive(db: Database, lanes: Sequence[Bucket]) -> None:
    """Take back an attempt that succeeded. Inside the caller's transaction.

    The first bucket (browser or account) is emptied. The address loses this attempt only and keeps its wait: others who
    share it pay nothing, and signing in to one's own account does not clear guesses at others.
    """
    for one in lanes[:1]:
        db.execute("DELETE FROM sign_in_lanes WHERE lane = ?", (one.key,))
    for one in lanes[1:]:
        db.execute("DELETE FROM sign_in_lanes WHERE lane = ? AND failures <= 1", (one.key,))
        db.execute("UPDATE sign_in_lanes SET failures = failures - 1 WHERE lane = ?", (one.key,))


def take_back(db: Database, lanes: Sequence[Bucket], now: datetime) -> None:
    """Uncount an attempt whose password was never checked, and give its turn back."""
    with immediate(db):
        for one in lanes:
            failures = max(_state(db, one, now).failures - 1, 0)
            _put(db, one, failures, now - timedelta(seconds=LONGEST_WAIT), LONGEST_WAIT)


def give_back(db: Database, lanes: Sequence[Bucket]) -> None:
    """Like ``forgive``, for a member who is signed in already."""
    with immediate(db):
        forgive(db, lanes)


def _wait(db: Database, lanes: Sequence[Bucket], now: datetime) -> int:
    return max(_seconds_left(_state(db, one, now).free_at, now) for one in lanes)


def _queue_up(db: Database, lanes: Sequence[Bucket], now: datetime) -> int:
    """Seconds that a guesser must wait first because its account is under attack; 0 when it has waited."""
    for one in lanes:
        mine = _state(db, one, now)
        if one.kind == "guesser" and mine.free_at - mine.since < timedelta(seconds=LONGEST_WAIT):
            return _make_guesser_wait(db, lanes, now)
    return 0


def _make_guesser_wait(db: Database, lanes: Sequence[Bucket], now: datetime) -> int:
    """Start the wait before the guesser's next attempt, if the account is under attack; in seconds."""
    wait = max((wait_under_attack(_state(db, one, now).failures) for one in lanes if one.kind == "account"), default=0)
    for one in lanes if wait else ():
        if one.kind == "guesser":
            _put(db, one, _state(db, one, now).failures, now, wait)
    return wait


@dataclass(frozen=True, slots=True)
class _State:
    """``since``: when the wait until ``free_at`` began."""

    failures: int
    since: datetime
    free_at: datetime


def _state(db: Database, one: Bucket, now: datetime) -> _State:
    """Forgotten after a quarter of an hour, and when the clock was set back."""
    row = db.execute("SELECT failures, failed_at, free_at FROM sign_in_lanes WHERE lane = ?", (one.key,)).fetchone()
    if row is None or abs(now - clock.from_text(row[1])) >= FORGOTTEN_AFTER:
        return _State(0, now, now)
    return _State(row[0], clock.from_text(row[1]), clock.from_text(row[2]))


def _seconds_left(free_at: datetime, now: datetime) -> int:
    """A wait longer than any that is given means that the clock was set back: it counts as none."""
    left = math.ceil((free_at - now).total_seconds())
    return left if 0 < left <= LONGEST_UNDER_ATTACK else 0


def _count_all(db: Database, lanes: Sequence[Bucket], now: datetime) -> list[tuple[Bucket, int]]:
    """Buckets that counted the attempt. An account notes only the time of a guesser's later ones."""
    is_new = all(_state(db, one, now).failures < FREE["guesser"] for one in lanes if one.kind == "guesser")
    counting = [one for one in lanes if is_new or one.kind != "account"]
    for one in lanes:
        failures = _state(db, one, now).failures + (one in counting)
        _put(db, one, failures, now, wait_after(one.kind, failures))
    return [(one, _state(db, one, now).failures) for one in counting]


def _put(db: Database, one: Bucket, failures: int, now: datetime, wait: int) -> None:
    db.execute(
        "INSERT INTO sign_in_lanes VALUES (?, ?, ?, ?) ON CONFLICT (lane) DO UPDATE SET failures = excluded.failures,"
        " failed_at = excluded.failed_at, free_at = excluded.free_at",
        (one.key, failures, clock.to_text(now), clock.to_text(now + timedelta(seconds=wait))),
    )


def _is_worth_an_event(failures: int) -> bool:
    return failures in WORTH_AN_EVENT or failures % WORTH_AN_EVENT[-1] == 0


def _note(one: Bucket, failures: int, account: str | None) -> Event:
    return Event(action="sign_in_failures", detail={"account": account, "lane": one.kind, "failures": failures})
