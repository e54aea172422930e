"""Composed mails as deliveries for the outbox."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from kiosk.config import Audience, Settings
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.mail.compose import Composed
from kiosk.store.outbox.deliveries import NewDelivery


def deliveries_of(
    settings: Settings,
    mails: Iterable[Composed],
    audiences: Sequence[Audience],
    *,
    purpose: Purpose = Purpose.REPORT,
    only_while: OnlyWhile | None = None,
    not_after: datetime | None = None,
) -> list[NewDelivery]:
    """One for each audience, in the order of its mail."""
    alone = settings.mail.alone_per_hour
    return [
        NewDelivery(audience.id, mail.message_id, mail.body, purpose, only_while, not_after, mail.head, alone)
        for audience, mail in zip(audiences, mails, strict=True)
    ]
