"""Trace retention: old events are deleted up to an anchor, and the rest can still be verified.

The anchor keeps number and digest of the last deleted event. The cut is itself an event with both: an attacker who sets
an anchor to hide a deletion must also write that event, which tells how old the youngest deleted event was. The cut
stops before the first event of a report that must be kept: there the trace is evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.keeping.purgeable import KEPT
from kiosk.store.trace import account_ledger, events, row_checks
from kiosk.store.trace.events import SYSTEM, Event, has_anchors, origin
from kiosk.store.trace.of_report import Happened, happened

AT_ONCE = 500  # events deleted in one commit: some milliseconds
CUT = "trace_cut"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Number, digest and moment (``last_moment``) of the last event that was cut."""

    sequence: int
    digest: bytes
    cut_at: datetime
    last_moment: datetime
    who: str


def cut(db: Database, before: datetime, *, months: int, who: str = SYSTEM, now: datetime) -> Anchor | None:
    """Set an anchor at the last event before ``before``, in one commit; None if there is nothing to cut.

    First comes ``carry``. ``months``: the rule, recorded for verification. ``remove_cut`` deletes the events later.
    """
    if _last_to_go(db, before, now) is None:
        return None
    with immediate(db):
        found = _last_to_go(db, before, now)
        if found is None:
            return None
        if record := account_ledger.record_before_cut(db, found[0]):
            events.append(db, [record], now)
        detail = {"sequence": found[0], "digest": found[1].hex(), "last_moment": found[2], "months": months}
        events.append(db, [Event(action=CUT, actor=who, detail=detail)], now)
        anchor = Anchor(found[0], found[1], now, clock.from_text(found[2]), who)
        db.execute("INSERT INTO trace_anchors VALUES (?, ?, ?, ?, ?)", (*found[:2], clock.to_text(now), found[2], who))
    return anchor


def carry(db: Database, before: datetime, now: datetime) -> bool:
    """Write anew what a cut would take from the digests of words that are kept; False when nothing is left to do."""
    found = _last_to_go(db, before, now)
    return found is not None and row_checks.carry(db, found[0], now)


def remove_cut(db: Database) -> bool:
    """Delete one batch of events at or below the newest anchor; False if there were none."""
    anchor = origin(db).sequence
    chosen = "SELECT id FROM events WHERE id <= ? ORDER BY id LIMIT ?"
    if not db.execute(chosen, (anchor, 1)).fetchone():
        return False
    with immediate(db):
        db.execute(f"DELETE FROM events WHERE id IN ({chosen})", (anchor, AT_ONCE))
    return True


def anchors(db: Database) -> Sequence[Anchor]:
    """Oldest first."""
    if not has_anchors(db):
        return []
    rows = db.execute("SELECT sequence, digest, cut_at, last_moment, who FROM trace_anchors ORDER BY sequence")
    return [
        Anchor(number, digest, clock.from_text(cut_at), clock.from_text(last), who)
        for number, digest, cut_at, last, who in rows
    ]


def cuts(db: Database) -> Sequence[Happened]:
    """Events about cuts, as far as they still exist."""
    return happened(db, f"{events.OF_THE_KIOSK} AND action = ?", CUT)


def cut_until(db: Database) -> datetime | None:
    """Moment of the last deleted event."""
    row = db.execute("SELECT last_moment FROM trace_anchors ORDER BY sequence DESC LIMIT 1").fetchone()
    return clock.from_text(row[0]) if row else None


def last_cut(db: Database) -> datetime | None:
    row = db.execute("SELECT max(cut_at) FROM trace_anchors").fetchone()
    return clock.from_text(row[0]) if row[0] else None


def _last_to_go(db: Database, before: datetime, now: datetime) -> tuple[int, bytes, str] | None:
    """The cut stops at the first younger event; moments in the future, from a wrong clock, do not count."""
    moment, after = clock.to_text(before), origin(db).sequence
    young = db.execute(
        "SELECT id FROM events WHERE id > ? AND at >= ? AND at <= ? ORDER BY id LIMIT 1",
        (after, moment, clock.to_text(now)),
    ).fetchone()
    kept = db.execute(
        "SELECT min(events.id) FROM reports JOIN events ON events.reference = reports.reference"
        f" WHERE received_at < ? AND ({KEPT})",
        (moment,),
    ).fetchone()
    ends = [row[0] for row in (young, kept) if row and row[0] is not None]
    bounded = f" AND id < {min(ends)}" if ends else ""
    found: tuple[int, bytes, str] | None = db.execute(
        f"SELECT id, digest, at FROM events WHERE id > ? AND at < ?{bounded} ORDER BY id DESC LIMIT 1", (after, moment)
    ).fetchone()
    return found
