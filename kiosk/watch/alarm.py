"""Alarm mails to the MSSI: one when a trouble has begun, one when it is over.

A state is told once it has lasted ``mail.alarm_after`` minutes, each trouble at most once an hour, and none while an
alarm is queued. So a trouble that comes and goes does not send a mail a minute, and a relay that is down for a week
finds one mail.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from kiosk.config import Settings
from kiosk.domain.troubles import TROUBLES, Channel, FoundTrouble, Trouble, shown_in
from kiosk.domain.troubles.running import CLOCK, DISK, DISK_FILLING, FORWARDER, RELAY_DOWN, RELAY_NONE
from kiosk.duty.mssi import to_mssi
from kiosk.mail.system.alarm import Alarm, TroubleChange
from kiosk.store.base.connection import Database
from kiosk.store.trace import checks
from kiosk.store.trace.events import Event
from kiosk.store.watch import alarms, alterations, daily_figures, health
from kiosk.store.watch.alarms import AlarmMails, TroubleState
from kiosk.watch.certificates import STAGES
from kiosk.watch.troubles import troubles_now

WATCH_EVERY = timedelta(minutes=1)
MAIL_EVERY = timedelta(hours=1)
STOPPED_FOR = timedelta(minutes=15)  # longer than any restart
STOPPED = FORWARDER.code
UNTOLD = (RELAY_NONE.code, RELAY_DOWN.code)  # no mail could tell them; after 15 minutes LATE is told

WORST_FIRST = (tuple(STAGES), (DISK, DISK_FILLING))  # stages of one trouble


def watch(db: Database, settings: Settings, now: datetime) -> None:
    """Works once a minute."""
    before = alarms.last_watch(db)
    if before and timedelta(0) <= now - before < WATCH_EVERY:
        return
    checks.check_more(db, now)
    alterations.look(db, settings.secrets)
    now_red = troubles_now(health.pulse(db, settings, now), settings)
    found = {trouble.code: each for trouble, each in with_earlier_stages(now_red).items()}
    known = alarms.conditions(db)
    seen = {condition.code: condition for condition in _seen(found, known, before, now)}
    told = _told(db, settings, found, tuple(seen.values()), now)
    if told:
        seen |= {code: replace(seen[code], told_red=seen[code].red, told_at=now) for code in told.event.detail["told"]}
    alarms.record(
        db,
        [condition for condition in seen.values() if condition != known.get(condition.code)],
        told,
        site=settings.local_site.id,
        process=os.getpid(),
        now=now,
    )


def with_earlier_stages(found: list[FoundTrouble]) -> dict[Trouble, FoundTrouble]:
    """First of each trouble, with the stages passed before.

    Without these, reaching a stage would announce the one before as over.
    """
    by_trouble: dict[Trouble, FoundTrouble] = {}
    for each in found:
        by_trouble.setdefault(each.trouble, each)
    for stages in WORST_FIRST:
        for stage, earlier in pairwise(stages):
            if stage in by_trouble:
                by_trouble.setdefault(earlier, FoundTrouble(earlier, by_trouble[stage].detail))
    return by_trouble


def _seen(
    found: Mapping[str, FoundTrouble], known: dict[str, TroubleState], before: datetime | None, now: datetime
) -> Iterator[TroubleState]:
    stopped = before is not None and now - before >= STOPPED_FOR
    red = set(found) - {*UNTOLD, *([STOPPED] if stopped else [])}
    for code in (trouble.code for trouble in shown_in(Channel.MAIL)):
        condition = observed(known.get(code), code, red=code in red, now=now)
        if code == STOPPED and stopped and before is not None:
            condition = _was_red(condition, code, before, now)
        if condition:
            yield condition


def observed(condition: TroubleState | None, code: str, *, red: bool, now: datetime) -> TroubleState | None:
    """New state; None for what was never red. A moment in the future dates from before the clock was set back."""
    if condition is None:
        if not red:
            return None
        return TroubleState(code=code, red=True, since=now, told_red=False, told_at=None, red_since=now)
    if condition.red == red:
        return condition if condition.since <= now else replace(condition, since=now)
    began_anew = red and not condition.told_red
    return replace(condition, red=red, since=now, red_since=now if began_anew else condition.red_since)


def _was_red(condition: TroubleState | None, code: str, since: datetime, now: datetime) -> TroubleState:
    """Note a red period that ended before it could be seen."""
    if condition is None:
        return TroubleState(code=code, red=False, since=now, told_red=True, told_at=None, red_since=since)
    red_since = condition.red_since if condition.told_red else since
    return replace(condition, red=False, since=now, told_red=True, red_since=red_since)


def is_due(condition: TroubleState, settings: Settings, now: datetime) -> bool:
    lasted = timedelta(minutes=settings.mail.alarm_after)
    at_once = condition.code == CLOCK.code or (condition.code == STOPPED and not condition.red)
    settled = at_once or now - condition.since >= lasted
    rested = condition.told_at is None or not timedelta(0) <= now - condition.told_at < MAIL_EVERY
    return condition.red != condition.told_red and settled and rested


def _told(
    db: Database, settings: Settings, found: Mapping[str, FoundTrouble], seen: Sequence[TroubleState], now: datetime
) -> AlarmMails | None:
    """None when nothing is due, an alarm is queued, or no MSSI has an address."""
    due = [condition for condition in seen if is_due(condition, settings, now)]
    if not due or daily_figures.is_waiting(db, Alarm.purpose):
        return None
    alarm = Alarm(
        changes=tuple(_change(condition, found, now) for condition in due),
        still=tuple(_change(condition, found, now) for condition in seen if condition.red and condition.told_red),
    )
    mails = to_mssi(db, settings, alarm, now)
    detail = {"told": [condition.code for condition in due], "red": [each.code for each in due if each.red]}
    return AlarmMails(mails, Event(action="alarm_mail", detail=detail)) if mails else None


def _change(condition: TroubleState, found: Mapping[str, FoundTrouble], now: datetime) -> TroubleChange:
    return TroubleChange(
        trouble=TROUBLES[condition.code],
        since=min(condition.red_since, now),
        until=None if condition.red else min(condition.since, now),
        detail=found[condition.code].detail if condition.red and condition.code in found else "",
    )
