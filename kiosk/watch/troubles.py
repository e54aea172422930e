"""What is wrong with this kiosk now, as keys of ``kiosk.domain.troubles.PROBLEMS``."""

from datetime import timedelta

from kiosk import clock
from kiosk.config import Audience, Settings, When
from kiosk.domain.troubles import PROBLEMS, Trouble
from kiosk.store.watch.health import Pulse
from kiosk.watch.certificates import STAGES, ends_in_words, seal_codes

MEBIBYTE = 1024 * 1024
CERTIFICATE_SHORT = 14  # days


def problem_codes(pulse: Pulse, settings: Settings) -> tuple[str, ...]:
    """All that the people on duty can do something about."""
    found = {"certificate": ends_soon(pulse), "audience": bool(silent_audiences(settings))}
    return (*pulse_codes(pulse), *(code for code, wrong in found.items() if wrong), *seal_codes(settings, pulse.at))


def ends_soon(pulse: Pulse) -> bool:
    """The relay's certificate, early enough for whoever has to renew it."""
    return pulse.certificate_days is not None and pulse.certificate_days < CERTIFICATE_SHORT


def pulse_codes(pulse: Pulse) -> tuple[str, ...]:
    """What keeps mails from leaving, or reports from being kept: what turns /healthz red."""
    return tuple(f"relay_{pulse.relay}" if word == "relay" else word for word in pulse.problems)


def trouble(code: str, settings: Settings, pulse: Pulse) -> Trouble:
    return Trouble(PROBLEMS[code], detail_of(code, settings, pulse))


def detail_of(code: str, settings: Settings, pulse: Pulse) -> str:
    """The figures of a problem, in French; empty where there are none."""
    oldest = clock.span(timedelta(seconds=pulse.oldest_undelivered or 0), "jours")
    return {
        "late": f"{pulse.undelivered} en attente, le plus ancien depuis {oldest}",
        "held": f"{pulse.held} en tout",
        "relay_down": f"sa réponse : {pulse.relay_reply}",
        "relay_refused": f"sa réponse : {pulse.relay_reply}",
        "disk": f"{pulse.disk_free // MEBIBYTE} Mio libres",
        "certificate": f"dans {pulse.certificate_days} jours",
        "chain": f"événement {pulse.broken_event}",
        "audience": ", ".join(audience.name for audience in silent_audiences(settings)),
        **dict.fromkeys(STAGES, ends_in_words(settings)),
    }.get(code, "")


def silent_audiences(settings: Settings) -> list[Audience]:
    """Those who should be told and cannot be: no address."""
    if settings.demo:
        return []
    told = (audience for audience in settings.audiences if audience.active and audience.when != When.NEVER)
    return [audience for audience in told if not audience.address]
