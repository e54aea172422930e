"""Mail transmission page: undelivered mails, the relay and current troubles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template

from kiosk import clock
from kiosk.domain.roles import ALL_ROLES, READERS
from kiosk.domain.troubles import FoundTrouble
from kiosk.store.outbox.undelivered import Undelivered, undelivered
from kiosk.store.watch.health import Pulse, pulse
from kiosk.watch.troubles import troubles_now
from kiosk.web.shared import htmx
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access.permissions import current_member, for_roles, member_sites

LINES = 200  # mails on the page; `kiosk queue` lists all

blueprint = Blueprint("transmission", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmissionPage:
    """``lines``: undelivered mails, oldest first; ``names``: of audiences, by id.

    ``reads``: the relay's words, which may quote a mail, are shown to members who read reports.
    """

    pulse: Pulse
    troubles: Sequence[FoundTrouble]
    lines: Sequence[Undelivered]
    names: Mapping[str, str]
    now: datetime
    reads: bool

    def age(self, line: Undelivered) -> str:
        return clock.span(self.now - line.created_at, "jours")


@blueprint.get("/transmission")
@for_roles(*ALL_ROLES)
def overview() -> str:
    settings, now = current_settings(), clock.now()
    found = pulse(database(), settings, now)
    page = TransmissionPage(
        pulse=found,
        troubles=troubles_now(found, settings),
        lines=undelivered(database(), limit=LINES, sites=member_sites()),
        names={audience.id: audience.name for audience in settings.audiences},
        now=now,
        reads=current_member().role in READERS,
    )
    return render_template(
        "staff/_transmission.html" if htmx.wants_fragment() else "staff/transmission.html", page=page
    )
