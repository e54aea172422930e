"""TLS, always verified: certificate dates, name and issuer."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from kiosk.delivery.relay_reply import Broken
from kiosk.domain.relay_words import NO_SAFE_CIPHER
from kiosk.operator_files import pem_blocks

# What OpenSSL calls a failed handshake, and what it means.
IN_OTHER_WORDS = {
    "SSLV3_ALERT_HANDSHAKE_FAILURE": NO_SAFE_CIPHER,
    "NO_CIPHERS_AVAILABLE": "smtp.ciphers leaves no cipher to choose",
    "DH_KEY_TOO_SMALL": "the relay's Diffie-Hellman key is too short; smtp.ciphers can name other ciphers",
    "UNSUPPORTED_PROTOCOL": "the relay does not speak TLS 1.2 or newer",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the relay does not speak TLS 1.2 or newer",
    "WRONG_VERSION_NUMBER": "the relay does not speak TLS on this port (smtp.port, smtp.security)",
}


def verifying_context(ca_file: Path | None, ciphers: str = "") -> ssl.SSLContext:
    """Trust ``ca_file`` alone if given, else the system's authorities; raises Broken if unreadable.

    ``ciphers``: a list in OpenSSL's format for TLS 1.2; by default Python's, all with forward secrecy.
    """
    try:
        context = ssl.create_default_context(cadata=_authorities(ca_file) if ca_file else None)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "not a certificate"
        raise Broken(f"the CA file {ca_file} cannot be used: {why}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def _authorities(ca_file: Path) -> str:
    """Raises ValueError for a file without a certificate, of which the library would make the system's authorities."""
    blocks = pem_blocks(ca_file.read_bytes()).decode("ascii")
    if not blocks:
        raise ValueError("no certificate")
    return blocks


def valid_until(connection: ssl.SSLSocket) -> datetime | None:
    """Expiry of the relay's certificate, if it says."""
    shown = connection.getpeercert() or {}
    ends = shown.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def explain(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the relay's certificate is not trusted: {error.verify_message}"
    reason = error.reason or "connection closed"
    return f"TLS with the relay failed: {IN_OTHER_WORDS.get(reason, reason.replace('_', ' ').lower())}"
