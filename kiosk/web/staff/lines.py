"""A report as one line of a list: what it is, where, how long it has waited and who has it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kiosk.config import Settings
from kiosk.duty.due import acknowledge_by
from kiosk.intake.catalogue import Kind, kind_of
from kiosk.store import console, history, visits
from kiosk.store.connection import Database
from kiosk.store.console import Line
from kiosk.store.health import LATE_AFTER
from kiosk.store.staff import Member
from kiosk.store.standing import Standing
from kiosk.web.staff import words

TROUBLE = {"held": "Courriel refusé par le relais", "late": "Courriel en attente"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """``due`` is when somebody must have taken it, ``eta_over``: the time the taker gave has passed."""

    line: Line
    kind: Kind
    place: str
    waited: str
    due: datetime | None
    overdue: bool
    eta_over: bool
    mine: bool
    is_new: bool
    trouble: str


def shown(
    db: Database, settings: Settings, lines: Iterable[Line], *, member: Member, known_until: int, now: datetime
) -> list[Shown]:
    """``known_until``: the last report before this visit of the member."""
    listed = list(lines)
    stuck = console.stuck(db, [line.id for line in listed], now - LATE_AFTER)
    fresh = [line.reference for line in listed if line.id > known_until]
    new = set(fresh) - visits.opened_by(db, member.name, fresh)
    again = history.opened_again(db, [line.reference for line in listed if line.cycle])
    return [
        _shown(
            settings,
            line,
            member=member,
            since=again.get(line.reference, line.received_at),
            is_new=line.reference in new,
            trouble=stuck.get(line.id, ""),
            now=now,
        )
        for line in listed
    ]


def _shown(
    settings: Settings, line: Line, *, member: Member, since: datetime, is_new: bool, trouble: str, now: datetime
) -> Shown:
    """``since`` is when the report came in, or was opened again."""
    due = due_of(settings, line, since)
    return Shown(
        line=line,
        kind=kind_of(line.kind),
        place=words.place(settings, line.site, line.zone),
        waited=words.waited(since, now),
        due=due,
        overdue=due is not None and now > due,
        eta_over=line.state == "acknowledged" and line.eta_at is not None and now > line.eta_at,
        mine=line.taken_account == member.name,
        is_new=is_new,
        trouble=TROUBLE.get(trouble, ""),
    )


def due_of(settings: Settings, line: Line | Standing, since: datetime) -> datetime | None:
    if line.state != "open":
        return None
    return acknowledge_by(settings, site=line.site, severity=line.severity, received_at=since)
