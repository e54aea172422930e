"""What the daily mail and the alarms have in common: they go to the MSSI and speak of the kiosk itself."""

import secrets
from collections.abc import Callable
from datetime import datetime

from kiosk import clock
from kiosk.config import Audience, Role, Settings
from kiosk.domain.purposes import Purpose
from kiosk.duty.audiences import writable
from kiosk.mail.compose import Composed
from kiosk.mail.envelope import Recipient, Stationery
from kiosk.store.outbox.deliveries import NewDelivery

Compose = Callable[[Recipient, Stationery], Composed]


def kiosk_name(settings: Settings) -> str:
    """The terminal's, or the organisation's where one server serves several."""
    terminals = [terminal.name for site in settings.sites for terminal in site.terminals]
    return terminals[0] if len(terminals) == 1 else settings.organisation.name


def mssi(settings: Settings) -> list[Audience]:
    return [audience for audience in settings.audiences if audience.role == Role.MSSI and audience.active]


def to_mssi(settings: Settings, compose: Compose, *, purpose: Purpose, why: str) -> list[NewDelivery]:
    """One for each that can be written to."""
    found = []
    for audience in mssi(settings):
        if writable(audience, demo=settings.demo):
            recipient = Recipient(audience.id, audience.name, f"Vous recevez ce courriel parce que {why}.")
            mail = compose(recipient, Stationery.of(settings, audience))
            found.append(NewDelivery(audience.id, mail.message_id, mail.body, purpose=purpose))
    return found


def new_identity(now: datetime) -> str:
    """Several kiosks may share a mail domain, and no mailbox may take one's mail for another's copy."""
    return f"{clock.local(now):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
