"""Fingerprint of a public key, to compare by telephone."""

import hashlib

from kiosk.domain.spelling import grouped, spell

LETTERS = 16  # 80 bits


def fingerprint(public_key: bytes) -> str:
    """``XXXX-XXXX-XXXX-XXXX``: nobody can make another key with the same one."""
    digest = hashlib.sha256(b"kiosk fingerprint" + public_key).digest()
    return grouped(spell(int.from_bytes(digest[:10]), LETTERS), 4)
