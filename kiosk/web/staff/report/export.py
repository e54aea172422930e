"""Report export with its whole trace: a page to print, or a file that others can verify.

By POST, because the trace records the export.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import READERS
from kiosk.domain.trace_head import TraceHead
from kiosk.reporting.export import export
from kiosk.store.reports.stored_report import StoredReport
from kiosk.store.staff.accounts import Member
from kiosk.store.trace import of_report
from kiosk.store.trace.of_report import MailRecord
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.access.unlock import unlock_first
from kiosk.web.staff.report import opened_report
from kiosk.web.staff.report.forms import ExportForm
from kiosk.web.staff.report.opened_report import OpenedReport
from kiosk.web.staff.report.timeline import Entry
from kiosk.web.staff.shared import words
from kiosk.web.staff.shared.download import as_json_file

blueprint = Blueprint("export", __name__, url_prefix="/reports/<reference>/export")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """``head``: of the trace at export; ``digests``: of events, by number."""

    report: StoredReport
    opened: OpenedReport
    place: str
    mails: Sequence[MailRecord]
    entries: Sequence[Entry]
    digests: Mapping[int, str]
    head: TraceHead
    broken_event: int | None
    member: Member
    now: datetime


@blueprint.post("/file")
@permissions.for_roles(*READERS)
@takes(ExportForm)
@unlock_first("report.show")
def file(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    return as_json_file(_export(opened_report.open_with_key(report)), f"signalement-{report.reference}.json")


@blueprint.post("/page")
@permissions.for_roles(*READERS)
@takes(ExportForm)
@unlock_first("report.show")
def page(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    opened = opened_report.open_with_key(report)
    exported = _export(opened)
    return render_template("staff/export.html", page=_page_of(report, opened, exported))


def _page_of(report: StoredReport, opened: OpenedReport, exported: dict[str, Any]) -> ExportPage:
    trace = exported["trace"]
    return ExportPage(
        report=report,
        opened=opened,
        place=words.place(current_settings(), report.site, report.zone),
        mails=of_report.mails(database(), report.id),
        entries=opened_report.told_since(report)[::-1],
        digests={event["sequence"]: event["digest"] for event in exported["events"]},
        head=TraceHead(trace["sequence"], bytes.fromhex(trace["head"])),
        broken_event=trace["broken_event"],
        member=permissions.current_member(),
        now=clock.now(),
    )


def _export(opened: OpenedReport) -> dict[str, Any]:
    key_of = keyring.key_of() if opened.legible else None
    return export(database(), opened.facts, key_of, actor=permissions.acting(), now=clock.now())
