"""Absence mail: told to the absent one, to managers and deputies of the same sites, and to the MSSI.

The first change is told at once; those of the ten minutes after a mail are folded into the next.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from kiosk.config import Audience, Role, Settings
from kiosk.duty.mssi import addressed, system_mail
from kiosk.duty.presence import ON_SITE, sites_of
from kiosk.mail.system.absence import AbsencesTold, ToldAbsence
from kiosk.store.base.connection import Database
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.staff import absences
from kiosk.store.staff.absences import Absence

MAIL_EVERY = timedelta(minutes=10)


def tell_absences(db: Database, settings: Settings, now: datetime) -> None:
    """Called every second."""
    changed = absences.untold(db)
    if not changed:
        return
    last = absences.last_told(db)
    if last and timedelta(0) <= now - last < MAIL_EVERY:
        return
    mails = [
        _mail(db, settings, theirs, audience, now)
        for audience in settings.audiences
        if audience.active and audience.address and (theirs := _concerning(settings, changed, audience))
    ]
    absences.record_told(db, changed, mails, site=settings.local_site.id, now=now)


def _concerning(settings: Settings, changed: Sequence[Absence], audience: Audience) -> list[Absence]:
    if audience.role == Role.MSSI:
        return list(changed)
    if audience.role not in ON_SITE:
        return []
    absent = {each.id: sites_of(settings, each) for each in settings.audiences}
    theirs = sites_of(settings, audience)
    return [each for each in changed if each.audience == audience.id or theirs & absent.get(each.audience, set())]


def _mail(
    db: Database, settings: Settings, changed: Sequence[Absence], audience: Audience, now: datetime
) -> NewDelivery:
    names = {each.id: each.name for each in settings.audiences}
    told = tuple(
        ToldAbsence(
            who=names.get(each.audience, each.audience),
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            by=each.entered_by,
            ended_by=each.ended_by,
        )
        for each in changed
    )
    (mail,) = addressed(settings, system_mail(db, settings, AbsencesTold(changes=told), now), [audience])
    return mail
