"""Mail certificates in PEM files: the recipients' for encryption, the kiosk's own for signing.

A file replaced at run time counts from the next mail on.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, PublicKeyAlgorithmOID

from kiosk.config.audiences import Audience
from kiosk.config.settings import Settings
from kiosk.errors import SettingsError
from kiosk.operator_files import pem_blocks

LARGEST = 1024 * 1024  # bytes
DER = b"\x30\x82"  # how a certificate in binary form begins
SHORTEST_KEY, ADVISED_KEY = 2048, 3072  # bits

PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Signer:
    """``chain``: further certificates of the file, sent along for verification."""

    certificate: x509.Certificate
    key: SigningKey
    chain: tuple[x509.Certificate, ...]


def recipients_of(settings: Settings, audience: Audience) -> tuple[x509.Certificate, ...]:
    """May be empty. Raises SettingsError for an unusable file."""
    if audience.certificate is None:
        return ()
    where = f'[[audiences]] "{audience.id}" : « certificate »'
    found, _ = _without_authorities(_certificates(where, settings.home / audience.certificate))
    for certificate in found:
        if why := _cannot_encrypt(certificate):
            raise SettingsError(f"{where} {why}")
    return found


def authorities_in(settings: Settings, audience: Audience) -> tuple[x509.Certificate, ...]:
    """Of a chain file: those that no mail is encrypted to. Raises SettingsError."""
    if audience.certificate is None:
        return ()
    where = f'[[audiences]] "{audience.id}" : « certificate »'
    return _without_authorities(_certificates(where, settings.home / audience.certificate))[1]


def _without_authorities(
    found: tuple[x509.Certificate, ...],
) -> tuple[tuple[x509.Certificate, ...], tuple[x509.Certificate, ...]]:
    """Readers and authorities: an authority has issued another certificate of the file."""
    issuers = {each.issuer for each in found if each.issuer != each.subject}
    readers = tuple(each for each in found if each.subject not in issuers)
    return (readers, tuple(each for each in found if each.subject in issuers)) if readers else (found, ())


def addresses_in(certificate: x509.Certificate) -> set[str]:
    """Mail addresses that it names, in lower case."""
    named = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    with contextlib.suppress(x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        named += extension.value.get_values_for_type(x509.RFC822Name)
    return {each.lower() for each in named}


def is_for_mail(certificate: x509.Certificate) -> bool:
    """Not a server's or a code signer's: mail programs may refuse these."""
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return not _names_hosts_alone(certificate)
    except (ValueError, x509.DuplicateExtension):
        return False
    return bool({ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(purposes))


def _names_hosts_alone(certificate: x509.Certificate) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        return False
    return bool(names.get_values_for_type(x509.DNSName)) and not addresses_in(certificate)


def may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except (ValueError, x509.DuplicateExtension):
        return False
    return usage.digital_signature or usage.content_commitment


def holds_private_key(settings: Settings, audience: Audience) -> bool:
    """True if the file of an audience's certificate also holds a private key, which should not be here."""
    if audience.certificate is None:
        return False
    try:
        return b"PRIVATE KEY-----" in pem_blocks(_read(settings.home / audience.certificate))
    except OSError:
        return False


def private_keys(settings: Settings, audience: Audience) -> Iterator[SigningKey]:
    """Those at hand that might open the audience's mails: in the file of its certificate, and the kiosk's own."""
    paths = (audience.certificate, settings.mail.signing_key)
    for path in (settings.home / path for path in paths if path):
        with contextlib.suppress(OSError, ValueError, TypeError, UnsupportedAlgorithm):
            block = PRIVATE_KEY.search(pem_blocks(_read(path)))
            key = load_pem_private_key(block[0], password=None) if block else None
            if isinstance(key, SigningKey):
                yield key


def _cannot_encrypt(certificate: x509.Certificate) -> str:
    """Reason why no mail can be encrypted to it, or empty. Key transport (RFC 5652) knows RSA with PKCS #1 alone."""
    key = _public_key(certificate)
    if not isinstance(key, rsa.RSAPublicKey):
        return "contient une clé de courbe elliptique ou d'une autre sorte : il faut un certificat à clé RSA."
    if _is_pss(certificate):
        return "contient une clé RSA-PSS, qui ne sert qu'à signer : il faut un certificat à clé RSA ordinaire."
    if key.key_size < SHORTEST_KEY:
        return f"contient une clé RSA de {key.key_size} bits : il en faut {SHORTEST_KEY} au moins."
    if not _may_encipher(certificate):
        return "contient un certificat qui ne sert qu'à signer : il faut celui qui chiffre (keyEncipherment)."
    return ""


def _public_key(certificate: x509.Certificate) -> object:
    """None for a kind of key that the library does not know."""
    try:
        return certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None


def _is_pss(certificate: x509.Certificate) -> bool:
    """Such a key may not be used with PKCS #1, although it loads as an RSA key."""
    return certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS


def _may_encipher(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment
    except x509.ExtensionNotFound:
        return True
    except (ValueError, x509.DuplicateExtension):
        return False


def is_weak(certificate: x509.Certificate) -> bool:
    """A shorter RSA key than is advised for words that are confidential beyond 2030."""
    key = _public_key(certificate)
    return isinstance(key, rsa.RSAPublicKey) and key.key_size < ADVISED_KEY


def signer_of(settings: Settings) -> Signer | None:
    """None if not configured. Raises SettingsError for unusable or mismatched files."""
    mail = settings.mail
    if mail.signing_certificate is None or mail.signing_key is None:
        return None
    first, *chain = _certificates("« mail.signing_certificate »", settings.home / mail.signing_certificate)
    if _is_pss(first):
        raise SettingsError(
            "« mail.signing_certificate » contient une clé RSA-PSS, que tous les programmes ne vérifient pas :"
            " il faut une clé RSA ordinaire ou de courbe elliptique."
        )
    key = _private_key(settings.home / mail.signing_key)
    if key.public_key() != _public_key(first):
        raise SettingsError("« mail.signing_key » doit être la clé de « mail.signing_certificate ».")
    return Signer(first, key, tuple(chain))


def all_certificates(settings: Settings) -> Iterator[tuple[str, x509.Certificate]]:
    """Those in use, with the audience's name (empty: the kiosk's). Raises SettingsError."""
    for audience in settings.audiences:
        if audience.active:
            for certificate in recipients_of(settings, audience):
                yield audience.name, certificate
    if signer := signer_of(settings):
        yield "", signer.certificate


def _certificates(where: str, path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return _parsed_certificates(_read(path))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{where} doit nommer un fichier PEM lisible qui contient un certificat.") from error


def _private_key(path: Path) -> SigningKey:
    try:
        key = _parsed_key(_read(path))
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError("« mail.signing_key » doit nommer un fichier PEM lisible, sans mot de passe.") from error
    if not isinstance(key, SigningKey):
        raise SettingsError("« mail.signing_key » doit être une clé RSA ou de courbe elliptique.")
    return key


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST)


@lru_cache(maxsize=32)
def _parsed_certificates(content: bytes) -> tuple[x509.Certificate, ...]:
    if content.startswith(DER):
        return (x509.load_der_x509_certificate(content),)
    return tuple(x509.load_pem_x509_certificates(pem_blocks(content)))


@lru_cache(maxsize=4)
def _parsed_key(content: bytes) -> object:
    return load_pem_private_key(pem_blocks(content), password=None)
