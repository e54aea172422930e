"""SMTP verdicts: what an answer or a broken connection means for the mail, by phase.

| at                | 2xx       | 3xx or not SMTP | 4xx      | 5xx     | break     |
|-------------------|-----------|-----------------|----------|---------|-----------|
| mail, rcpt        | goes on   | deferred        | deferred | refused | deferred  |
| data              | deferred  | 354 goes on, else deferred | deferred | refused | deferred |
| body (too early)  | ambiguous | ambiguous; not SMTP: deferred | deferred | refused | deferred |
| dot               | sent      | ambiguous       | deferred | refused | ambiguous |

At mail, rcpt and data the codes in SIGN_IN_FIRST mean refused credentials instead of a refused mail.
"""

from kiosk.delivery.dialogue import Phase
from kiosk.delivery.relay_reply import Broken, RelayReply
from kiosk.errors import AuthenticationRefused, DeliveryError, MailAmbiguous, MailDeferred, MailRefused

SIGN_IN_FIRST = {530, 534, 535, 538}  # RFC 4954 section 6: about our credentials


def of_break(phase: Phase, broken: Broken) -> DeliveryError:
    return (MailAmbiguous if phase is Phase.DOT else MailDeferred)(phase, broken.what, str(broken))


def of_answer(phase: Phase, answer: RelayReply, words: str) -> DeliveryError:
    """Not for a 2xx to the final dot."""
    if answer.first_digit in (2, 3):
        return (MailAmbiguous if phase in (Phase.BODY, Phase.DOT) else MailDeferred)(phase, answer.status, words)
    if answer.first_digit == 4:
        return MailDeferred(phase, answer.status, words)
    if answer.code in SIGN_IN_FIRST and phase in (Phase.MAIL, Phase.RCPT, Phase.DATA):
        return AuthenticationRefused(phase, answer.status, words)
    return MailRefused(phase, answer.status, words)
