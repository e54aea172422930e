"""The mail of `kiosk test-mail`."""

from datetime import datetime

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.domain.trace_head import TraceHead
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import Headers, Recipient, Stationery, kiosk_headers
from kiosk.mail.french import moment_words
from kiosk.mail.safe_text import all_legible


def test_headers(recipient: Recipient, stationery: Stationery, now: datetime, trace: TraceHead) -> Headers:
    identity = f"{clock.local(now):%Y%m%d-%H%M%S}-{now.microsecond:06}"
    words = "[ESSAI][SSI] Courriel d'essai de la borne de signalement"
    return kiosk_headers(recipient, stationery, now, trace, subject=words, identity=identity, purpose=Purpose.TEST)


def compose_test(
    stationery: Stationery, recipient: Recipient, now: datetime, *, version: str, trace: TraceHead
) -> Composed:
    recipient = all_legible(recipient)
    headers = test_headers(recipient, stationery, now, trace)
    context = {"recipient": recipient, "moment": moment_words(now), "version": version, "trace": trace}
    return compose_pair("test", context, headers, stationery, plain="Courriel d'essai : aucun incident n'est signalé.")
