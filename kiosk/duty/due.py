"""By when somebody must have answered, and by when who answered says to be there. Always computed, never stored."""

from datetime import datetime

from kiosk.config import Settings
from kiosk.config.duty import Minutes
from kiosk.domain.severity import Severity
from kiosk.duty.calendar import after_business_time, calendar_of


def acknowledge_by(settings: Settings, *, site: str, severity: Severity, received_at: datetime) -> datetime:
    """In UTC. Somebody has to acknowledge by then, or the next in line is told."""
    return _after(settings, settings.duty.acknowledge, site, severity, received_at)


def next_step_at(settings: Settings, *, site: str, severity: Severity, told_at: datetime) -> datetime:
    """In UTC. Whoever was told at ``told_at`` has until then, before the next in line is."""
    return _after(settings, settings.duty.step, site, severity, told_at)


def _after(settings: Settings, minutes: Minutes, site: str, severity: Severity, start: datetime) -> datetime:
    span = minutes.of(severity)
    if severity in settings.duty.round_the_clock:
        return start + span
    return after_business_time(calendar_of(settings, site), start, span)
