"""Verified TLS or none at all: the certificate, its dates, its name and its issuer are always checked."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from kiosk.delivery.relay_reply import Broken


def verifying_context(ca_file: Path | None) -> ssl.SSLContext:
    """Trusts ``ca_file`` alone when there is one, else the system's authorities; raises Broken if it cannot be read."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise Broken(f"the CA file {ca_file} cannot be used: {error.strerror or 'not a certificate'}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def valid_until(connection: ssl.SSLSocket) -> datetime | None:
    """When the certificate that was shown to us ends; None if it does not say."""
    shown = connection.getpeercert() or {}
    ends = shown.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def explain(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the relay's certificate is not trusted: {error.verify_message}"
    return f"TLS with the relay failed: {(error.reason or 'connection closed').replace('_', ' ').lower()}"
