"""Notices: mails about a change in the status of a report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk.config import Audience, Role, Settings, Site
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.domain.severity import Severity
from kiosk.duty.chain import Watch
from kiosk.duty.outgoing import deliveries_of
from kiosk.duty.presence import of_role
from kiosk.mail.envelope import Addressee
from kiosk.mail.report.facts import Telephone
from kiosk.mail.thread.notice import Notice, Reason, compose_notice
from kiosk.store.base.connection import Database
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.trace import events, of_report
from kiosk.store.watch import clock_marks

ON_SITE = (Role.MANAGER, Role.DEPUTY)


@dataclass(frozen=True, slots=True)
class Occasion:
    """``purpose`` and ``only_while`` are those of the deliveries; the rest as in ``Notice``.

    ``mark`` tells apart several mails about one revision of the report; ``not_after`` is of the deliveries too.
    """

    purpose: Purpose
    reason: Reason
    only_while: OnlyWhile | None = None
    mark: str = ""
    told: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    actor: str = ""
    before: str = ""
    outcome: str = ""
    repeats: str = ""
    together: tuple[str, ...] = ()
    last_at: datetime | None = None
    worst: Severity | None = None
    eta_at: datetime | None = None
    until: datetime | None = None
    not_after: datetime | None = None


def write(
    db: Database, watch: Watch, report: ReportStatus, occasion: Occasion, to: Iterable[tuple[Audience, str]]
) -> list[NewDelivery]:
    """One mail for each audience in ``to``, given with the reason. Revision or ``mark`` makes the Message-ID unique."""
    site = watch.settings.site(report.site) or Site(id=report.site, name=report.site)
    notice, purpose = _notice(db, watch, report, site, occasion), occasion.purpose
    identity = f"{purpose}-{occasion.mark or report.revision}"
    mails = []
    for why, audiences in _by_reason(to).items():
        addressees = [Addressee.of(watch.settings, audience) for audience in audiences]
        sentence = f"Vous recevez ce courriel parce que {why}."
        composed = compose_notice(notice, addressees, why=sentence, occasion=identity)
        mails += deliveries_of(
            watch.settings,
            composed,
            audiences,
            purpose=purpose,
            only_while=occasion.only_while,
            not_after=occasion.not_after,
        )
    return mails


def _by_reason(to: Iterable[tuple[Audience, str]]) -> dict[str, list[Audience]]:
    """Audiences with the same reason share the body of their mail."""
    found: dict[str, list[Audience]] = {}
    for audience, why in to:
        found.setdefault(why, []).append(audience)
    return found


def known(settings: Settings, ids: Iterable[str]) -> tuple[Audience, ...]:
    """Those that can still be told (active, with an address), in the order of the settings."""
    wanted = set(ids)
    return tuple(each for each in settings.audiences if each.id in wanted and each.active and each.address)


def names_on_site(settings: Settings, ids: Iterable[str]) -> tuple[str, ...]:
    wanted = set(ids)
    return tuple(each.name for each in settings.audiences if each.id in wanted and each.role in ON_SITE)


def _notice(db: Database, watch: Watch, report: ReportStatus, site: Site, occasion: Occasion) -> Notice:
    return Notice(
        reason=occasion.reason,
        reference=report.reference,
        kind=report.kind,
        kind_title=report.kind_title,
        severity=report.severity,
        site_name=site.name,
        site_address=site.address,
        zone_name=site.zone_name(report.zone),
        ongoing=report.ongoing,
        personal_data=report.personal_data,
        received_at=report.received_at,
        clock_step=clock_marks.step_of(db, report.reference),
        opened_again_at=of_report.opened_again(db, [report.reference]).get(report.reference),
        deadline=report.deadline_at,
        written_at=watch.now,
        trace=events.head(db),
        organisation=watch.settings.organisation.name,
        console_url=watch.settings.mail.console_url,
        telephones=_telephones(watch.settings.audiences, report.site) if occasion.reason.calls else (),
        told=occasion.told,
        absent=occasion.absent,
        actor=occasion.actor,
        before=occasion.before,
        outcome=occasion.outcome,
        repeats=occasion.repeats,
        together=occasion.together,
        last_at=occasion.last_at,
        worst=occasion.worst,
        eta_at=occasion.eta_at,
        until=occasion.until,
    )


def _telephones(audiences: Sequence[Audience], site: str) -> tuple[Telephone, ...]:
    here = [audience for role in ON_SITE for audience in of_role(audiences, role, site=site)]
    return tuple(Telephone(audience.role.value, audience.name, audience.telephone) for audience in here)
