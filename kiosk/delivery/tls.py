"""TLS, always verified: certificate dates, name and issuer."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from kiosk.delivery.relay_reply import Broken


def verifying_context(ca_file: Path | None) -> ssl.SSLContext:
    """Trust ``ca_file`` alone if given, else the system's authorities; raises Broken if unreadable."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise Broken(f"the CA file {ca_file} cannot be used: {error.strerror or 'not a certificate'}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def valid_until(connection: ssl.SSLSocket) -> datetime | None:
    """Expiry of the relay's certificate, if it says."""
    shown = connection.getpeercert() or {}
    ends = shown.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def explain(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the relay's certificate is not trusted: {error.verify_message}"
    return f"TLS with the relay failed: {(error.reason or 'connection closed').replace('_', ' ').lower()}"
