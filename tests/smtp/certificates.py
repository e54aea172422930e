"""Authorities and certificates made for one test run; nothing of them is kept."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = dt.timedelta(days=1)

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Certificate:
    """``certificate`` and ``key`` are PEM files; for an authority the first is what a client may be told to trust."""

    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """Signs certificates for the loopback address, right or wrong in one respect."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_name(name), self.key.public_key(), start=-DAY, end=30 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        self.itself = self._write(name, builder.add_extension(usage, critical=True), self.key)

    def certify(
        self,
        name: str,
        *,
        host: str = "127.0.0.1",
        start: dt.timedelta = -DAY,
        end: dt.timedelta = 30 * DAY,
        rsa_key: bool = False,
    ) -> Certificate:
        key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_name(name), key.public_key(), start=start, end=end)
        return self._write(name, self._for_server(builder, host), key)

    def certify_names(self, name: str, *hosts: str) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_name(name), key.public_key(), start=-DAY, end=30 * DAY)
        return self._write(name, self._for_server(builder, *hosts), key)

    def self_signed(self, name: str) -> Certificate:
        stranger = Authority.__new__(Authority)
        stranger.folder, stranger.name, stranger.key = self.folder, name, ec.generate_private_key(ec.SECP256R1())
        builder = stranger._builder(_name(name), stranger.key.public_key(), start=-DAY, end=30 * DAY)
        return stranger._write(name, stranger._for_server(builder, "127.0.0.1"), stranger.key)

    def _builder(
        self,
        subject: x509.Name,
        public: PublicKey,
        *,
        start: dt.timedelta,
        end: dt.timedelta,
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name(self.name))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + start)
            .not_valid_after(now + end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )

    def _for_server(self, builder: x509.CertificateBuilder, *hosts: str) -> x509.CertificateBuilder:
        names = [
            x509.IPAddress(ipaddress.ip_address(host)) if host.replace(".", "").isdigit() else x509.DNSName(host)
            for host in hosts
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)

    def _write(self, name: str, builder: x509.CertificateBuilder, key: PrivateKey) -> Certificate:
        signed = builder.sign(self.key, hashes.SHA256())
        pem, encoding = serialization.Encoding.PEM, serialization.NoEncryption()
        files = Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        files.certificate.write_bytes(signed.public_bytes(pem))
        files.key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, encoding))
        return files
