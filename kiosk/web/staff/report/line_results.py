"""Result of an act on a line: read from what is stored, so that an address by itself claims nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for

from kiosk.duty import line_acts
from kiosk.duty.line_acts import Seen
from kiosk.store.reports import line_members
from kiosk.web.shared.context import database
from kiosk.web.staff.access.permissions import acting
from kiosk.web.staff.report import repetition
from kiosk.web.staff.report.timeline import ReportLink

LEFT_NAMED = 10  # references of those that were left as they are

# By code: of one report and of several, and the event of each.
RESULTS = {
    "taken": ("pris en charge", "pris en charge", "report_acknowledged"),
    "closed": ("clos", "clos", "report_closed"),
    "hidden": ("masqué", "masqués", "report_marked"),
}


@dataclass(frozen=True, slots=True)
class LineResult:
    """``done``: reports that the member acted on so since the page was opened, by a double press too.

    ``left``: what came or changed since and was left as it is, LEFT_NAMED at most, and how many ``others``.
    """

    word: str
    done: int
    left: Sequence[ReportLink]
    others: int


def address(seen: Seen, result: str) -> str:
    return url_for("line.show", reference=seen.reference, result=result, since=seen.event)


def from_request(reference: str) -> LineResult | None:
    result, since = request.args.get("result", ""), request.args.get("since", "")
    if result not in RESULTS or not (since.isascii() and since.isdecimal() and len(since) < 16):
        return None
    one, several, action = RESULTS[result]
    seen = Seen(reference, int(since))
    done = line_members.done_since(database(), reference, seen.event, actor=acting().name, action=action)
    left = [each.reference for each in line_acts.concerned(database(), seen).changed if each.reference not in done]
    links = repetition.links(left[:LEFT_NAMED])
    return LineResult(several if len(done) > 1 else one, len(done), links, len(left) - len(links))
