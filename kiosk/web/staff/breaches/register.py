"""Breach register (GDPR art. 33(5)): every personal-data breach, notified or not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.breaches import cnil_form, decision
from kiosk.breaches.downloads import RegisterLine, as_csv
from kiosk.breaches.draft import draft_of
from kiosk.domain.catalogue import kind_of
from kiosk.domain.roles import DECIDERS
from kiosk.errors import StoreError
from kiosk.mail.french import clock_remark
from kiosk.store.reports import breach_register, breaches, stored_report
from kiosk.store.reports.breaches import Breach
from kiosk.store.watch import clock_marks
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.permissions import acting
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.access.unlock import unlock_first
from kiosk.web.staff.breaches.forms import RegisterExportForm
from kiosk.web.staff.report import opened_report
from kiosk.web.staff.shared import words
from kiosk.web.staff.shared.download import as_file

STATES = {"undecided": "à décider", "decided": "décidées", "all": "toutes"}
SHOWN = 200  # rows on the page; the CSV file has all

blueprint = Blueprint("register", __name__, url_prefix="/breaches")


class RegisterRow(NamedTuple):
    breach: Breach
    place: str
    state: str
    clock_remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPage:
    """``state``: a code of STATES."""

    rows: Sequence[RegisterRow]
    more: bool
    state: str
    now: datetime

    @property
    def states(self) -> dict[str, str]:
        return STATES


@blueprint.get("")
@permissions.for_roles(*DECIDERS)
def show() -> ResponseReturnValue:
    state = request.args.get("state", "all")
    state = state if state in STATES else "all"
    found, now = _found(state, limit=SHOWN + 1), clock.now()
    rows = [_row(breach, now) for breach in found[:SHOWN]]
    page = RegisterPage(rows=rows, more=len(found) > SHOWN, state=state, now=now)
    return render_template("staff/breaches.html", page=page)


@blueprint.post("/csv")
@permissions.for_roles(*DECIDERS)
@takes(RegisterExportForm)
@unlock_first("register.show")
def file() -> ResponseReturnValue:
    """By POST, because the trace records the export."""
    lines = list(_lines(_found("all")))
    breaches.record_export(database(), None, what="register", actor=acting().name, now=clock.now())
    return as_file(as_csv(lines), "text/csv; charset=utf-8", "registre-des-violations.csv")


def _found(state: str, *, limit: int | None = None) -> list[Breach]:
    return breach_register.find(database(), sites=permissions.member_sites(), state=state, limit=limit)


def _row(breach: Breach, now: datetime) -> RegisterRow:
    return RegisterRow(breach, _place(breach), decision.state_words(breach, now), _clock_remark(breach))


def _clock_remark(breach: Breach) -> str:
    return clock_remark(breach.aware_at, clock_marks.step_of(database(), breach.reference))


def _place(breach: Breach) -> str:
    report = stored_report.find(database(), breach.reference)
    title = kind_of(report.kind).title if report else ""
    return f"{title} · {words.place(current_settings(), breach.site, report.zone if report else None)}"


def _lines(found: list[Breach]) -> Iterator[RegisterLine]:
    key_of = keyring.key_of()
    for breach in found:
        report = stored_report.find(database(), breach.reference)
        if report is None:
            continue
        try:
            told = breaches.details(database(), breach, key_of)
            told = told or draft_of(opened_report.open_with_key(report).facts)
        except StoreError:
            told = cnil_form.accepted({})
        site = words.place(current_settings(), breach.site, report.zone)
        title = kind_of(report.kind).title
        remark = _clock_remark(breach)
        yield RegisterLine(
            breach=breach, site=site, kind=title, aware_at=report.aware_at, clock_remark=remark, told=told
        )
