"""`kiosk check`, settings: audiences, sites, mail, retention, demonstration, permissions of secrets."""

from collections.abc import Iterator

from kiosk.config import Audience, Role, Security, Settings, Smtp, When
from kiosk.config.audiences import MSSI_ADDRESS
from kiosk.config.demonstration import FOLDER, is_marked
from kiosk.config.greeting import is_doubtful
from kiosk.config.settings import DATABASE
from kiosk.domain.addresses import is_loopback
from kiosk.domain.catalogue import KINDS
from kiosk.domain.telephones import telephone_numbers
from kiosk.domain.troubles import FoundTrouble
from kiosk.domain.troubles import mail_setup as mail_trouble
from kiosk.domain.troubles import setup as trouble
from kiosk.duty.presence import of_role
from kiosk.errors import UnreadableFile
from kiosk.operator_files import pem_blocks, read_bytes, read_password
from kiosk.watch.check_certificates import certificate_troubles

UNUSUAL = {(465, Security.STARTTLS), (587, Security.TLS), (25, Security.TLS), (465, Security.NONE)}
KNOWN = ", ".join(KINDS)


def settings_troubles(settings: Settings) -> Iterator[FoundTrouble]:
    yield from _of_audiences(settings)
    yield from _of_sites(settings)
    yield from _of_relay(settings.smtp)
    yield from _of_mail(settings)
    yield from certificate_troubles(settings)
    yield from _of_retention(settings)
    yield from _of_demonstration(settings)
    yield from _of_secrets(settings)


def _of_audiences(settings: Settings) -> Iterator[FoundTrouble]:
    for audience in settings.audiences:
        if not audience.active:
            continue
        for kind in set(audience.kinds) - KINDS.keys():
            yield trouble.AUDIENCE_KIND.found(kind=kind, name=audience.name, known=KNOWN)
        numbers = telephone_numbers(audience.telephone)
        if audience.role in (Role.MANAGER, Role.DEPUTY) and not any(number.dialled for number in numbers):
            yield trouble.AUDIENCE_TELEPHONE.found(name=audience.name, id=audience.id)


def _of_sites(settings: Settings) -> Iterator[FoundTrouble]:
    for site in settings.sites:
        if not any(of_role(settings.audiences, role, site=site.id) for role in (Role.MANAGER, Role.DEPUTY)):
            yield trouble.SITE_UNANSWERED.found(name=site.name, id=site.id)


def _of_relay(smtp: Smtp) -> Iterator[FoundTrouble]:
    if smtp.host and smtp.security == Security.NONE and not is_loopback(smtp.host):
        yield mail_trouble.MAIL_CLEAR.found(host=smtp.host)
    if smtp.host and not smtp.greeting and not is_loopback(smtp.host) and is_doubtful(smtp.greeting_name):
        yield mail_trouble.MAIL_GREETING.found(name=smtp.greeting_name or "son adresse entre crochets")
    if smtp.host and (smtp.effective_port, smtp.security) in UNUSUAL:
        yield mail_trouble.SMTP_PORT.found(port=smtp.effective_port, security=smtp.security)
    if weaker := smtp.without_forward_secrecy:
        yield mail_trouble.MAIL_CIPHERS.found(ciphers=", ".join(weaker))
    for reason in _unusable_files(smtp) if smtp.host else ():
        yield mail_trouble.RELAY_FILE.found(reason=reason)


def _of_mail(settings: Settings) -> Iterator[FoundTrouble]:
    if MSSI_ADDRESS in (settings.mail.sender, settings.mail.bounce):
        yield mail_trouble.MAIL_SENDER.found()
    if not settings.mail.console_url:
        yield trouble.CONSOLE_URL.found()
    if open_ones := [audience.name for audience in settings.audiences if _reads_in_clear(audience)]:
        yield mail_trouble.MAIL_UNENCRYPTED.found(names=", ".join(open_ones))


def _unusable_files(smtp: Smtp) -> Iterator[object]:
    """A missing file is not named, as it may be a password that was written in its place."""
    for name, path in (("password_file", smtp.password_file), ("ca_file", smtp.ca_file)):
        if path and not path.is_file():
            yield f"« smtp.{name} » nomme un fichier qui n'existe pas"
    try:
        if smtp.username and smtp.password_file and smtp.password_file.is_file():
            read_password(smtp.password_file)
        if smtp.ca_file and smtp.ca_file.is_file() and not pem_blocks(read_bytes(smtp.ca_file)):
            yield f"{smtp.ca_file} ne contient aucun certificat en PEM"
    except UnreadableFile as error:
        yield error


def _reads_in_clear(audience: Audience) -> bool:
    told = audience.active and audience.when != When.NEVER and audience.address
    return bool(told) and audience.certificate is None


def _of_retention(settings: Settings) -> Iterator[FoundTrouble]:
    for each in settings.retention.kinds:
        if each.kind not in KINDS:
            yield trouble.RETENTION_KIND.found(kind=each.kind, known=KNOWN)


def _of_demonstration(settings: Settings) -> Iterator[FoundTrouble]:
    place = settings.instance / FOLDER / DATABASE
    if not settings.demo and is_marked(place):
        yield trouble.DEMONSTRATION.found(path=place.parent)


def _of_secrets(settings: Settings) -> Iterator[FoundTrouble]:
    signing_key = settings.mail.signing_key
    signing_key = settings.home / signing_key if signing_key else None
    for secret in (settings.secrets, settings.database, settings.smtp.password_file, signing_key):
        if secret and secret.exists() and secret.stat().st_mode & 0o077:
            yield trouble.SECRET_READABLE.found(path=secret)
