"""Confirmation page of an act on a line: how many reports it concerns, and what speaks for a second look."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from kiosk.domain.severity import Severity
from kiosk.duty import line_acts
from kiosk.duty.decisions import Repeated
from kiosk.duty.line_acts import Concerned
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.reports.stored_report import StoredReport
from kiosk.store.staff import last_seen
from kiosk.web.shared.context import database
from kiosk.web.staff.access.one_time import lead_to
from kiosk.web.staff.access.permissions import acting
from kiosk.web.staff.report.line_forms import CloseLineForm, MarkLineForm

NAMED = 12  # references


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmLinePage:
    """``repeats``: reference of the report that the others repeat; it is not closed with them.

    Of the ``reports`` that the act changes: ``critical``, ``unopened`` by anybody, ``taken``: how many by whom.
    """

    report: StoredReport
    form: CloseLineForm | MarkLineForm
    act: str
    concerned: Concerned
    reports: Sequence[ReportStatus]
    critical: int
    unopened: int
    taken: Mapping[str, int]
    repeats: str

    @property
    def count(self) -> int:
        return len(self.reports)

    @property
    def named(self) -> Sequence[ReportStatus]:
        return self.reports[:NAMED]

    @property
    def keeps_repeated(self) -> bool:
        return self.count < len(self.concerned.reports)


def confirmation(
    report: StoredReport, form: CloseLineForm | MarkLineForm, act: str, repeats: Repeated | None = None
) -> ResponseReturnValue:
    """At an address of its own, so that a way back to it does not send the form again."""
    seen = form.seen_of(report.reference) or abort(400)
    concerned = line_acts.concerned(database(), seen)
    reports = [each for each in concerned.reports if not repeats or each.id != repeats.id]
    page = ConfirmLinePage(
        report=report,
        form=form,
        act=act,
        concerned=concerned,
        reports=reports,
        critical=sum(each.severity is Severity.CRITICAL for each in reports),
        unopened=len(reports) - len(last_seen.opened_by_anybody(database(), [each.reference for each in reports])),
        taken=Counter(_taker(each) for each in reports if each.taken_by),
        repeats=repeats.reference if repeats else "",
    )
    return lead_to(render_template("staff/line_confirm.html", page=page))


def _taker(report: ReportStatus) -> str:
    return "vous" if report.taken_account == acting().name else report.taken_by or ""
