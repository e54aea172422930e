"""What `kiosk check` finds in the settings: audiences, sites, mail, certificates, retention, secrets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kiosk.config import Audience, Role, Security, Settings, When, all_certificates
from kiosk.config.audiences import MSSI_ADDRESS
from kiosk.domain.catalogue import KINDS
from kiosk.duty.presence import of_role
from kiosk.errors import SettingsError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
RED, AMBER = "red", "amber"
SOON = 60  # days


@dataclass(frozen=True, slots=True)
class Finding:
    """``colour``: red asks for action now, amber soon."""

    colour: str
    what: str
    action: str


def audience_problems(settings: Settings) -> Iterator[Finding]:
    for audience in settings.audiences:
        if not audience.active:
            continue
        if not audience.address and audience.when != When.NEVER:
            told = (
                "could not be told in an escalation" if audience.when == When.ESCALATION else "is not told of reports"
            )
            what = f"«{audience.name}» has no mail address and {told}."
            yield Finding(RED, what, f'Set address in kiosk.toml under [[audiences]] id = "{audience.id}".')
        for kind in set(audience.kinds) - KINDS.keys():
            what = f"«{audience.name}» is to be told of «{kind}», which is no kind of incident."
            yield Finding(RED, what, f"Correct kinds under [[audiences]]: {', '.join(KINDS)}.")
        if not audience.telephone and audience.role in (Role.MANAGER, Role.DEPUTY):
            what = f"«{audience.name}» has no telephone number to show to contractors."
            yield Finding(AMBER, what, f'Set telephone in kiosk.toml under [[audiences]] id = "{audience.id}".')


def site_problems(settings: Settings) -> Iterator[Finding]:
    for site in settings.sites:
        if not any(of_role(settings.audiences, role, site=site.id) for role in (Role.MANAGER, Role.DEPUTY)):
            what = f"Nobody on site answers for «{site.name}»: it has neither a manager nor a deputy."
            yield Finding(RED, what, f'Add "{site.id}" to the sites of one under [[audiences]], or an audience.')


def mail_problems(settings: Settings) -> Iterator[Finding]:
    smtp = settings.smtp
    if smtp.host and smtp.security == Security.NONE and smtp.host not in LOOPBACK:
        what = f"Mails travel in clear to {smtp.host}."
        yield Finding(RED, what, 'Set security = "starttls" or "tls" under [smtp].')
    if MSSI_ADDRESS in (settings.mail.sender, settings.mail.bounce):
        what = "Mails leave under the MSSI's own address, which is only the default."
        yield Finding(AMBER, what, "Set sender and bounce under [mail] to mailboxes of the kiosk that somebody reads.")
    if not settings.mail.console_url:
        what = "No mail can lead to its report: the address of the console is not set."
        yield Finding(AMBER, what, "Set console_url under [mail] to the address by which browsers reach the console.")


def secret_problems(settings: Settings) -> Iterator[Finding]:
    signing_key = settings.mail.signing_key
    signing_key = settings.instance / signing_key if signing_key else None
    for secret in (settings.secrets, settings.database, settings.smtp.password_file, signing_key):
        if secret and secret.exists() and secret.stat().st_mode & 0o077:
            yield Finding(RED, f"{secret} can be read by others.", f"chmod go= {secret}")


def sealing_problems(settings: Settings, now: datetime) -> Iterator[Finding]:
    try:
        certificates = list(all_certificates(settings))
    except SettingsError as error:
        yield Finding(RED, f"Mails leave without their content: {error}", "Put a readable file in its place.")
        return
    for name, certificate in certificates:
        days = (certificate.not_valid_after_utc - now).days
        if days < SOON:
            whose = f"of «{name}»" if name else "that signs mails"
            ends = f"ended {-days} days ago; it still encrypts" if days < 0 else f"ends in {days} days"
            yield Finding(RED if days < 0 else AMBER, f"The certificate {whose} {ends}.", "Have it renewed.")
    if open_ones := [audience.name for audience in settings.audiences if _reads_in_clear(audience)]:
        what = f"Mails wait unencrypted on this disk until the relay takes them, for: {', '.join(open_ones)}."
        yield Finding(AMBER, what, "Set certificate under [[audiences]] to the PEM file of each.")


def _reads_in_clear(audience: Audience) -> bool:
    told = audience.active and audience.when != When.NEVER and audience.address
    return bool(told) and audience.certificate is None


def retention_problems(settings: Settings) -> Iterator[Finding]:
    for each in settings.retention.kinds:
        if each.kind not in KINDS:
            what = f"«retention.kinds» names «{each.kind}», which is no kind of incident: its reports keep other days."
            yield Finding(RED, what, f"Correct kind under [[retention.kinds]]: {', '.join(KINDS)}.")
