"""Purge: erases what has been kept long enough, in small steps. A dry run selects the same reports."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk.config import Settings
from kiosk.keeping.announcement import announce, to_announce
from kiosk.keeping.rules import announced_in_time, limits, months_before
from kiosk.store.base.connection import Database
from kiosk.store.keeping import announcements, erasure, purgeable, trace_cut
from kiosk.store.keeping.purgeable import AT_ONCE, CONTACT, CONTENT, STAGES, PurgeableReport
from kiosk.store.reports import breaches
from kiosk.store.trace.events import SYSTEM

CUT_EVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Plan:
    """Stages due now, and in ``coming`` the reports that the next mail announces."""

    going: tuple[PurgeableReport, ...]
    coming: tuple[PurgeableReport, ...]


def keep_no_longer(db: Database, settings: Settings, now: datetime) -> None:
    """Look once an hour; while something is due, erase a little each second."""
    outlook = announcements.outlook(db)
    if not outlook.is_time(now):
        return
    if outlook.at(now).steady and _do_some(db, settings, now):
        return
    if announcements.note_look(db, now=now).steady:
        announce(db, settings, outlook, now)


def _do_some(db: Database, settings: Settings, now: datetime) -> bool:
    """False when nothing is due any more."""
    decided = now - timedelta(days=settings.retention.breach_days)
    return bool(
        erase_some(db, settings, now) or breaches.forget(db, decided, now=now) or shorten_trace(db, settings, now)
    )


def erase_some(db: Database, settings: Settings, now: datetime, *, who: str = SYSTEM) -> list[PurgeableReport]:
    """One commit, of a bounded number of reports; returns those erased."""
    found = due_now(db, settings, now, limit=erasure.AT_ONCE)
    return erasure.purge(db, found, who=who, now=now) if found else []


def due_now(db: Database, settings: Settings, now: datetime, *, limit: int = -1) -> list[PurgeableReport]:
    """Contacts, then content announced in time; if there are none, texts written after their content was erased."""
    found: list[PurgeableReport] = []
    for stage, notice in ((CONTACT, AT_ONCE), (CONTENT, announced_in_time(settings, now))):
        left = limit - len(found) if limit >= 0 else -1
        found += purgeable.purgeable_reports(db, stage, limits(settings, stage, now), notice=notice, limit=left)
    return found or purgeable.late_words(db, limits(settings, CONTENT, now), limit=limit)


def plan(db: Database, settings: Settings, now: datetime) -> Plan:
    return Plan(tuple(due_now(db, settings, now)), tuple(to_announce(db, settings, now)))


def kept_back(db: Database, settings: Settings, now: datetime) -> dict[str, dict[str, int]]:
    """Number of reports that are old enough for each stage but stay, by reason."""
    return {stage: purgeable.kept_back(db, stage, limits(settings, stage, now)) for stage in STAGES}


def shorten_trace(
    db: Database, settings: Settings, now: datetime, *, who: str = SYSTEM, every: timedelta = CUT_EVERY
) -> bool:
    """One step: digests carried on, the cut, or the deletion of some cut events. False when nothing is left to do."""
    if trace_cut.remove_cut(db):
        return True
    last = trace_cut.last_cut(db)
    if last and timedelta(0) <= now - last < every:
        return False
    months = settings.retention.trace_months
    before = months_before(now, months)
    return trace_cut.carry(db, before, now) or trace_cut.cut(db, before, months=months, who=who, now=now) is not None
