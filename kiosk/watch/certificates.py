"""When the certificates end that mails are encrypted or signed with. An expired one still encrypts, and is red."""

from datetime import datetime, timedelta

from kiosk import clock
from kiosk.config import Settings, all_certificates
from kiosk.errors import SettingsError

# Each stage is told once when it begins; the earlier ones stay as they are.
STAGES = {"seal_ended": 0, "seal_7": 7, "seal_30": 30, "seal_60": 60}  # days
BROKEN = "seal_broken"


def seal_codes(settings: Settings, now: datetime) -> tuple[str, ...]:
    try:
        first = ends_first(settings)
    except SettingsError:
        return (BROKEN,)
    if first is None:
        return ()
    return tuple(code for code, days in STAGES.items() if first[1] - now < timedelta(days=days))


def ends_first(settings: Settings) -> tuple[str, datetime] | None:
    """Whose certificate, and when; the name is empty for the kiosk's own. Raises SettingsError for an unusable one."""
    ends = ((name, certificate.not_valid_after_utc) for name, certificate in all_certificates(settings))
    return min(ends, key=lambda each: each[1], default=None)


def ends_in_words(settings: Settings) -> str:
    """Whose and when, in French; empty where nothing can be said."""
    try:
        first = ends_first(settings)
    except SettingsError:
        return ""
    if first is None:
        return ""
    name, end = first
    whose = f"celui de « {name} »" if name else "celui de la borne, qui signe"
    return f"{whose}, jusqu'au {clock.local(end):%d/%m/%Y}"
