"""Report row of a list: kind, place, waiting time and marks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.config import Settings
from kiosk.domain.catalogue import Kind, kind_of
from kiosk.domain.delivery_states import DeliveryState
from kiosk.domain.handling import ReportState
from kiosk.domain.roles import ACTORS, COUNTERS
from kiosk.duty.calendar import acknowledge_by
from kiosk.store.base.connection import Database
from kiosk.store.reports import report_lists
from kiosk.store.reports.folded_lists import ReportLine
from kiosk.store.reports.report_lists import ListedReport
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.staff import last_seen
from kiosk.store.staff.accounts import Member
from kiosk.store.trace import of_report
from kiosk.store.watch.health import LATE_AFTER
from kiosk.web.staff.shared import words

TROUBLE = {"held": f"Courriel {DeliveryState.HELD.french}", "late": f"Courriel {DeliveryState.QUEUED.french}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Similar reports under one row: ``rows`` are those shown when it is opened, ``count`` all of the list.

    ``open`` and ``taken``: how many of the whole line an act on it finds so; ``open_here`` and ``taken_here``: of those
    of the list. ``takers``: who has some of these, the member as "vous". ``first_at``, ``last_at``: receipt.
    """

    rows: Sequence["ListRow"]
    count: int
    open: int
    taken: int
    open_here: int
    taken_here: int
    takers: Sequence[str]
    first_at: datetime
    last_at: datetime

    @property
    def closed_here(self) -> int:
        return self.count - self.open_here - self.taken_here

    @property
    def mixed(self) -> bool:
        return self.count not in (self.open_here, self.taken_here, self.closed_here)

    @property
    def open_elsewhere(self) -> int:
        return self.open - self.open_here

    @property
    def taken_elsewhere(self) -> int:
        return self.taken - self.taken_here


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """``due``: latest time to acknowledge; ``eta_over``: the promised time has passed; ``added``: the reporter added
    something unread; ``deadline``: of the 72 hours, for COUNTERS; ``may_act``: the member may acknowledge.

    ``fold``: of several similar reports, about all of which the row tells; ``line`` is the worst, then the oldest.
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
    fold: Fold | None = None

    @property
    def line_address(self) -> str:
        """Page that lists the whole line; for a hidden report, what is hidden of it."""
        return f"/lines/{self.line.reference}{'?state=hidden' if self.line.hidden_as else ''}"


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


def folded(
    db: Database, settings: Settings, lines: Sequence[ReportLine], *, member: Member, known_until: int, now: datetime
) -> list[ListRow]:
    """One row for each line."""
    every = [report for line in lines for report in line.shown]
    rows = iter(shown(db, settings, every, member=member, known_until=known_until, now=now))
    added = last_seen.added_since(db, member.name, [reference for line in lines for reference in line.added])
    together = [[next(rows) for _ in line.shown] for line in lines]
    return [
        _folded(line, own, me=member.name, is_new=line.newest > known_until, added=bool(added.intersection(line.added)))
        for line, own in zip(lines, together, strict=True)
    ]


def _folded(line: ReportLine, rows: Sequence[ListRow], *, me: str, is_new: bool, added: bool) -> ListRow:
    """``is_new`` counts for reports that are not shown; the others know whether the member has opened them."""
    head = rows[0]
    fold = _fold(line, rows, me)
    if line.count == 1 and not fold.open_elsewhere and not fold.taken_elsewhere:
        return head
    due = min((row.due for row in rows if row.due), default=None)
    return replace(
        head,
        due=due,
        overdue=any(row.overdue for row in rows),
        eta_over=any(row.eta_over for row in rows),
        mine=fold.takers == ("vous",),
        is_new=any(row.is_new for row in rows) or (is_new and line.count > len(rows)),
        added=added,
        trouble=next((row.trouble for row in rows if row.trouble), ""),
        deadline=min((row.deadline for row in rows if row.deadline), default=None),
        fold=fold,
    )


def _fold(line: ReportLine, rows: Sequence[ListRow], me: str) -> Fold:
    others = tuple(name for account, name in line.takers if account != me)
    return Fold(
        rows=rows,
        count=line.count,
        open=line.open,
        taken=line.taken,
        open_here=line.open_here,
        taken_here=line.taken_here,
        takers=("vous", *others) if len(others) < len(line.takers) else others,
        first_at=line.first_at,
        last_at=line.last_at,
    )


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
