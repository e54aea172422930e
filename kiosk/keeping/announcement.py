"""Purge announcement: a mail to the MSSI, early enough to put a hold on a report."""

from datetime import datetime, timedelta

from kiosk import clock
from kiosk.config import Settings
from kiosk.duty.mssi import mssi, to_mssi
from kiosk.keeping.rules import days_of, limits
from kiosk.mail.system.retention import ComingPurge, GoingReport
from kiosk.store.base.connection import Database
from kiosk.store.keeping import announcements, purgeable
from kiosk.store.keeping.announcements import Outlook, Preview
from kiosk.store.keeping.purgeable import CONTENT, NOT_YET_ANNOUNCED, PurgeableReport
from kiosk.store.watch import daily_figures

MAIL_EVERY = timedelta(days=7)
ANNOUNCED_AT_MOST = 2_000  # reports per mail and per commit
NAMED = 200  # of these, listed one by one


def announce(db: Database, settings: Settings, outlook: Outlook, now: datetime) -> None:
    """At most one mail a week; none while an earlier one is queued, none without reports."""
    rested = outlook.announced_at is None or not timedelta(0) <= now - outlook.announced_at < MAIL_EVERY
    if not rested or daily_figures.is_waiting(db, ComingPurge.purpose):
        return
    if found := to_announce(db, settings, now):
        announcements.announce(db, _preview(db, settings, found, now), now)


def to_announce(db: Database, settings: Settings, now: datetime) -> list[PurgeableReport]:
    """Reports that become due before the notice of the next mail, a week later, has passed."""
    notice = settings.retention.notice
    if not notice:
        return []
    horizon = limits(settings, CONTENT, now + MAIL_EVERY + timedelta(days=notice))
    return purgeable.purgeable_reports(db, CONTENT, horizon, notice=NOT_YET_ANNOUNCED, limit=ANNOUNCED_AT_MOST)


def _preview(db: Database, settings: Settings, found: list[PurgeableReport], now: datetime) -> Preview:
    going = tuple(_going(settings, each, now) for each in found[:NAMED])
    coming = ComingPurge(going=going, count=len(found), notice=settings.retention.notice)
    return Preview(
        reports=found,
        site=settings.local_site.id,
        deliveries=to_mssi(db, settings, coming, now),
        silent=[audience.id for audience in mssi(settings) if not audience.address],
    )


def _going(settings: Settings, due: PurgeableReport, now: datetime) -> GoingReport:
    """Not before the notice has passed, however long ago the report became due."""
    days = days_of(settings, due.reason, due.kind).content
    at = max(due.rested_at + timedelta(days=days), now + timedelta(days=settings.retention.notice))
    site = settings.site(due.site)
    return GoingReport(
        due.reference, due.kind_title, site.name if site else due.site, due.received_at, clock.local(at).date()
    )
