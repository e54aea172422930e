"""What has been kept long enough goes: the rules as moments, a step of the background process, what a dry run shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk import clock
from kiosk.config import Settings
from kiosk.config.retention import Days
from kiosk.domain.purposes import Purpose
from kiosk.duty.audiences import writable
from kiosk.duty.system_mail import kiosk_name, mssi, new_identity, to_mssi
from kiosk.duty.trace import trace_head
from kiosk.mail.retention import Going, Outline, compose_retention
from kiosk.store import breaches, figures, purge, retention, trace_cut
from kiosk.store import due as due_reports
from kiosk.store.connection import Database
from kiosk.store.due import (
    AT_ONCE,
    CONTACT,
    CONTENT,
    NOT_YET_ANNOUNCED,
    STAGES,
    Due,
    Limit,
    Limits,
    Notice,
    announced_before,
)
from kiosk.store.events import SYSTEM
from kiosk.store.retention import Outlook, Preview
from kiosk.store.standing import Standing

MAIL_EVERY = timedelta(days=7)
CUT_EVERY = timedelta(days=7)
ANNOUNCED_AT_MOST = 2_000  # reports in one mail, and in one commit
NAMED = 200  # of these, one by one
WHY = "le MSSI est prévenu avant que le contenu de signalements soit effacé"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would erase now, a stage of a report each; ``coming``: whose content the next mail announces."""

    going: tuple[Due, ...]
    coming: tuple[Due, ...]


def keep_no_longer(db: Database, settings: Settings, now: datetime) -> None:
    """Looks once an hour; as long as something is due, does a little of it each second."""
    purge.cut_log(db)
    outlook = retention.outlook(db, demo=settings.demo)
    if not outlook.is_time(now):
        return
    if outlook.at(now).steady and _do_some(db, settings, now):
        return
    if retention.note_look(db, demo=settings.demo, now=now).steady:
        announce(db, settings, outlook, now)


def _do_some(db: Database, settings: Settings, now: datetime) -> bool:
    """False when nothing is due any more."""
    decided = now - timedelta(days=settings.retention.breach_days)
    return bool(
        erase_some(db, settings, now)
        or breaches.forget(db, decided, demo=settings.demo, now=now)
        or shorten_trace(db, settings, now)
    )


def erase_some(db: Database, settings: Settings, now: datetime, *, who: str = SYSTEM) -> list[Due]:
    """One commit, twenty reports at most; what was erased."""
    found = due_now(db, settings, now, limit=purge.AT_ONCE)
    return purge.purge(db, found, who=who, demo=settings.demo, now=now) if found else []


def due_now(db: Database, settings: Settings, now: datetime, *, limit: int = -1) -> list[Due]:
    """A stage of a report each: contacts, then content that was announced in time, then words written after that."""
    demo, found = settings.demo, list[Due]()
    for stage, notice in ((CONTACT, AT_ONCE), (CONTENT, _announced(settings, now))):
        left = limit - len(found) if limit >= 0 else -1
        found += due_reports.due(db, stage, limits(settings, stage, now), demo=demo, notice=notice, limit=left)
    return found or due_reports.late_words(db, limits(settings, CONTENT, now), demo=demo, limit=limit)


def plan(db: Database, settings: Settings, now: datetime) -> Plan:
    return Plan(tuple(due_now(db, settings, now)), tuple(_to_announce(db, settings, now)))


def kept_back(db: Database, settings: Settings, now: datetime) -> dict[str, dict[str, int]]:
    """How many reports are old enough for each stage and stay, by what keeps them."""
    return {
        stage: due_reports.kept_back(db, stage, limits(settings, stage, now), demo=settings.demo) for stage in STAGES
    }


def limits(settings: Settings, stage: str, now: datetime) -> Limits:
    rules = settings.retention

    def before(days: Days) -> datetime:
        return now - timedelta(days=getattr(days, stage))

    return {
        "closed": Limit(before(rules.closed), {each.kind: before(each) for each in rules.kinds}),
        "acknowledged": Limit(before(rules.acknowledged)),
        "hidden": Limit(before(rules.hidden)),
    }


def shorten_trace(
    db: Database, settings: Settings, now: datetime, *, who: str = SYSTEM, every: timedelta = CUT_EVERY
) -> bool:
    """A step of it: the cut, or some of the events that were cut; False when nothing is left to do."""
    if trace_cut.remove_cut(db, demo=settings.demo):
        return True
    last = trace_cut.last_cut(db)
    if last and timedelta(0) <= now - last < every:
        return False
    months = settings.retention.trace_months
    return trace_cut.cut(db, months_before(now, months), months=months, who=who, now=now) is not None


def months_before(now: datetime, months: int) -> datetime:
    """The same day of an earlier month, or that month's last."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    for day in (now.day, 30, 29, 28):
        try:
            return now.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def announce(db: Database, settings: Settings, outlook: Outlook, now: datetime) -> None:
    """One mail a week at most, none as long as an earlier one waits for the relay, none about nothing."""
    rested = outlook.announced_at is None or not timedelta(0) <= now - outlook.announced_at < MAIL_EVERY
    if not rested or figures.is_waiting(db, Purpose.RETENTION, demo=settings.demo):
        return
    if found := _to_announce(db, settings, now):
        retention.announce(db, _preview(db, settings, found, now), now)


def _announced(settings: Settings, now: datetime) -> Notice:
    notice = settings.retention.notice
    return announced_before(now - timedelta(days=notice)) if notice else AT_ONCE


def _to_announce(db: Database, settings: Settings, now: datetime) -> list[Due]:
    """All that comes due until the next mail could leave and its notice has passed."""
    notice = settings.retention.notice
    if not notice:
        return []
    horizon = limits(settings, CONTENT, now + MAIL_EVERY + timedelta(days=notice))
    return due_reports.due(db, CONTENT, horizon, demo=settings.demo, notice=NOT_YET_ANNOUNCED, limit=ANNOUNCED_AT_MOST)


def _preview(db: Database, settings: Settings, found: list[Due], now: datetime) -> Preview:
    outline = Outline(
        name=kiosk_name(settings),
        organisation=settings.organisation.name,
        going=tuple(_going(settings, each, now) for each in found[:NAMED]),
        count=len(found),
        notice=settings.retention.notice,
        written_at=now,
        demo=settings.demo,
        console_url=settings.mail.console_url,
        trace=trace_head(db),
    )
    identity = new_identity(now)
    return Preview(
        reports=found,
        site=settings.local_site.id,
        demo=settings.demo,
        deliveries=to_mssi(
            settings, lambda *to: compose_retention(outline, *to, identity=identity), purpose=Purpose.RETENTION, why=WHY
        ),
        silent=[audience.id for audience in mssi(settings) if not writable(audience, demo=settings.demo)],
    )


def _going(settings: Settings, due: Due, now: datetime) -> Going:
    """Not before the notice has passed, however long ago it came due."""
    days = _days_of(settings, due.reason, due.kind).content
    at = max(due.rested_at + timedelta(days=days), now + timedelta(days=settings.retention.notice))
    site = settings.site(due.site)
    return Going(
        due.reference, due.kind_title, site.name if site else due.site, due.received_at, clock.local(at).date()
    )


def may_go_at(settings: Settings, report: Standing) -> datetime | None:
    """When the content of a report that stays as it is may be erased; None while nobody has acknowledged it."""
    rested = report.closed_at or report.acted_at or report.taken_at
    if report.state == "open" or rested is None:
        return None
    rule = "hidden" if report.hidden_as else report.state
    return rested + timedelta(days=_days_of(settings, rule, report.kind).content)


def _days_of(settings: Settings, rule: str, kind: str) -> Days:
    rules = settings.retention
    own = {each.kind: each for each in rules.kinds} if rule == "closed" else {}
    general: Days = getattr(rules, rule)
    return own.get(kind, general)
