"""People on duty at each site of the signed-in member."""

from datetime import datetime
from typing import NamedTuple

from kiosk.duty.presence import OnDuty, on_duty
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import permissions


class SiteOnDuty(NamedTuple):
    site: str
    duty: OnDuty


def on_duty_here(now: datetime) -> list[SiteOnDuty]:
    settings = current_settings()
    here = [site for site in settings.sites if permissions.may_see(site.id)]
    return [SiteOnDuty(site.name, on_duty(settings, database(), site.id, now)) for site in here]
