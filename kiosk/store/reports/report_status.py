"""Report status: who acknowledged a report, until when, and how far its chain has come.

A change is one commit: the row by compare-and-set on its revision, a note, the mails, the events. Queued mails that it
makes void are cancelled in the same commit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.handling import HiddenAs, Outcome, ReportState
from kiosk.domain.severity import Severity
from kiosk.store.base import rows
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import notes, repetitions
from kiosk.store.reports.notes import NewNote
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event
from kiosk.store.trace.row_digests import RowDigests

AT_ONCE = ""  # sorts before every moment
LOOK_AT_MOST = 20  # reports per query
FORGET_AT_ONCE = 1000  # reports per call, in one commit: some 10 ms
NOT_TOLD = frozenset({"attend_at"})  # columns that may change without an event

Value = str | int | datetime | None


class Outdated(Exception):
    """The report has changed since it was read, or the one that it is to repeat."""


class UnknownReport(LookupError):
    """No report has this reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStatus:
    """``first_step``, ``step``: first and last step told in this ``cycle`` of the chain (0 manager, 1 deputy, 2 MSSI).

    Of an acknowledged report, ``step`` is 1 once its taker was reminded. ``taken_by`` and ``closed_by`` are display
    names, ``taken_account`` is a sign-in name. ``repeats``: id of the report that told the same before.
    """

    id: int
    reference: str
    revision: int
    kind: str
    kind_title: str
    severity: Severity
    state: ReportState
    site: str
    zone: str | None
    ongoing: str
    personal_data: str
    cycle: int
    first_step: int
    step: int
    taken_by: str | None
    taken_account: str | None
    taken_role: str | None
    closed_by: str | None
    outcome: Outcome | None
    hidden_as: HiddenAs | None
    repeats: int | None
    received_at: datetime
    anchor_at: datetime
    deadline_at: datetime | None
    acted_at: datetime | None
    taken_at: datetime | None
    eta_at: datetime | None
    closed_at: datetime | None


STATUSES = (
    "SELECT id, reference, revision, kind, kind_title, severity, state, site_id AS site,"
    " zone, ongoing, personal_data, cycle, first_step, step, taken_by, taken_account, taken_role, closed_by,"
    " outcome, hidden_as, repeats, received_at, coalesce(anchor_at, received_at) AS anchor_at, deadline_at, acted_at,"
    " taken_at, eta_at, closed_at FROM reports"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``told``: the audiences by which ``mails`` were chosen, if any.

    ``answers``: a member has acted, so mails that ask for an answer are void even if the state stays the same.
    """

    values: Mapping[str, Value]
    events: Sequence[Event] = ()
    mails: Sequence[NewDelivery] = field(default=(), repr=False)
    told: frozenset[str] | None = None
    answers: bool = False
    note: NewNote | None = None


def find(db: Database, reference: str) -> ReportStatus | None:
    return _first(db, "reference = ?", (reference,))


def get(db: Database, reference: str) -> ReportStatus:
    """Raises UnknownReport."""
    report = find(db, reference)
    if report is None:
        raise UnknownReport(reference)
    return report


def change(db: Database, before: ReportStatus, new: Change, now: datetime) -> bool:
    """False, with nothing changed, when the status or the told audiences have changed. Raises NotConfirmed.

    False too when the report may not repeat the one that ``new`` names (see repetitions.py).

    Raises ValueError for a change without an event, unless it is only the moment of the next look.
    """
    return change_all(db, [(before, new)], now)


def change_all(db: Database, changes: Sequence[tuple[ReportStatus, Change]], now: datetime) -> bool:
    """Like ``change`` for several reports, in one commit: all of them, or none."""
    try:
        with immediate(db):
            for before, new in changes:
                _change(db, before, new, now)
    except Outdated:
        return False
    return True


def _change(db: Database, before: ReportStatus, new: Change, now: datetime) -> None:
    if new.told is not None and told(db, before.id) != new.told:
        raise Outdated
    repeated = new.values.get("repeats")
    if isinstance(repeated, int) and not repetitions.may_repeat(db, before.id, repeated):
        raise Outdated
    if not _write(db, before, new.values):
        raise Outdated
    (deliveries.cancel_waiting_for_an_answer if new.answers else deliveries.cancel_void)(db, before.id, now)
    stored_rows = [stored(db, before.id)]
    queued = deliveries.enqueue(db, new.mails, report_id=before.id, site=before.site, now=now)
    stored_rows += [row_digests.of_row(db, "deliveries", number) for number in queued]
    noted = [notes.add(db, before.id, new.note, now)] if new.note else []
    if set(new.values) - NOT_TOLD or new.mails or noted:
        events.append(db, row_digests.first_storing([*noted, *new.events], *stored_rows), now)


def stored(db: Database, report_id: int) -> RowDigests:
    """Digest of the status, for the event of the same commit."""
    return row_digests.of_row(db, "reports", report_id, parts=("status",))


def touch(db: Database, report_id: int, now: datetime) -> None:
    """Note that staff have acted on the report. Inside the caller's transaction."""
    db.execute("UPDATE reports SET acted_at = ?, revision = revision + 1 WHERE id = ?", (clock.to_text(now), report_id))


def look_again(db: Database, looks: Iterable[tuple[ReportStatus, datetime | None]]) -> None:
    """Store when to look at reports next, in one commit. No effect on a report that has changed since."""
    rows = [(at and clock.to_text(at), report.id, report.revision) for report, at in looks]
    if rows:
        with immediate(db):
            db.conn.executemany("UPDATE reports SET attend_at = ? WHERE id = ? AND revision = ?", rows)


def told(db: Database, report_id: int, *, whoever_takes_it: bool = True) -> frozenset[str]:
    """Audiences with a mail about the report, sent or still to be sent.

    ``whoever_takes_it``: only mails that are sent even if a member acknowledges the report meanwhile.
    """
    certain = " AND (state IN ('sent', 'sending', 'in_digest') OR only_while IS NULL)" if whoever_takes_it else ""
    found = db.execute(
        f"SELECT DISTINCT audience_id FROM deliveries WHERE report_id = ? AND state != 'cancelled'{certain}",
        (report_id,),
    )
    return frozenset(row[0] for row in found)


def to_attend(db: Database, *, now: datetime, slack: timedelta) -> list[ReportStatus]:
    """Reports due for a look, or whose wait starts more than ``slack`` ahead: the clock was corrected."""
    values = {"now": clock.to_text(now), "future": clock.to_text(now + slack)}
    found = db.execute(
        f"SELECT * FROM ({STATUSES} WHERE attend_at <= :now ORDER BY attend_at LIMIT {LOOK_AT_MOST})"
        f" UNION SELECT * FROM ({STATUSES} WHERE attend_at IS NOT NULL"
        f" AND reports.anchor_at > :future LIMIT {LOOK_AT_MOST})",
        values,
    )
    return list(rows.every(found, ReportStatus))


def reckon_with(db: Database, digest: bytes) -> bool:
    """Make waiting reports due for a look when the ``digest`` of the facts behind their dates has changed.

    Also where no look is noted, although the chain goes on: nothing binds ``attend_at``, so somebody may have rewritten
    it. One slice at a call, and no look before the last one: it would be made due again. False while some are left. The
    digest is stored with the last slice, so that a crash repeats the work.
    """
    if db.execute("SELECT digest FROM duty_settings").fetchone()[0] == digest:
        return True
    lost = (
        "SELECT id FROM reports INDEXED BY reports_to_do WHERE state != 'closed' AND hidden_as IS NULL"
        " AND attend_at IS NULL AND anchor_at IS NOT NULL AND (state = 'acknowledged' OR step < 2)"
    )
    waiting = f"SELECT id FROM reports WHERE attend_at > ? UNION ALL {lost} LIMIT ?"
    with immediate(db):
        changed = db.execute(
            f"UPDATE reports SET attend_at = ? WHERE id IN ({waiting})", (AT_ONCE, AT_ONCE, FORGET_AT_ONCE)
        ).rowcount
        if changed < FORGET_AT_ONCE:
            db.execute("UPDATE duty_settings SET digest = ?", (digest,))
    return changed < FORGET_AT_ONCE


def _write(db: Database, before: ReportStatus, values: Mapping[str, Value]) -> bool:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    written = {name: clock.to_text(value) if isinstance(value, datetime) else value for name, value in values.items()}
    changed = db.execute(
        f"UPDATE reports SET {columns}, revision = revision + 1 WHERE id = :_id AND revision = :_revision",
        {**written, "_id": before.id, "_revision": before.revision},
    ).rowcount
    return changed == 1


def _first(db: Database, where: str, values: Sequence[Any]) -> ReportStatus | None:
    return rows.one(db.execute(f"{STATUSES} WHERE {where}", values), ReportStatus)
