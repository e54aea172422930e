"""Current troubles, with their figures."""

from collections.abc import Iterator
from datetime import timedelta

from kiosk import clock
from kiosk.config import Audience, Settings, When
from kiosk.domain import disk_room
from kiosk.domain.troubles import FoundTrouble
from kiosk.domain.troubles.running import AUDIENCE, CERTIFICATE, DISK_FILLING
from kiosk.mail.safe_text import shown
from kiosk.store.watch.health import Pulse
from kiosk.watch.certificates import seal_troubles

CERTIFICATE_SHORT = 14  # days


def troubles_now(pulse: Pulse, settings: Settings) -> list[FoundTrouble]:
    """All that mails and the console tell; `kiosk check` finds more."""
    return [*pulse_troubles(pulse), *_notice_in_time(pulse, settings), *seal_troubles(settings, pulse.at)]


def pulse_troubles(pulse: Pulse) -> Iterator[FoundTrouble]:
    silent = pulse.forwarder_silent_for
    figures = {
        "silent": "aucun signe de vie" if silent is None else f"aucun signe de vie depuis {silent} s",
        "waiting": pulse.undelivered,
        "oldest": clock.span(timedelta(seconds=pulse.oldest_undelivered or 0), "jours"),
        "first": f" ; {pulse.oldest.french}" if pulse.oldest else "",
        "held": pulse.held,
        "refused": ", ".join(mail.french for mail in pulse.refused),
        "reply": pulse.relay_reply,
        "owed": pulse.relay_silent_for,
        "room": pulse.disk.french,
        "event": pulse.broken_event,
        "reference": shown(pulse.altered),
        "rows": shown(pulse.unrecorded),
        "what": shown(pulse.structure),
        "damage": pulse.damage,
        "wrong": _wrong(pulse.clock_off_by),
    }
    for trouble in pulse.troubles:
        yield trouble.found(**figures)


def _wrong(off_by: int) -> str:
    length = clock.span(timedelta(seconds=off_by), "jours")
    return f"elle avance de {length}" if off_by > 0 else f"elle retarde de {length}"


def _notice_in_time(pulse: Pulse, settings: Settings) -> Iterator[FoundTrouble]:
    if disk_room.NEAR <= pulse.disk.reports < disk_room.EARLY:
        yield DISK_FILLING.found(room=pulse.disk.french)
    if pulse.certificate_days is not None and pulse.certificate_days < CERTIFICATE_SHORT:
        yield CERTIFICATE.found(days=pulse.certificate_days)
    if silent := silent_audiences(settings):
        yield AUDIENCE.found(who=", ".join(_named(audience) for audience in silent))


def _named(audience: Audience) -> str:
    when = ", lors des relances" if audience.when == When.ESCALATION else ""
    return f'{audience.name} (id = "{audience.id}"{when})'


def silent_audiences(settings: Settings) -> list[Audience]:
    """Audiences that should be told but have no address."""
    told = (audience for audience in settings.audiences if audience.active and audience.when != When.NEVER)
    return [audience for audience in told if not audience.address]
