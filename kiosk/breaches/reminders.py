"""Breach reminders to the DPO, and near the end of the 72 hours to the MSSI, until the decision."""

from datetime import datetime

from kiosk.config import Audience, Role, Settings
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.duty import notices
from kiosk.duty.chain import Watch
from kiosk.duty.notices import Occasion
from kiosk.duty.presence import of_role
from kiosk.mail.thread.notice import Reason
from kiosk.store.base.connection import Database
from kiosk.store.outbox import wakeup
from kiosk.store.reports import breach_reminders, report_status
from kiosk.store.reports.breaches import Breach

LAST = max(breach_reminders.HOURS)  # hour at which the MSSI is reminded too
WHY = {
    Role.DPO: "le délégué à la protection des données décide de la notification à la CNIL",
    Role.MSSI: "il reste moins de six heures pour notifier cette violation à la CNIL",
}


def remind_of_breaches(db: Database, settings: Settings, now: datetime) -> None:
    """At 24, 48 and 66 hours. A stop or a jump of the clock skips a reminder, never repeats one."""
    watch = None
    for breach, hour in breach_reminders.due(db, now=now):
        watch = watch or Watch.at(db, settings, now)
        report = report_status.get(db, breach.reference)
        undecided = Occasion(
            Purpose.BREACH,
            Reason.BREACH,
            OnlyWhile.UNDECIDED,
            mark=str(hour),
            until=breach.deadline_at,
            not_after=breach.deadline_at if now < breach.deadline_at else None,
        )
        mails = notices.write(db, watch, report, undecided, _reminded(settings, breach, hour))
        if breach_reminders.queue(db, breach, hour, mails, now):
            wakeup.wake(settings.instance)


def _reminded(settings: Settings, breach: Breach, hour: int) -> list[tuple[Audience, str]]:
    roles = [Role.DPO, *([Role.MSSI] if hour == LAST else [])]
    return [
        (audience, WHY[role])
        for role in roles
        for audience in of_role(settings.audiences, role, site=breach.site)
        if audience.address
    ]
