"""Mail about a report: rendered once, addressed to each recipient."""

import logging

from markupsafe import escape

from kiosk.discreet import traceback_of
from kiosk.domain.purposes import Purpose
from kiosk.mail import mime
from kiosk.mail.compose import Composed, alternative, put_together, with_plain_apostrophes
from kiosk.mail.envelope import Headers, Recipient, Stationery, thread_headers
from kiosk.mail.render import template, text_item
from kiosk.mail.report.facts import Facts
from kiosk.mail.report.fallback import fallback_parts
from kiosk.mail.report.payload import payload_text
from kiosk.mail.report.rows import rows_of
from kiosk.mail.safe_text import all_legible

logger = logging.getLogger(__name__)

WHY, ANSWERS = "\0", "\1"  # placeholders for the sentences that differ; in no legible text


def report_headers(facts: Facts, recipient: Recipient, stationery: Stationery) -> Headers:
    return thread_headers(facts, recipient, stationery, occasion=Purpose.REPORT, written=facts.received_at)


class Letter:
    """The mails about one report, rendered once; ``to`` addresses a copy.

    Neither raises: when a template fails, a plain mail is sent.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = all_legible(facts)
        self._failed = False
        self._text = self._html = ""
        self._attachment = mime.Entity({}, b"")
        try:
            self._render()
        except Exception as error:  # noqa: BLE001 - a report is sent even when its template fails
            self._failed = True
            logger.error("the mail of %s could not be composed\n%s", facts.reference, traceback_of(error))

    def to(self, recipient: Recipient, stationery: Stationery) -> Composed:
        recipient = all_legible(recipient)
        headers = report_headers(self._facts, recipient, stationery)
        told = (recipient.why, stationery.answers)
        parts = fallback_parts(self._facts, *told) if self._failed else self._parts(*told, headers)
        return put_together(headers, parts, stationery, fallback=self._failed)

    def _render(self) -> None:
        context = {"facts": self._facts, "sheet": rows_of(self._facts), "why": WHY, "answers": ANSWERS}
        self._text = template("mail/report.txt").render(context)
        self._html = with_plain_apostrophes(template("mail/report.html").render(context))
        name = f"incident-{self._facts.reference}.json"
        self._attachment = mime.attachment(payload_text(self._facts), "application/json", name)

    def _parts(self, why: str, answers: str, headers: Headers) -> list[mime.Entity]:
        text, html = self._text, self._html
        for mark, sentence in ((WHY, why), (ANSWERS, answers)):
            text = text.replace(mark, text_item(sentence))
            html = html.replace(mark, with_plain_apostrophes(str(escape(sentence))))
        return [alternative(text, html, headers["Message-ID"]), self._attachment]


def compose_report(facts: Facts, recipient: Recipient, stationery: Stationery) -> Composed:
    return Letter(facts).to(recipient, stationery)
