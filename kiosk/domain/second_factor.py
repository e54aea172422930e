"""Second factors of staff: their kinds, and time-based one-time codes (TOTP, RFC 6238).

Six digits, thirty seconds, SHA-1: the only parameters that every authenticator app takes.
"""

import re
from base64 import b32encode
from datetime import datetime

import pyotp
from pyotp.utils import strings_equal

from kiosk.domain.folding import fold
from kiosk.domain.worded import Worded

STEP = 30  # seconds
DRIFT = 1  # steps that the two clocks may differ
SECRET_BYTES = 20  # RFC 4226: as long as the digest
CODE = re.compile(r"\D*((?:[0-9][ .-]?){6})\D*")


class FactorKind(Worded):
    TOTP = "totp", "application d'authentification"
    PASSKEY = "passkey", "clé d'accès"


def matching_step(secret: bytes, typed: str, now: datetime) -> int | None:
    """Time step of the code, or None. The caller refuses a step that was used: a code is good once."""
    found, current, totp = CODE.fullmatch(fold(typed)), int(now.timestamp()) // STEP, pyotp.TOTP(as_text(secret))
    if not found:
        return None
    code = re.sub("[ .-]", "", found[1])
    steps = range(current - DRIFT, current + DRIFT + 1)
    return next((step for step in steps if strings_equal(totp.generate_otp(step), code)), None)


def as_text(secret: bytes) -> str:
    """Base 32, as apps take it typed."""
    return b32encode(secret).decode()


def setup_uri(secret: bytes, *, account: str, issuer: str) -> str:
    """Content of the QR code that an app reads."""
    return pyotp.TOTP(as_text(secret)).provisioning_uri(name=account, issuer_name=issuer)
