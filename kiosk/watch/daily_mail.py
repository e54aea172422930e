"""Daily mail to the MSSI, also when nothing happened: a missing mail is an alarm."""

from datetime import date, datetime, time, timedelta

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.catalogue import kind_of
from kiosk.domain.troubles.running import FORWARDER
from kiosk.duty.mssi import mssi, to_mssi
from kiosk.mail.system.daily import Bulletin, Counted, KioskState, WaitingReport
from kiosk.store.base.connection import Database
from kiosk.store.outbox.relay import relay_state
from kiosk.store.reports import breach_register
from kiosk.store.reports.report_lists import ListedReport
from kiosk.store.watch import daily_figures, health
from kiosk.store.watch.daily_figures import Count, Daily, Figures, Period
from kiosk.watch.troubles import troubles_now

ITSELF = FORWARDER  # left out: the mail itself shows that mails leave


def write_daily(db: Database, settings: Settings, now: datetime) -> None:
    """Queue the mail of the last day whose hour has come, once; late rather than never.

    None while an earlier one is queued: the next one covers that time too.
    """
    day, hour = last_due(settings.mail.daily_at, now)
    if daily_figures.has_daily_mail(db, day.isoformat()) or _began_after(db, hour, now):
        return
    if daily_figures.is_waiting(db, Bulletin.purpose):
        return
    since = daily_figures.period(db, now=now)
    found = daily_figures.figures(db, since)
    bulletin = bulletin_of(db, settings, day, since, found, now)
    daily_figures.submit_daily(db, _daily(db, settings, bulletin, found), now)


def last_due(at: time, now: datetime) -> tuple[date, datetime]:
    """Day of the newest mail that is due, and the moment when it became due (UTC)."""
    today = clock.local(now).date()
    hour = clock.at(today, at)
    if hour <= now:
        return today, hour
    return today - timedelta(days=1), clock.at(today - timedelta(days=1), at)


def _began_after(db: Database, hour: datetime, now: datetime) -> bool:
    """True when the kiosk was set up after that hour: it has nothing to tell."""
    begun = daily_figures.begun_at(db)
    return begun is None or hour < begun <= now


def bulletin_of(db: Database, settings: Settings, day: date, since: Period, found: Figures, now: datetime) -> Bulletin:
    undecided, undecided_until = breach_register.undecided(db)
    return Bulletin(
        day=day,
        since=since.start,
        until=now,
        daily_at=settings.mail.daily_at,
        counted=tuple(_counted(each, settings) for each in found.counts),
        hidden=found.hidden,
        first_report=found.first_report,
        last_report=found.last_report,
        first_event=found.first_event,
        last_event=found.last_event,
        waiting=tuple(_waiting(each, settings) for each in found.open),
        waiting_count=found.open_reports,
        waiting_since=found.open_since,
        undecided=undecided,
        undecided_until=undecided_until,
        state=_state(db, settings, now),
    )


def _state(db: Database, settings: Settings, now: datetime) -> KioskState:
    pulse = health.pulse(db, settings, now)
    oldest = pulse.oldest_undelivered
    return KioskState(
        undelivered=pulse.undelivered,
        undelivered_since=None if oldest is None else now - timedelta(seconds=oldest),
        held=pulse.held,
        relay=pulse.relay,
        certificate_until=relay_state(db).certificate_until,
        disk=pulse.disk,
        clock_ok=pulse.clock_ok,
        troubles=tuple(each for each in troubles_now(pulse, settings) if each.trouble != ITSELF),
    )


def _counted(each: Count, settings: Settings) -> Counted:
    return Counted(_site_name(settings, each.site), each.kind_title, each.severity, each.reports)


def _waiting(each: ListedReport, settings: Settings) -> WaitingReport:
    site = _site_name(settings, each.site)
    return WaitingReport(each.reference, kind_of(each.kind).title, each.severity, site, each.received_at)


def _site_name(settings: Settings, site: str) -> str:
    known = settings.site(site)
    return known.name if known else site


def _daily(db: Database, settings: Settings, bulletin: Bulletin, found: Figures) -> Daily:
    return Daily(
        day=bulletin.day.isoformat(),
        site=settings.local_site.id,
        last_report=found.last_report,
        last_event=found.last_event,
        deliveries=to_mssi(db, settings, bulletin, bulletin.until),
        silent=[audience.id for audience in mssi(settings) if not audience.address],
    )
