"""Key of authenticator apps' secrets: ``secrets/second-factor.key`` (0600), AES-256-GCM.

Not the member's own key pair: not every role has one, and `kiosk staff password` replaces it. The file keeps the
secrets out of a copy of the database alone.
"""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.errors import StoreError
from kiosk.store.keys.site_keys import write_secret

KEY_FILE = "second-factor.key"
NONCE = 12  # bytes


def seal(secrets: Path, secret: bytes, staff_id: int) -> bytes:
    """Make the key at its first use: inside the caller's write transaction, so that only one is made."""
    path, nonce = secrets / KEY_FILE, os.urandom(NONCE)
    if not path.exists():
        write_secret(path, AESGCM.generate_key(256))
    return nonce + AESGCM(_key(path)).encrypt(nonce, secret, _bound(staff_id))


def open_sealed(secrets: Path, sealed: bytes, staff_id: int) -> bytes:
    """Raises StoreError for a missing or another key, another account or changed bytes."""
    path = secrets / KEY_FILE
    try:
        return AESGCM(_key(path)).decrypt(sealed[:NONCE], sealed[NONCE:], _bound(staff_id))
    except InvalidTag as error:
        raise StoreError(f"{path} n'est pas la clé de ces codes : remettez celle de la dernière sauvegarde.") from error


def _key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{path} ne peut pas être lu : remettez-le à partir de la dernière sauvegarde, ou"
            " kiosk staff factor reset NOM pour chaque compte."
        ) from error


def _bound(staff_id: int) -> bytes:
    return b"kiosk totp %d" % staff_id
