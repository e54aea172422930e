"""Clock watch: compares the wall clock with the steady one. A step of more than a minute is an event.

Where both disagree, the kiosk counts by the steady clock, and is red until they agree again. A step is taken for the
correction of a wrong clock, and followed, only where the clock before it was known or likely to be wrong.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.troubles.running import CLOCK
from kiosk.duty.mssi import to_mssi
from kiosk.mail.french import moment_words
from kiosk.mail.system.alarm import Alarm, TroubleChange
from kiosk.store.base.connection import Database
from kiosk.store.trace.events import Event
from kiosk.store.watch import clock_marks
from kiosk.store.watch.clock_marks import ClockMark

EARLY = 3600.0  # seconds after the start of the machine's kiosk, in which a time server sets the clock
SMALL = timedelta(days=1)  # a wrong time zone of the machine's own clock
NAMED = 20  # reports in one mail
SEEN_EVERY = timedelta(minutes=10)


def watch_clock(db: Database, settings: Settings, now: datetime) -> None:
    """Each second: reads the clocks itself, and writes changes and a moment every ten minutes."""
    mark = clock_marks.current(db)
    if mark is None:
        clock_marks.adopt(db)
        return
    clock.trust(mark.trusted)
    wall, steadily = clock.wall(), mark.moment(clock.steady())
    known = clock_marks.known_before(db)
    if abs(wall - steadily) > clock.AGREE and is_correction(mark, steadily, wall, known):
        _correct(db, settings, replace(mark, seen_at=steadily), wall - steadily)
        return
    if abs(wall - steadily) <= clock.AGREE:  # follow an adjustment: kept with the next moment that is written
        mark = replace(mark, trusted=mark.trusted + (wall - steadily).total_seconds())
    _note(db, mark, _wrong_by(wall, steadily, known), steadily)


def _correct(db: Database, settings: Settings, mark: ClockMark, step: timedelta) -> None:
    """Tell the MSSI of the reports whose moment was wrong; without any there is nothing to tell."""
    event = Event(action="clock_corrected", detail={"seconds": round(step.total_seconds())})
    now = mark.seen_at + step
    reports = clock_marks.received_since(db, mark, limit=NAMED + 1)
    named = ", ".join(f"{reference} ({moment_words(at + step)})" for reference, at in reports[:NAMED])
    more = " et d'autres" if len(reports) > NAMED else ""
    detail = f"signalements reçus entre-temps, avec l'heure corrigée : {named}{more}"
    since = mark.moment(mark.began) + step
    alarm = Alarm(changes=(TroubleChange(trouble=CLOCK, since=since, until=now, detail=detail),), still=())
    mails = to_mssi(db, settings, alarm, now) if reports else []
    clock_marks.correct(db, mark, step, event, mails, site=settings.local_site.id)


def is_correction(mark: ClockMark, before: datetime, after: datetime, known: datetime | None) -> bool:
    """``known``: a moment that has surely passed, from an earlier start of the machine."""
    if known and after < known - clock.AGREE:
        return False
    if known and before < known - clock.AGREE:
        return True
    early = clock.steady() - mark.began < EARLY
    return early and not mark.off_by and (abs(after - before) <= SMALL or (known is not None and after < before))


def _wrong_by(wall: datetime, steadily: datetime, known: datetime | None) -> timedelta:
    if abs(wall - steadily) > clock.AGREE:
        return wall - steadily
    behind = known - steadily if known else timedelta(0)
    return -behind if behind > clock.AGREE else timedelta(0)


def _note(db: Database, mark: ClockMark, wrong_by: timedelta, steadily: datetime) -> None:
    seconds = round(wrong_by.total_seconds())
    if abs(seconds - mark.off_by) > clock.AGREE.total_seconds() or bool(seconds) != bool(mark.off_by):
        action = "clock_stepped" if seconds else "clock_agrees"
        event = Event(action=action, detail={"seconds": seconds or mark.off_by})
        clock_marks.keep(db, replace(mark, off_by=seconds, seen_at=steadily), event)
    elif not timedelta(0) <= steadily - mark.seen_at < SEEN_EVERY:
        clock_marks.keep(db, replace(mark, seen_at=steadily))
