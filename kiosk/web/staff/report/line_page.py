"""Line page: similar reports together, with what can be done about all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.catalogue import Kind, kind_of
from kiosk.domain.handling import Eta, Outcome, ReportState
from kiosk.domain.roles import ACTORS, READERS
from kiosk.domain.severity import Severity
from kiosk.store.reports import line_members, report_lists
from kiosk.store.reports.line_members import LineCount, MemberPlace
from kiosk.store.reports.report_lists import ListedReport, View
from kiosk.store.reports.stored_report import StoredReport
from kiosk.store.staff import last_seen
from kiosk.store.staff.accounts import Member
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.lists import filters, list_rows
from kiosk.web.staff.lists.list_rows import ListRow
from kiosk.web.staff.report import line_results, opened_report
from kiosk.web.staff.report.line_forms import CloseLineForm, MarkLineForm, TakeLineForm
from kiosk.web.staff.report.line_results import LineResult
from kiosk.web.staff.shared import words

SHOWN = 200  # reports
blueprint = Blueprint("line", __name__, url_prefix="/lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineForms:
    take: TakeLineForm = field(default_factory=TakeLineForm)
    close: CloseLineForm = field(default_factory=lambda: CloseLineForm(data={"outcome": Outcome.RESOLVED}))
    mark: MarkLineForm = field(default_factory=MarkLineForm)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePage:
    """``seen``: number of the newest event that the page knows. ``candidates``: what the reports may repeat.

    ``hidden``: it lists those that are hidden, else the others. ``before``, ``after``: where this page of the list
    starts, None on the first, and the next one, None on the last.
    """

    report: StoredReport
    place: str
    rows: Sequence[ListRow]
    hidden: bool
    before: MemberPlace | None
    after: MemberPlace | None
    count: LineCount
    candidates: Sequence[ListedReport]
    forms: LineForms
    seen: int
    member: Member
    now: datetime
    result: LineResult | None

    @property
    def kind(self) -> Kind:
        return kind_of(self.report.kind)

    @property
    def severity(self) -> Severity:
        """The highest of what is to be done, else of all."""
        return self.count.worst or self.report.severity

    @property
    def listed(self) -> int:
        """Reports on all pages of the list."""
        return self.count.hidden if self.hidden else self.count.every

    @property
    def to_do(self) -> int:
        return self.count.open + self.count.taken

    @property
    def may_act(self) -> bool:
        return self.member.role in ACTORS

    @property
    def etas(self) -> list[Eta]:
        return list(Eta)


@blueprint.get("/<reference>")
@permissions.for_roles(*READERS)
def show(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    if report.reference != reference:
        return redirect(url_for("line.show", reference=report.reference), 301)
    return page(report)


def page(report: StoredReport, forms: LineForms | None = None) -> str:
    db, settings, now = database(), current_settings(), clock.now()
    seen = report_lists.stamp(db)  # before the reads below: what comes meanwhile was not seen
    member, count, before = permissions.current_member(), line_members.counted(db, report.reference), _place()
    hidden = request.args.get("state") == View.HIDDEN or not count.every
    listed = line_members.listed(db, report.reference, SHOWN + 1, before, hidden=hidden)
    known = last_seen.before_this_visit(db, member.id)
    shown = LinePage(
        report=report,
        place=words.place(settings, report.site, report.zone),
        rows=list_rows.shown(db, settings, listed[:SHOWN], member=member, known_until=known, now=now),
        hidden=hidden,
        before=before,
        after=_place_of(listed[SHOWN - 1]) if len(listed) > SHOWN else None,
        count=count,
        candidates=line_members.oldest(db, report.reference, line_members.OFFERED),
        forms=forms or LineForms(),
        seen=seen,
        member=member,
        now=now,
        result=line_results.from_request(report.reference),
    )
    return render_template("staff/line.html", page=shown)


def _place() -> MemberPlace | None:
    """Keyset position after which the page starts: ``after=<0, or 1 for closed>-<report id>``."""
    found = filters.place_from_request()
    return MemberPlace(found.lane, found.line) if found else None


def _place_of(last: ListedReport) -> MemberPlace:
    return MemberPlace(int(last.state == ReportState.CLOSED), last.id)
