"""Sign-in throttling.

Failures are counted per account, client address and known browser, in a fixed number of hash buckets (lanes). The
table is bounded, holds nothing that was typed, and treats unknown names like known ones.

Nobody can lock out somebody else. A known browser has its own bucket. The account's bucket delays only addresses
that have sent wrong passwords too; otherwise one attacker could keep the owner waiting.

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
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

BUCKETS = 4096
LONGEST_WAIT = 30  # seconds
FORGOTTEN_AFTER = timedelta(minutes=15)  # without a failure
# Attempts before the first wait. Many people may share an address.
FREE = {"account": 3, "device": 3, "address": 10}
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


def wait_after(kind: str, failures: int) -> int:
    """In seconds."""
    over = failures - FREE[kind]
    return 0 if over < 0 else min(LONGEST_WAIT, 2 ** min(over, 10))


def take_turn(db: Database, lanes: Sequence[Bucket], now: datetime, *, account: str | None = None) -> int:
    """Count an attempt and return 0, or return the seconds to wait and write nothing.

    ``account``: name of an existing account, for the trace; never what was typed.
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
    """Take back an attempt that succeeded. Inside the caller's transaction.

    The first bucket (browser or account) is emptied. The address loses this attempt only and keeps its wait: others who
    share it pay nothing, and signing in to one's own account does not clear guesses at others.
    """
    for one in lanes[:1]:
        db.execute("DELETE FROM sign_in_lanes WHERE lane = ?", (one.key,))
    _uncount(db, lanes[1:])


def take_back(db: Database, lanes: Sequence[Bucket]) -> None:
    """Uncount an attempt whose password was never checked. Waits stay."""
    with immediate(db):
        _uncount(db, lanes)


def give_back(db: Database, lanes: Sequence[Bucket]) -> None:
    """Like ``forgive``, for a member who is signed in already."""
    with immediate(db):
        forgive(db, lanes)


def _uncount(db: Database, lanes: Sequence[Bucket]) -> None:
    for one in lanes:
        db.execute("DELETE FROM sign_in_lanes WHERE lane = ? AND failures = 1", (one.key,))
        db.execute("UPDATE sign_in_lanes SET failures = failures - 1 WHERE lane = ?", (one.key,))


def _wait(db: Database, lanes: Sequence[Bucket], now: datetime) -> int:
    waits = {one.kind: _left_in(db, one, now) for one in lanes}
    if any(one.kind == "address" and _failures(db, one, now) < FREE["account"] for one in lanes):
        waits.pop("account", None)
    return max(waits.values())


def _left_in(db: Database, one: Bucket, now: datetime) -> int:
    row = db.execute("SELECT free_at FROM sign_in_lanes WHERE lane = ?", (one.key,)).fetchone()
    return _seconds_left(clock.from_text(row[0]), now) if row else 0


def _failures(db: Database, one: Bucket, now: datetime) -> int:
    row = db.execute("SELECT failures, failed_at FROM sign_in_lanes WHERE lane = ?", (one.key,)).fetchone()
    remembered = row is not None and abs(now - clock.from_text(row[1])) < FORGOTTEN_AFTER
    return int(row[0]) if remembered else 0


def _seconds_left(free_at: datetime, now: datetime) -> int:
    """A wait above LONGEST_WAIT means that the clock was set back: it counts as none."""
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
