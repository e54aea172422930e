"""System mails to the MSSI, about the kiosk itself."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from kiosk import clock
from kiosk.config import Audience, Role, Settings
from kiosk.duty.outgoing import deliveries_of
from kiosk.mail.envelope import Addressee
from kiosk.mail.system.system_mail import Content, SystemMail, compose_system_mail
from kiosk.store.base.connection import Database
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace import events


def kiosk_name(settings: Settings) -> str:
    """The terminal's name; the organisation's unless there is exactly one terminal."""
    terminals = [terminal.name for site in settings.sites for terminal in site.terminals]
    return terminals[0] if len(terminals) == 1 else settings.organisation.name


def mssi(settings: Settings) -> list[Audience]:
    return [audience for audience in settings.audiences if audience.role == Role.MSSI and audience.active]


def to_mssi(db: Database, settings: Settings, content: Content, now: datetime) -> list[NewDelivery]:
    """One mail for each MSSI audience with an address, to be queued."""
    mail = system_mail(db, settings, content, now)
    return addressed(settings, mail, [audience for audience in mssi(settings) if audience.address])


def system_mail(db: Database, settings: Settings, content: Content, now: datetime) -> SystemMail:
    return SystemMail(
        content=content,
        identity=_new_identity(now),
        name=kiosk_name(settings),
        organisation=settings.organisation.name,
        written_at=now,
        console_url=settings.mail.console_url,
        trace=events.head(db),
    )


def addressed(settings: Settings, mail: SystemMail, audiences: Sequence[Audience]) -> list[NewDelivery]:
    to = [Addressee.of(settings, audience) for audience in audiences]
    return deliveries_of(settings, compose_system_mail(mail, to), audiences, purpose=mail.content.purpose)


def _new_identity(now: datetime) -> str:
    """Random: kiosks that share a mail domain must not make the same Message-ID."""
    return f"{clock.local(now):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
