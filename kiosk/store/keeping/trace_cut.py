"""Events that are older than they may be kept go, and the trace stays one that can be verified: it is cut at an anchor.

The anchor keeps the number and the digest of the last event that goes; its cut is itself an event, which tells both. So
whoever puts up an anchor to hide what they deleted must also write that event, and it says how old the youngest was.
The cut does not pass the first event of a report that something keeps: there the trace is evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.keeping.purgeable import KEPT
from kiosk.store.trace import events
from kiosk.store.trace.events import SYSTEM, Event, has_anchors, origin
from kiosk.store.trace.of_report import Happened, happened

AT_ONCE = 500  # events deleted in one commit: some milliseconds
CUT = "trace_cut"


@dataclass(frozen=True, slots=True)
class Anchor:
    """``last_moment``: of the last event that was cut, whose number and digest these are."""

    sequence: int
    digest: bytes
    cut_at: datetime
    last_moment: datetime
    who: str


def cut(db: Database, before: datetime, *, months: int, who: str = SYSTEM, now: datetime) -> Anchor | None:
    """Puts up an anchor behind the last event before that moment, in one commit; None where there is nothing to cut.

    ``months``: the rule, for whoever verifies. The events themselves go later, a few at a time (see remove_cut).
    """
    if _last_to_go(db, before, now) is None:
        return None
    with immediate(db):
        found = _last_to_go(db, before, now)
        if found is None:
            return None
        detail = {"sequence": found[0], "digest": found[1].hex(), "last_moment": found[2], "months": months}
        events.append(db, [Event(action=CUT, actor=who, detail=detail)], now)
        anchor = Anchor(found[0], found[1], now, clock.from_text(found[2]), who)
        db.execute("INSERT INTO trace_anchors VALUES (?, ?, ?, ?, ?)", (*found[:2], clock.to_text(now), found[2], who))
    return anchor


def remove_cut(db: Database) -> bool:
    """Deletes some of what lies at or below the newest anchor, in one commit; False when nothing did."""
    anchor = origin(db).sequence
    chosen = "SELECT id FROM events WHERE id <= ? ORDER BY id LIMIT ?"
    if not db.execute(chosen, (anchor, 1)).fetchone():
        return False
    with immediate(db):
        db.execute(f"DELETE FROM events WHERE id IN ({chosen})", (anchor, AT_ONCE))
        db.execute("UPDATE retention SET to_cut = 1")
    return True


def anchors(db: Database) -> Sequence[Anchor]:
    """The oldest first."""
    if not has_anchors(db):
        return []
    rows = db.execute("SELECT sequence, digest, cut_at, last_moment, who FROM trace_anchors ORDER BY sequence")
    return [
        Anchor(number, digest, clock.from_text(cut_at), clock.from_text(last), who)
        for number, digest, cut_at, last, who in rows
    ]


def cuts(db: Database) -> Sequence[Happened]:
    """The events that tell of a cut, as far as they are kept themselves."""
    return happened(db, "action = ?", CUT)


def cut_until(db: Database) -> datetime | None:
    """The moment of the last event that is gone."""
    row = db.execute("SELECT last_moment FROM trace_anchors ORDER BY sequence DESC LIMIT 1").fetchone()
    return clock.from_text(row[0]) if row else None


def last_cut(db: Database) -> datetime | None:
    row = db.execute("SELECT max(cut_at) FROM trace_anchors").fetchone()
    return clock.from_text(row[0]) if row[0] else None


def _last_to_go(db: Database, before: datetime, now: datetime) -> tuple[int, bytes, str] | None:
    """Everything up to the first event that is younger; a clock that once ran ahead left moments to come: no matter."""
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
