"""What is wrong with this kiosk now, as keys of ``kiosk.mail.problems.PROBLEMS``."""

from kiosk.config import Audience, Settings, When
from kiosk.store.health import Pulse


def problem_codes(pulse: Pulse, settings: Settings) -> tuple[str, ...]:
    """All that the people on duty can do something about."""
    return (*pulse_codes(pulse), *(["audience"] if silent_audiences(settings) else []))


def pulse_codes(pulse: Pulse) -> tuple[str, ...]:
    """What keeps mails from leaving, or reports from being kept: what turns /healthz red."""
    return tuple(f"relay_{pulse.relay}" if word == "relay" else word for word in pulse.problems)


def silent_audiences(settings: Settings) -> list[Audience]:
    """Those who should be told and cannot be: no address."""
    if settings.demo:
        return []
    told = (audience for audience in settings.audiences if audience.active and audience.when != When.NEVER)
    return [audience for audience in told if not audience.address]
