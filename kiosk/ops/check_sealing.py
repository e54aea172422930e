"""What `kiosk check` says about the certificates that mails are encrypted and signed with."""

from collections.abc import Iterator
from datetime import datetime

from kiosk.config import Audience, Settings, When, all_certificates
from kiosk.errors import SettingsError
from kiosk.ops.problem import AMBER, RED, Problem

SOON = 60  # days


def sealing_problems(settings: Settings, now: datetime) -> Iterator[Problem]:
    try:
        certificates = list(all_certificates(settings))
    except SettingsError as error:
        yield Problem(RED, f"Mails leave without their content: {error}", "Put a readable file in its place.")
        return
    for name, certificate in certificates:
        days = (certificate.not_valid_after_utc - now).days
        if days < SOON:
            whose = f"of «{name}»" if name else "that signs mails"
            ends = f"ended {-days} days ago; it still encrypts" if days < 0 else f"ends in {days} days"
            yield Problem(RED if days < 0 else AMBER, f"The certificate {whose} {ends}.", "Have it renewed.")
    if open_ones := [audience.name for audience in settings.audiences if _reads_in_clear(audience)]:
        what = f"Mails wait unencrypted on this disk until the relay takes them, for: {', '.join(open_ones)}."
        yield Problem(AMBER, what, "Set certificate under [[audiences]] to the PEM file of each.")


def _reads_in_clear(audience: Audience) -> bool:
    told = audience.active and audience.when != When.NEVER and audience.address
    return bool(told) and audience.certificate is None
