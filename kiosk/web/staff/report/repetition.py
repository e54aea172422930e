"""Repetitions: which report a duplicate repeats, as the closing form names it, and where pages show it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kiosk.domain.handling import Outcome, ReportState
from kiosk.domain.reference import parse
from kiosk.duty.decisions import Repeated
from kiosk.store.reports import line_members, repetitions, report_status
from kiosk.store.reports.report_status import ReportStatus
from kiosk.web.shared.context import database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.report.forms import CloseForm
from kiosk.web.staff.report.timeline import ReportLink

NAMED = 10  # repetitions on a report's page


@dataclass(frozen=True, slots=True)
class Repetition:
    """``repeats``: what this report repeats; ``by``: those that repeat it, NAMED at most, then ``more``."""

    repeats: ReportLink | None
    by: Sequence[ReportLink]
    more: bool


def repetition_of(status: ReportStatus) -> Repetition:
    by = line_members.repeated_by(database(), status.id, NAMED + 1)
    repeats = _link(*line_members.reference_of(database(), status.repeats)) if status.repeats else None
    return Repetition(repeats, [_link(one.reference, one.site) for one in by[:NAMED]], len(by) > NAMED)


def links(references: Iterable[str]) -> tuple[ReportLink, ...]:
    found = ((reference, report_status.find(database(), reference)) for reference in references)
    return tuple(_link(reference, report.site) for reference, report in found if report)


def repeated_by_form(form: CloseForm, report: ReportStatus | None) -> Repeated | None:
    """What is typed counts before what was chosen. A reference that cannot be meant becomes an error of the form.

    ``report``: what is closed; None for a line, of which the repeated report may be a member.
    """
    typed = form.repeats_typed.data or form.repeats.data
    if form.outcome.data is not Outcome.DUPLICATE or not typed:
        return None
    reference = parse(typed, length=9)
    found = report_status.find(database(), reference) if reference else None
    if found is None or not permissions.may_see(found.site):
        form.repeats_typed.errors = ["Aucun signalement de vos sites n'a cette référence."]
    elif objection := _objection(found, report):
        form.repeats_typed.errors = [objection]
    else:
        return Repeated(found.id, found.reference)
    return None


def _objection(found: ReportStatus, report: ReportStatus | None) -> str:
    """Of reports that repeat each other one must stay open: whatever leads to an open one is not repeated itself."""
    if report and found.id == report.id:
        return "C'est la référence de ce signalement : donnez celle du premier."
    if found.hidden_as:
        return "Ce signalement est masqué : donnez la référence d'un autre, ou affichez-le d'abord de nouveau."
    *_, last = repetitions.followed(database(), found.id)
    if report and last == report.id:
        return "Ce signalement est déjà clos comme répétition de celui-ci : donnez-en un autre."
    reference, site = line_members.reference_of(database(), last)
    is_open = report_status.get(database(), reference).state is not ReportState.CLOSED
    if last != found.id and is_open and permissions.may_see(site):
        return f"Ce signalement est lui-même clos comme répétition de {reference} : donnez plutôt cette référence."
    return ""


def _link(reference: str, site: str) -> ReportLink:
    return ReportLink(reference, permissions.may_see(site))
