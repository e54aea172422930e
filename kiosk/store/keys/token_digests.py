"""Keyed digests of tokens (sessions, links, proofs, recovery codes), as the database holds them.

They take the kiosk's secret, so that whoever can only write to the database cannot plant a token of their own choice.
"""

import hashlib
import hmac

from sqlite_utils import Database

from kiosk.store.keys.follow_up_secret import follow_up_secret

SESSION, DEVICE, PROOF, LINK, RECOVERY_CODE = (b"session", b"device", b"proof", b"link", b"recovery code")


def keyed(db: Database, purpose: bytes, digest: bytes, *, account: int | str = "") -> bytes:
    """``digest``: SHA-256 of the token; ``account``: whose it is, where that is known before the row is found."""
    told = b"\0".join((b"kiosk token", purpose, str(account).encode(), digest))
    return hmac.digest(follow_up_secret(db), told, hashlib.sha256)
