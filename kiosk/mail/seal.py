"""S/MIME: mails signed with the kiosk's key, then encrypted to the recipient (RFC 8551).

Signed first, because AES-CBC alone would not reveal a changed byte. Outside are only the headers that relays and
mailboxes need, with a neutral subject; inside are all but OWN (RFC 9788). A mail is sealed once, when it is stored, for
all its recipients with a certificate: every attempt sends the same bytes.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
    pkcs7_decrypt_der,
)

from kiosk.config import Audience, Settings, Signer, recipients_of, signer_of
from kiosk.config.certificates import SigningKey
from kiosk.errors import SettingsError
from kiosk.mail import mime
from kiosk.mail.trace_header import HEADER as TRACE

OWN = ("To", "Message-ID")  # differ between the audiences of one mail
OUTSIDE = (
    "Date",
    "From",
    "Reply-To",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "X-Kiosk-Reference",
    TRACE,
)
TRIAL = "[ESSAI]"  # prefix of the subject of a demonstration's mail and of a test mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """``broken``: mails must be encrypted, and cannot be."""

    recipients: tuple[x509.Certificate, ...] = ()
    signer: Signer | None = None
    broken: bool = False

    @classmethod
    def of(cls, settings: Settings, audience: Audience) -> Self:
        """An unreadable signing key costs only the signature; an unreadable certificate makes it ``broken``."""
        try:
            recipients = recipients_of(settings, audience)
        except SettingsError:
            return cls(broken=True)
        try:
            return cls(recipients=recipients, signer=signer_of(settings))
        except SettingsError:
            return cls(recipients=recipients)


NO_SEAL = Seal()


def joined(seals: Iterable[Seal]) -> Seal:
    """For one body that all can open who have a certificate."""
    usable = [seal for seal in seals if not seal.broken]
    recipients = dict.fromkeys(certificate for seal in usable for certificate in seal.recipients)
    return Seal(recipients=tuple(recipients), signer=next((seal.signer for seal in usable), None))


def sealed(headers: Mapping[str, str], content: mime.Entity, identity: str, seal: Seal) -> bytes:
    """Neither signed nor encrypted where nothing is configured. Raises ValueError or TypeError."""
    if not seal.recipients:
        return mime.final_bytes(headers, signed(content, seal.signer, identity))
    outer = outer_headers(headers)
    inner = signed(_with_headers_inside(headers, outer, content), seal.signer, identity)
    builder = PKCS7EnvelopeBuilder().set_data(inner.whole).set_content_encryption_algorithm(AES256)
    for certificate in seal.recipients:
        builder = builder.add_recipient(certificate)
    return mime.final_bytes(outer, _envelope(builder.encrypt(Encoding.DER, [PKCS7Options.Binary])))


def is_addressed_to(mail: bytes, certificate: x509.Certificate) -> bool:
    """True if a sealed mail has a key for this certificate: its recipients stand in clear (RFC 5652 §6.2)."""
    issuer = certificate.issuer.public_bytes()
    serial = certificate.serial_number.to_bytes(certificate.serial_number.bit_length() // 8 + 1)
    return issuer + b"\x02" + bytes([len(serial)]) + serial in _ciphertext(mail)


def is_opened_by(mail: bytes, certificate: x509.Certificate, key: SigningKey) -> bool:
    """True if this key opens a sealed mail."""
    if not isinstance(key, RSAPrivateKey):
        return False
    try:
        pkcs7_decrypt_der(_ciphertext(mail), certificate, key, [])
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _ciphertext(mail: bytes) -> bytes:
    content = message_from_bytes(mail).get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def outer_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Readable in transit and on a disk: neither kind, place nor severity."""
    trial = TRIAL if headers["Subject"].startswith(TRIAL) else ""
    reference = headers.get("X-Kiosk-Reference")
    words = f"Signalement {reference}" if reference else "Message de la borne de signalement"
    return {"Subject": f"{trial}[SSI] {words}"} | {name: headers[name] for name in OUTSIDE if name in headers}


def _with_headers_inside(headers: Mapping[str, str], outer: Mapping[str, str], content: mime.Entity) -> mime.Entity:
    """RFC 9788: ``hp`` marks these headers as the true ones, HP-Outer lists those outside.

    ``protected-headers``: for programs that support only its draft.
    """
    lines = {**headers, **content.headers}
    lines["Content-Type"] += '; protected-headers="v1"; hp="cipher"'
    told = tuple(("HP-Outer", f"{name}: {value}") for name, value in outer.items())
    return mime.Entity(lines, content.body, told)


def signed(content: mime.Entity, signer: Signer | None, identity: str) -> mime.Entity:
    if signer is None:
        return content
    builder = PKCS7SignatureBuilder().set_data(content.whole).add_signer(signer.certificate, signer.key, SHA256())
    for certificate in signer.chain:
        builder = builder.add_certificate(certificate)
    signature = builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
    kind = 'signed; protocol="application/pkcs7-signature"; micalg="sha-256"'
    return mime.multipart(kind, identity, [content, _binary(signature, "pkcs7-signature", "smime.p7s")])


def _envelope(encrypted: bytes) -> mime.Entity:
    return _binary(encrypted, "pkcs7-mime; smime-type=enveloped-data", "smime.p7m")


def _binary(content: bytes, kind: str, name: str) -> mime.Entity:
    lines = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return mime.Entity(
        {
            "Content-Type": f'application/{kind}; name="{name}"',
            "Content-Transfer-Encoding": "base64",
            "Content-Disposition": f'attachment; filename="{name}"',
        },
        lines,
    )
