"""What slows wrong passwords down: each attempt takes its turn in one or more lanes before anything is hashed.

A lane is a bucket of an account's name, of a client's address or of a known browser, by hash: the same for names that
exist and names that do not, bounded for good, and nothing of what was typed can be read from it. Somebody else's
guesses keep nobody out: a browser that the account knows has a lane of its own, and the account's lane makes only those
addresses wait from which wrong passwords came too (else whoever asks without a pause would take every turn there is).
A turn counts as a failure when it is taken and is given back on success, so that guesses sent at once count one by one.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

BUCKETS = 4096
LONGEST_WAIT = 30  # seconds
FORGOTTEN_AFTER = timedelta(minutes=15)  # without a failure
# Turns without a wait: slips of the pen. Behind one address may sit a whole house.
FREE = {"account": 3, "device": 3, "address": 10}
WORTH_AN_EVENT = (5, 20, 100)  # failures of one lane in a row, and every hundred more


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


def wait_after(kind: str, failures: int) -> int:
    """Seconds until the next turn."""
    over = failures - FREE[kind]
    return 0 if over < 0 else min(LONGEST_WAIT, 2 ** min(over, 10))


def take_turn(db: Database, lanes: Sequence[Bucket], now: datetime, *, account: str | None = None) -> int:
    """0: the turn is taken. Otherwise the seconds to wait, and nothing was written, however often somebody asks.

    ``account``: the name for the trace, if there is such an account; never what somebody typed.
    """
    if seconds := _wait(db, lanes, now):
        return seconds
    with immediate(db):
        if seconds := _wait(db, lanes, now):
            return seconds
        counted = [(one, _count(db, one, now)) for one in lanes]
        notes = [_note(one, failures, account) for one, failures in counted if _is_worth_an_event(failures)]
        events.append(db, notes, now)
    return 0


def forgive(db: Database, lanes: Sequence[Bucket]) -> None:
    """The turn was no failure. Inside the caller's transaction.

    Their own lane, the first one, is emptied. The address's loses this turn alone, and no wait: whoever shares it does
    not pay for a right password, and nobody's own account pays for guesses at others.
    """
    for one in lanes[:1]:
        db.execute("DELETE FROM sign_in_lanes WHERE lane = ?", (one.key,))
    for one in lanes[1:]:
        db.execute("DELETE FROM sign_in_lanes WHERE lane = ? AND failures = 1", (one.key,))
        db.execute("UPDATE sign_in_lanes SET failures = failures - 1 WHERE lane = ?", (one.key,))


def give_back(db: Database, lanes: Sequence[Bucket]) -> None:
    """A right password of somebody who is signed in already."""
    with immediate(db):
        forgive(db, lanes)


def _wait(db: Database, lanes: Sequence[Bucket], now: datetime) -> int:
    waits = {one.kind: _left_in(db, one, now) for one in lanes}
    if any(one.kind == "address" and _failures(db, one, now) < FREE["account"] for one in lanes):
        waits.pop("account", None)
    return max(waits.values())


def _left_in(db: Database, one: Bucket, now: datetime) -> int:
    row = db.execute("SELECT free_at FROM sign_in_lanes WHERE lane = ?", (one.key,)).fetchone()
    return _seconds_left(clock.from_text(row[0]), now) if row else 0


def _failures(db: Database, one: Bucket, now: datetime) -> int:
    """Those that are still remembered."""
    row = db.execute("SELECT failures, failed_at FROM sign_in_lanes WHERE lane = ?", (one.key,)).fetchone()
    remembered = row is not None and abs(now - clock.from_text(row[1])) < FORGOTTEN_AFTER
    return int(row[0]) if remembered else 0


def _seconds_left(free_at: datetime, now: datetime) -> int:
    """A wait longer than any we impose means that the clock was set back: nobody stays out for that."""
    left = math.ceil((free_at - now).total_seconds())
    return left if 0 < left <= LONGEST_WAIT else 0


def _count(db: Database, one: Bucket, now: datetime) -> int:
    failures = _failures(db, one, now) + 1
    free_at = clock.to_text(now + timedelta(seconds=wait_after(one.kind, failures)))
    db.execute(
        "INSERT INTO sign_in_lanes VALUES (?, ?, ?, ?) ON CONFLICT (lane) DO UPDATE SET failures = excluded.failures,"
        " failed_at = excluded.failed_at, free_at = excluded.free_at",
        (one.key, failures, clock.to_text(now), free_at),
    )
    return failures


def _is_worth_an_event(failures: int) -> bool:
    return failures in WORTH_AN_EVENT or failures % WORTH_AN_EVENT[-1] == 0


def _note(one: Bucket, failures: int, account: str | None) -> Event:
    return Event(action="sign_in_failures", detail={"account": account, "lane": one.kind, "failures": failures})
