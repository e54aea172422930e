"""Readers of encrypted mail: certificates made for one test run, and the openssl that takes a mail apart."""

import datetime as dt
import shutil
import subprocess
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPENSSL = shutil.which("openssl")
YEAR = dt.timedelta(days=365)
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Reader:
    """``certificate`` and ``key`` are PEM files."""

    certificate: Path
    key: Path

    def opens(self, mail: bytes) -> bytes:
        """What openssl reads of it; raises CalledProcessError when it is not for this reader."""
        return openssl("cms", "-decrypt", "-recip", str(self.certificate), "-inkey", str(self.key), mail=mail)


def openssl(*arguments: str, mail: bytes) -> bytes:
    assert OPENSSL
    return subprocess.run([OPENSSL, *arguments], input=mail, capture_output=True, check=True).stdout


def verified(mail: bytes, signer: Path) -> bytes:
    """The signed words, if the signature is that of the certificate in ``signer``."""
    trusted = ("-CAfile", str(signer), "-purpose", "any", "-certfile", str(signer))
    return openssl("cms", "-verify", *trusted, mail=mail)


def parsed(mail: bytes) -> EmailMessage:
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def a_reader(
    folder: Path,
    name: str,
    *,
    ends: dt.timedelta = YEAR,
    now: dt.datetime | None = None,
    curve: bool = False,
    bits: int = 2048,
    enciphers: bool = True,
    addresses: tuple[str, ...] | None = None,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    authority: "Reader | None" = None,
) -> Reader:
    """Somebody with a certificate that they, or the authority, signed, valid from a year before ``now`` on."""
    key = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, bits)
    moment = now or dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, issuing = subject, key
    if authority:
        issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes()).subject
        issuing = serialization.load_pem_private_key(authority.key.read_bytes(), None)  # type: ignore[assignment]
    named = (f"{name}@site.example",) if addresses is None else addresses
    others = [x509.RFC822Name(each) for each in named] or [x509.DNSName("www.site.example")]
    usage = x509.KeyUsage(True, False, enciphers and not curve, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - YEAR)
        .not_valid_after(moment + ends)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(issuing, hashes.SHA256())
    )
    reader = Reader(folder / f"{name}.pem", folder / f"{name}.key")
    reader.certificate.write_bytes(certificate.public_bytes(PEM))
    plain = serialization.NoEncryption()
    reader.key.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, plain))
    reader.key.chmod(0o600)
    return reader
