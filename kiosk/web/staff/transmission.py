"""Is everything on its way, and if not, what is in the way?"""

from flask import Blueprint, render_template

from kiosk import clock
from kiosk.domain.roles import ALL_ROLES
from kiosk.store.outbox import deliveries
from kiosk.store.watch.health import pulse
from kiosk.watch.troubles import troubles_now
from kiosk.web.shared import htmx
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access.permissions import for_roles, member_sites

LINES = 200  # of the queue on one page; `kiosk queue` lists all

blueprint = Blueprint("transmission", __name__)


@blueprint.get("/transmission")
@for_roles(*ALL_ROLES)
def overview() -> str:
    settings, now = current_settings(), clock.now()
    found = pulse(database(), settings, now)
    template = "staff/_transmission.html" if htmx.wants_fragment() else "staff/transmission.html"
    return render_template(
        template,
        pulse=found,
        troubles=troubles_now(found, settings),
        lines=deliveries.undelivered(database(), limit=LINES, sites=member_sites()),
        names={audience.id: audience.name for audience in settings.audiences},
        age=lambda moment: clock.span(now - moment, "jours"),
        checked_at=now,
    )
