"""Expiry of the certificates that encrypt or sign mails. An expired one still encrypts, but is red."""

from datetime import datetime, timedelta

from kiosk import clock
from kiosk.config import Settings, all_certificates
from kiosk.domain.troubles import FoundTrouble, Trouble
from kiosk.domain.troubles.running import SEAL_7, SEAL_30, SEAL_60, SEAL_BROKEN, SEAL_ENDED
from kiosk.errors import SettingsError

STAGES = {SEAL_ENDED: 0, SEAL_7: 7, SEAL_30: 30, SEAL_60: 60}  # days, the worst first


def seal_troubles(settings: Settings, now: datetime) -> list[FoundTrouble]:
    """Each certificate with the stage it has reached, by expiry."""
    try:
        ends = sorted((certificate.not_valid_after_utc, name) for name, certificate in all_certificates(settings))
    except SettingsError as error:
        return [SEAL_BROKEN.found(reason=error)]
    staged = ((_stage(end - now), name, end) for end, name in ends)
    return [stage.found(whose=_whose(name, end)) for stage, name, end in staged if stage]


def _stage(left: timedelta) -> Trouble | None:
    return next((trouble for trouble, days in STAGES.items() if left < timedelta(days=days)), None)


def _whose(name: str, end: datetime) -> str:
    """An empty name means the kiosk's own."""
    whose = f"celui de « {name} »" if name else "celui de la borne, qui signe"
    return f"{whose}, jusqu'au {clock.local(end):%d/%m/%Y}"
