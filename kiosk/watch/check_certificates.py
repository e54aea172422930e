"""`kiosk check`, certificates: those of another address, for another purpose, in a chain file, with their private key.

One that cannot encrypt or be read is refused where it is read (``seal_broken``), an expired one is told by its stage.
"""

from collections.abc import Callable, Iterator, Mapping

from cryptography.x509 import Certificate

from kiosk.config import Audience, Settings, all_certificates, recipients_of, signer_of
from kiosk.config.certificates import (
    addresses_in,
    authorities_in,
    holds_private_key,
    is_for_mail,
    is_weak,
    may_sign,
)
from kiosk.domain.troubles import FoundTrouble, Trouble
from kiosk.domain.troubles import mail_setup as mail_trouble
from kiosk.errors import SettingsError

ITSELF = "la borne, qui signe"


def certificate_troubles(settings: Settings) -> Iterator[FoundTrouble]:
    """Nothing of what ``seal_broken`` tells."""
    try:
        found, signer = list(all_certificates(settings)), signer_of(settings)
    except SettingsError:
        found, signer = [], None
    if weak := dict.fromkeys(name or ITSELF for name, certificate in found if is_weak(certificate)):
        yield mail_trouble.SEAL_WEAK.found(whose=", ".join(weak))
    if found and signer is None:
        yield mail_trouble.SEAL_UNSIGNED.found()
    for each, doubted in DOUBTS.items():
        whose = [audience.name for audience in settings.audiences if audience.active and doubted(settings, audience)]
        if each in OF_SIGNER and signer and OF_SIGNER[each](settings):
            whose.append(ITSELF)
        if whose:
            yield each.found(whose=", ".join(whose))


def doubts_about(settings: Settings, audience: Audience) -> list[Trouble]:
    return [each for each, doubted in DOUBTS.items() if doubted(settings, audience)]


def _of_another_address(settings: Settings, audience: Audience) -> bool:
    """No reader of the file is the audience; one without an address may be a mailbox of several people."""
    named = [addresses_in(each) for each in _readers(settings, audience)]
    return bool(audience.address and named) and all(named) and audience.address.lower() not in set().union(*named)


def _for_another_purpose(settings: Settings, audience: Audience) -> bool:
    return not all(is_for_mail(each) for each in _readers(settings, audience))


def _in_a_chain(settings: Settings, audience: Audience) -> bool:
    try:
        return bool(authorities_in(settings, audience))
    except SettingsError:
        return False


def _readers(settings: Settings, audience: Audience) -> tuple[Certificate, ...]:
    try:
        return recipients_of(settings, audience)
    except SettingsError:
        return ()


def _signs_for_another_address(settings: Settings) -> bool:
    signer = signer_of(settings)
    named = addresses_in(signer.certificate) if signer else set()
    return bool(named) and settings.mail.sender.lower() not in named


def _signs_for_another_purpose(settings: Settings) -> bool:
    signer = signer_of(settings)
    return signer is not None and not (is_for_mail(signer.certificate) and may_sign(signer.certificate))


DOUBTS: Mapping[Trouble, Callable[[Settings, Audience], bool]] = {
    mail_trouble.SEAL_ADDRESS: _of_another_address,
    mail_trouble.SEAL_PURPOSE: _for_another_purpose,
    mail_trouble.SEAL_CHAIN: _in_a_chain,
    mail_trouble.SEAL_PRIVATE: holds_private_key,
}
OF_SIGNER: Mapping[Trouble, Callable[[Settings], bool]] = {
    mail_trouble.SEAL_ADDRESS: _signs_for_another_address,
    mail_trouble.SEAL_PURPOSE: _signs_for_another_purpose,
}
