"""The steps of the chain as changes: the next in line is told, the taker is reminded, the chain begins anew."""

from dataclasses import replace

from kiosk.config import Audience, Role
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.duty import notices
from kiosk.duty.chain import DEPUTY_STEP, MSSI_STEP, REMINDED, ROLES, Watch, due_at, late_at
from kiosk.duty.changes import begin_anew, event, waiting
from kiosk.duty.notices import Letter
from kiosk.duty.presence import of_role
from kiosk.store import standing
from kiosk.store.connection import Database
from kiosk.store.outbox import NewDelivery
from kiosk.store.standing import Change, Standing

ON_DUTY = "vous êtes de permanence pour ce site"


def tell_next(db: Database, watch: Watch, report: Standing) -> Change:
    """Whoever is next in line and can be told; who cannot is passed over with an event."""
    passed_over = []
    step = report.step
    to: tuple[Audience, ...] = ()
    while not to and step < MSSI_STEP:
        step += 1
        to = watch.in_line(report, step)
        if not to:
            passed_over.append(event("escalation_skipped", report, step=step, because=_why_nobody(watch, report, step)))
    late = late_at(watch, report) <= watch.now
    reason = ("late" if step == DEPUTY_STEP else "unanswered") if late else "absent"
    mails = _escalation(db, watch, report, to, step, reason)
    told = event("escalated", report, step=step, because=reason, audiences=[audience.id for audience in to])
    after = replace(report, step=step, anchor_at=watch.now)
    return waiting(watch, after, events=[*passed_over, told], mails=mails)


def _escalation(
    db: Database, watch: Watch, report: Standing, to: tuple[Audience, ...], step: int, reason: str
) -> list[NewDelivery]:
    managers = {each.id: each.name for each in of_role(watch.settings.audiences, Role.MANAGER, site=report.site)}
    gone = [absence for absence in watch.away if absence.audience in managers and absence.covers(watch.now)]
    others = standing.told(db, report.id, whoever_takes_it=False) - {audience.id for audience in to}
    return notices.write(
        db,
        watch,
        report,
        Letter(Purpose.REMINDER if step == MSSI_STEP else Purpose.ESCALATION, reason, OnlyWhile.OPEN),
        [(audience, _why(step, reason)) for audience in to],
        told=notices.names_on_site(watch.settings, others),
        absent=tuple(dict.fromkeys(managers[absence.audience] for absence in gone)),
        until=min((absence.ends_at for absence in gone), default=None),
    )


def _why(step: int, reason: str) -> str:
    if step == MSSI_STEP:
        return "personne sur place n'a répondu dans le délai prévu"
    if reason == "absent":
        return "vous suppléez le responsable de l'immeuble, qui ne peut pas être prévenu"
    return "vous suppléez le responsable de l'immeuble et que personne n'a répondu dans le délai prévu"


def _why_nobody(watch: Watch, report: Standing, step: int) -> str:
    there = of_role(watch.settings.audiences, ROLES[step], site=report.site, kind=report.kind)
    if not there:
        return "nobody"
    return "absent" if any(audience.address for audience in there) else "no_address"


def remind(db: Database, watch: Watch, report: Standing) -> Change:
    """Whoever took the report, once. If nobody can be reminded, the chain begins anew at once."""
    to = watch.taker(report)
    if not to:
        return lapse(db, watch, report)
    after = replace(report, step=REMINDED, anchor_at=watch.now)
    mails = notices.write(
        db,
        watch,
        report,
        Letter(Purpose.REMINDER, "overdue", OnlyWhile.ACKNOWLEDGED),
        [(audience, f"{report.taken_by} a pris ce signalement en charge") for audience in to],
        actor=report.taken_by or "",
        eta_at=report.eta_at,
        until=due_at(watch, after),
    )
    reminded = event("taker_reminded", report, audiences=[audience.id for audience in to])
    return waiting(watch, after, events=[reminded], mails=mails)


def lapse(db: Database, watch: Watch, report: Standing) -> Change:
    """Nothing was done by the promised time, nor after a reminder: the chain begins anew."""
    on_duty = watch.in_line(report, watch.first_step(report))
    others = [audience for audience in watch.taker(report) if audience not in on_duty]
    why_others = f"{report.taken_by} avait pris ce signalement en charge"
    mails = notices.write(
        db,
        watch,
        report,
        Letter(Purpose.ESCALATION, "lapsed", OnlyWhile.OPEN),
        [*((audience, ON_DUTY) for audience in on_duty), *((audience, why_others) for audience in others)],
        before=report.taken_by or "",
        eta_at=report.eta_at,
    )
    told = [audience.id for audience in (*on_duty, *others)]
    return begin_anew(watch, report, events=[event("acknowledgement_lapsed", report, audiences=told)], mails=mails)
