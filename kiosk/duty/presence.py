"""Presence: who is on duty. The deputy stands in while no manager is present."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk.config import Audience, Role, Settings
from kiosk.domain.roles import Actor
from kiosk.duty.audiences import serves, serves_site
from kiosk.store.base.connection import Database
from kiosk.store.staff import absences
from kiosk.store.staff.absences import Absence

ON_SITE = (Role.MANAGER, Role.DEPUTY)
LONGEST = timedelta(days=92)  # of all that is noted ahead; the rest is noted later: nobody is forgotten as absent
FURTHEST = timedelta(days=366)  # from now to the first day


@dataclass(frozen=True, slots=True)
class OnDuty:
    """``audiences`` may be empty. ``instead_of``: absences for which a deputy stands in."""

    audiences: tuple[Audience, ...]
    instead_of: tuple[Absence, ...] = ()


def on_duty(settings: Settings, db: Database, site: str, at: datetime) -> OnDuty:
    return on_duty_of(settings.audiences, absences.not_over(db, at), site=site, at=at)


def on_duty_of(
    audiences: Sequence[Audience], away: Sequence[Absence], *, site: str, at: datetime, kind: str | None = None
) -> OnDuty:
    managers = of_role(audiences, Role.MANAGER, site=site, kind=kind)
    if there := present(managers, away, at):
        return OnDuty(there)
    names = {manager.id for manager in managers}
    because = tuple(absence for absence in away if absence.audience in names and absence.covers(at))
    return OnDuty(present(of_role(audiences, Role.DEPUTY, site=site, kind=kind), away, at), because)


def of_role(audiences: Iterable[Audience], role: Role, *, site: str, kind: str | None = None) -> tuple[Audience, ...]:
    """Active audiences of the site, and of the kind if one is given."""
    here = (audience for audience in audiences if audience.role == role and serves_site(audience, site))
    return tuple(audience for audience in here if kind is None or serves(audience, site=site, kind=kind))


def present(audiences: Iterable[Audience], away: Iterable[Absence], at: datetime) -> tuple[Audience, ...]:
    absent = {absence.audience for absence in away if absence.covers(at)}
    return tuple(audience for audience in audiences if audience.id not in absent)


def record_absence(
    db: Database,
    settings: Settings,
    audience: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    actor: Actor,
    now: datetime,
) -> Absence:
    """Record an absence of a manager or deputy.

    Raises ValueError for another audience, without an end after its start and ``now``, or if it is too long.
    """
    if not any(known.id == audience and known.role in ON_SITE for known in settings.audiences):
        raise ValueError("only managers and deputies are on duty")
    if ends_at <= max(starts_at, now):
        raise ValueError("an absence must end after it begins, and not be over")
    if is_too_long(db, audience, starts_at, ends_at, now):
        raise ValueError("absences are no longer than LONGEST together, and begin within FURTHEST")
    return absences.record(db, audience, starts_at, ends_at, actor=actor.name, entered_by=actor.display_name, now=now)


def is_too_long(db: Database, audience: str, starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Alone, or together with what is noted ahead: absences end to end would last for ever too."""
    noted = (absence for absence in absences.not_over(db, now) if absence.audience == audience)
    spans = [(starts_at, ends_at), *((absence.starts_at, absence.ends_at) for absence in noted)]
    return ends_at - starts_at > LONGEST or starts_at - now > FURTHEST or _together(spans, now) > LONGEST


def _together(spans: Iterable[tuple[datetime, datetime]], since: datetime) -> timedelta:
    total = timedelta(0)
    for starts_at, ends_at in sorted(spans):
        total += max(ends_at - max(starts_at, since), timedelta(0))
        since = max(since, ends_at)
    return total


def end_absence(db: Database, absence: int, *, actor: Actor, now: datetime) -> bool:
    """False when it is over or unknown."""
    return absences.end(db, absence, actor=actor.name, ended_by=actor.display_name, now=now)


def sites_of(settings: Settings, audience: Audience) -> set[str]:
    return {site.id for site in settings.sites if not audience.sites or site.id in audience.sites}
