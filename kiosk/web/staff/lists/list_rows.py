"""Report row of a list: kind, place, waiting time and marks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk.config import Settings
from kiosk.domain.catalogue import Kind, kind_of
from kiosk.domain.delivery_states import DeliveryState
from kiosk.domain.handling import ReportState
from kiosk.domain.roles import ACTORS, COUNTERS
from kiosk.duty.calendar import acknowledge_by
from kiosk.store.base.connection import Database
from kiosk.store.reports import report_lists
from kiosk.store.reports.report_lists import ListedReport
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.staff import last_seen
from kiosk.store.staff.accounts import Member
from kiosk.store.trace import of_report
from kiosk.store.watch.health import LATE_AFTER
from kiosk.web.staff.shared import words

TROUBLE = {"held": f"Courriel {DeliveryState.HELD.french}", "late": f"Courriel {DeliveryState.QUEUED.french}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """``due``: latest time to acknowledge; ``eta_over``: the promised time has passed; ``added``: the reporter added
    something unread; ``deadline``: of the 72 hours, for COUNTERS; ``may_act``: the member may acknowledge.
    """

    line: ListedReport
    kind: Kind
    place: str
    waited: str
    due: datetime | None
    overdue: bool
    eta_over: bool
    mine: bool
    is_new: bool
    added: bool
    trouble: str
    deadline: datetime | None
    may_act: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """``stuck``: by report id; the others by reference."""

    new: Collection[str]
    added: Collection[str]
    again: Mapping[str, datetime]
    stuck: Mapping[int, str]


def shown(
    db: Database, settings: Settings, lines: Iterable[ListedReport], *, member: Member, known_until: int, now: datetime
) -> list[ListRow]:
    """``known_until``: id of the last report before the member's visit."""
    listed = list(lines)
    marks = _marks(db, listed, member=member, known_until=known_until, now=now)
    return [_shown(settings, line, marks, member=member, now=now) for line in listed]


def _marks(db: Database, listed: Sequence[ListedReport], *, member: Member, known_until: int, now: datetime) -> Marks:
    fresh = [line.reference for line in listed if line.id > known_until]
    return Marks(
        new=set(fresh) - last_seen.opened_by(db, member.name, fresh),
        added=last_seen.added_since(db, member.name, [line.reference for line in listed]),
        again=of_report.opened_again(db, [line.reference for line in listed if line.cycle]),
        stuck=report_lists.stuck(db, [line.id for line in listed], now - LATE_AFTER),
    )


def _shown(settings: Settings, line: ListedReport, marks: Marks, *, member: Member, now: datetime) -> ListRow:
    since = marks.again.get(line.reference, line.received_at)
    due = due_of(settings, line, since)
    return ListRow(
        line=line,
        kind=kind_of(line.kind),
        place=words.place(settings, line.site, line.zone),
        waited=words.waited(since, now),
        due=due,
        overdue=due is not None and now > due,
        eta_over=line.state == ReportState.ACKNOWLEDGED and line.eta_at is not None and now > line.eta_at,
        mine=line.taken_account == member.name,
        is_new=line.reference in marks.new,
        added=line.reference in marks.added,
        trouble=TROUBLE.get(marks.stuck.get(line.id, ""), ""),
        deadline=line.deadline_at if member.role in COUNTERS and line.state != ReportState.CLOSED else None,
        may_act=member.role in ACTORS,
    )


def due_of(settings: Settings, line: ListedReport | ReportStatus, since: datetime) -> datetime | None:
    if line.state != ReportState.OPEN:
        return None
    return acknowledge_by(settings, site=line.site, severity=line.severity, received_at=since)
