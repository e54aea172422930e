"""Purging: what has been kept long enough is erased, a little at each step; a dry run shows the same."""

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
    """What a purge would erase now, a stage of a report each; ``coming``: whose content the next mail announces."""

    going: tuple[PurgeableReport, ...]
    coming: tuple[PurgeableReport, ...]


def keep_no_longer(db: Database, settings: Settings, now: datetime) -> None:
    """Looks once an hour; as long as something is due, does a little of it each second."""
    erasure.cut_log(db)
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
    """One commit, twenty reports at most; what was erased."""
    found = due_now(db, settings, now, limit=erasure.AT_ONCE)
    return erasure.purge(db, found, who=who, now=now) if found else []


def due_now(db: Database, settings: Settings, now: datetime, *, limit: int = -1) -> list[PurgeableReport]:
    """A stage of a report each: contacts, then content that was announced in time, then words written after that."""
    found: list[PurgeableReport] = []
    for stage, notice in ((CONTACT, AT_ONCE), (CONTENT, announced_in_time(settings, now))):
        left = limit - len(found) if limit >= 0 else -1
        found += purgeable.purgeable_reports(db, stage, limits(settings, stage, now), notice=notice, limit=left)
    return found or purgeable.late_words(db, limits(settings, CONTENT, now), limit=limit)


def plan(db: Database, settings: Settings, now: datetime) -> Plan:
    return Plan(tuple(due_now(db, settings, now)), tuple(to_announce(db, settings, now)))


def kept_back(db: Database, settings: Settings, now: datetime) -> dict[str, dict[str, int]]:
    """How many reports are old enough for each stage and stay, by what keeps them."""
    return {stage: purgeable.kept_back(db, stage, limits(settings, stage, now)) for stage in STAGES}


def shorten_trace(
    db: Database, settings: Settings, now: datetime, *, who: str = SYSTEM, every: timedelta = CUT_EVERY
) -> bool:
    """A step of it: the cut, or some of the events that were cut; False when nothing is left to do."""
    if trace_cut.remove_cut(db):
        return True
    last = trace_cut.last_cut(db)
    if last and timedelta(0) <= now - last < every:
        return False
    months = settings.retention.trace_months
    return trace_cut.cut(db, months_before(now, months), months=months, who=who, now=now) is not None
