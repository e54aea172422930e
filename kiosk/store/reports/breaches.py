"""Breach files (GDPR art. 33): what is known about a personal-data breach, and whether it is notified."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.cnil import NOTIFICATION_DELAY, BreachDecision
from kiosk.store.base import rows
from kiosk.store.base.connection import immediate
from kiosk.store.keys.sealing import open_sealed, seal
from kiosk.store.keys.site_keys import KeyOf, site_key
from kiosk.store.outbox import deliveries
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import SYSTEM, Event

AT_MOST = 20  # files per commit

Details = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """``reminded``: hour of the last reminder, 0 for none."""

    report_id: int
    reference: str
    site: str
    hidden: bool
    opened_at: datetime
    opened_by: str
    deadline_at: datetime
    revision: int
    reminded: int
    decision: BreachDecision | None
    decided_at: datetime | None
    decided_by: str | None
    notified_at: datetime | None

    @property
    def aware_at(self) -> datetime:
        """Moment when the organisation became aware: the 72 hours start here."""
        return self.deadline_at - NOTIFICATION_DELAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """``notified_at`` is set only when the CNIL was notified."""

    word: BreachDecision
    notified_at: datetime | None = None


COLUMNS = (
    "report_id, reference, reports.site_id AS site, hidden_as IS NOT NULL AS hidden, opened_at,"
    " opened_by, breaches.deadline_at, breaches.revision, nudged AS reminded, decision, decided_at, decided_by,"
    " notified_at"
)


def open_with(db: Database, report_id: int, deadline_at: datetime, now: datetime) -> None:
    """Inside the transaction that stores the report, whose event covers this file too."""
    _insert(db, report_id, SYSTEM, deadline_at, now)


def open_by_hand(db: Database, reference: str, *, actor: str, now: datetime) -> bool:
    """Open a file for a report that excluded personal data; the 72 hours start now.

    False when there is a file already, or no such report.
    """
    with immediate(db):
        row = db.execute(
            "SELECT id FROM reports WHERE reference = ? AND id NOT IN (SELECT report_id FROM breaches)", (reference,)
        ).fetchone()
        if row is None:
            return False
        _insert(db, row[0], actor, now + NOTIFICATION_DELAY, now)
        opened = Event(action="breach_opened", actor=actor, reference=reference)
        events.append(db, [row_digests.storing(opened, row_digests.of_row(db, "breaches", row[0]))], now)
    return True


def find(db: Database, reference: str) -> Breach | None:
    found = list(select(db, "reference = ?", (reference,)))
    return found[0] if found else None


def details(db: Database, breach: Breach, key_of: KeyOf) -> Details | None:
    """The answers, opened; None when there are none. Raises StoreError when the key is not available."""
    row = db.execute(
        "SELECT details, breaches.site_key_id, submission_hash FROM breaches JOIN reports ON reports.id = report_id"
        " WHERE report_id = ?",
        (breach.report_id,),
    ).fetchone()
    if row[0] is None:
        return None
    opened: Details = json.loads(open_sealed(row[0], key_of(row[1]), context=row[2] + b"breach"))
    return opened


def save(
    db: Database, breach: Breach, told: Mapping[str, Any], decision: Decision | None, *, actor: str, now: datetime
) -> bool:
    """Seal and store the answers with the decision. ``actor`` is a sign-in name.

    Compare-and-set: False, with nothing changed, when the file was saved since ``breach`` was read. A decision stops
    the reminders; None opens the question again.
    """
    key = site_key(db, breach.site)
    word = decision.word if decision else None
    with immediate(db):
        context = db.execute("SELECT submission_hash FROM reports WHERE id = ?", (breach.report_id,)).fetchone()[0]
        sealed = seal(json.dumps(told, ensure_ascii=False).encode(), key.public_key, context=context + b"breach")
        changed = db.execute(
            "UPDATE breaches SET details = ?, site_key_id = ?, decision = ?, decided_at = ?, decided_by = ?,"
            " notified_at = ?, revision = revision + 1 WHERE report_id = ? AND revision = ?",
            (sealed, key.id, word, *_decided(breach, decision, actor, now), breach.report_id, breach.revision),
        ).rowcount
        if changed != 1:
            return False
        deliveries.cancel_void(db, breach.report_id, now)
        action = "breach_edited" if word == breach.decision else "breach_decided"
        noted = Event(action=action, actor=actor, reference=breach.reference, detail={"decision": word})
        events.append(db, [row_digests.storing(noted, row_digests.of_row(db, "breaches", breach.report_id))], now)
    return True


def forget(db: Database, before: datetime, *, now: datetime) -> bool:
    """Erase the answers of files decided by ``before``; their rows in the register stay. False when there was none."""
    rows = db.execute(
        "SELECT report_id, reference FROM breaches JOIN reports ON reports.id = report_id"
        " WHERE details IS NOT NULL AND decided_at <= ? LIMIT ?",
        (clock.to_text(before), AT_MOST),
    ).fetchall()
    if not rows:
        return False
    with immediate(db):
        for report_id, reference in rows:
            db.execute("UPDATE breaches SET details = NULL, revision = revision + 1 WHERE report_id = ?", (report_id,))
            purged = Event(action="breach_purged", reference=reference)
            erased = row_digests.of_row(db, "breaches", report_id, parts=("details",))
            events.append(db, [row_digests.storing(purged, erased)], now)
    return True


def record_export(db: Database, reference: str | None, *, what: str, actor: str, now: datetime) -> None:
    """``what``: file, page or register."""
    with immediate(db):
        noted = Event(action="breach_exported", actor=actor, reference=reference, detail={"as": what})
        events.append(db, [noted], now)


def _decided(
    breach: Breach, decision: Decision | None, actor: str, now: datetime
) -> tuple[str | None, str | None, str | None]:
    """An unchanged decision keeps its author and moment."""
    if decision is None:
        return None, None, None
    notified = clock.to_text(decision.notified_at) if decision.notified_at else None
    if decision.word == breach.decision and breach.decided_at:
        return clock.to_text(breach.decided_at), breach.decided_by, notified
    return clock.to_text(now), actor, notified


def _insert(db: Database, report_id: int, opened_by: str, deadline_at: datetime, now: datetime) -> None:
    db.execute(
        "INSERT INTO breaches (report_id, site_id, opened_at, opened_by, deadline_at)"
        " SELECT id, site_id, ?, ?, ? FROM reports WHERE id = ?",
        (clock.to_text(now), opened_by, clock.to_text(deadline_at), report_id),
    )


def select(db: Database, where: str, values: Sequence[Any], *, index: str = "") -> Iterator[Breach]:
    """``where``: a condition, with order and limit if wanted. ``index``: the one to read ``breaches`` by."""
    return rows.every(db.execute(statement(where, index=index), values), Breach)


def statement(where: str, *, index: str = "") -> str:
    by = f"INDEXED BY {index}" if index else ""
    return f"SELECT {COLUMNS} FROM breaches {by} JOIN reports ON reports.id = report_id WHERE {where}"
