"""SMTP verdicts: what an answer or a broken connection means for the mail, by phase.

| at                | 2xx       | 3xx or not SMTP | 4xx      | 5xx     | break     |
|-------------------|-----------|-----------------|----------|---------|-----------|
| mail, rcpt        | goes on   | deferred        | deferred | refused | deferred  |
| data              | deferred  | 354 goes on, else deferred | deferred | refused | deferred |
| body (too early)  | ambiguous | ambiguous; not SMTP: deferred | deferred | refused | deferred |
| dot               | sent      | ambiguous       | deferred | refused | ambiguous |

At mail, rcpt and data the codes in SIGN_IN_FIRST mean refused credentials instead of a refused mail. A refused mail is
held; ``held_for`` says for whose reason.
"""

from kiosk.delivery.dialogue import Phase
from kiosk.delivery.relay_reply import Broken, RelayReply
from kiosk.domain.delivery_states import HeldFor
from kiosk.errors import AuthenticationRefused, DeliveryError, MailAmbiguous, MailDeferred, MailRefused

SIGN_IN_FIRST = {530, 534, 535, 538}  # RFC 4954 section 6: about our credentials


ABOUT_THE_SENDER = {"5.1.7", "5.1.8"}
ABOUT_THE_BYTES = {"5.2.3", "5.3.4"}  # too large; and all of 5.6


def held_for(refused: MailRefused) -> HeldFor:
    """By the enhanced status (RFC 3463). What we refuse ourselves, before the relay is asked, has no code."""
    code, _, status = refused.reply.partition(" ")
    if not code.isdecimal() or status in ABOUT_THE_BYTES or status.startswith("5.6."):
        return HeldFor.MAIL
    about_the_sender = refused.phase == Phase.MAIL or status in ABOUT_THE_SENDER
    if status.startswith("5.1.") and not about_the_sender:
        return HeldFor.ADDRESS
    return HeldFor.RELAY


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
