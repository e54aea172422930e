"""Mail about a report, composed once for all its recipients."""

import logging
from collections.abc import Sequence

from kiosk.discreet import traceback_of
from kiosk.domain.purposes import Purpose
from kiosk.mail import mime
from kiosk.mail.compose import Composed, addressed, alternative, with_plain_apostrophes
from kiosk.mail.envelope import Addressee, Headers, thread_headers
from kiosk.mail.render import template
from kiosk.mail.report.facts import Facts
from kiosk.mail.report.fallback import fallback_parts
from kiosk.mail.report.payload import payload_text
from kiosk.mail.report.rows import rows_of
from kiosk.mail.safe_text import all_legible

logger = logging.getLogger(__name__)


def report_headers(facts: Facts, to: Addressee) -> Headers:
    recipient, stationery = all_legible(to.recipient), to.stationery
    return thread_headers(facts, recipient, stationery, occasion=Purpose.REPORT, written=facts.received_at)


def compose_report(facts: Facts, to: Sequence[Addressee]) -> list[Composed]:
    """One mail for each in ``to``. Never raises: when a template fails, a plain mail is sent."""
    if not to:
        return []
    facts, answers = all_legible(facts), to[0].stationery.answers
    identity = f"{facts.reference} {Purpose.REPORT}"
    headed = [(report_headers(facts, each), each) for each in to]
    try:
        parts = _parts(facts, answers, identity)
    except Exception as error:  # noqa: BLE001 - a report is sent even when its template fails
        logger.error("the mail of %s could not be composed\n%s", facts.reference, traceback_of(error))
        return addressed(headed, fallback_parts(facts, answers), identity=identity, fallback=True)
    return addressed(headed, parts, identity=identity)


def _parts(facts: Facts, answers: str, identity: str) -> list[mime.Entity]:
    context = {"facts": facts, "sheet": rows_of(facts), "answers": answers}
    text = template("mail/report.txt").render(context)
    html = with_plain_apostrophes(template("mail/report.html").render(context))
    name = f"incident-{facts.reference}.json"
    attachment = mime.attachment(payload_text(facts), "application/json", name)
    return [alternative(text, html, identity), attachment]
