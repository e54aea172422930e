"""Password-encrypted private keys: Argon2id, then AES-256-GCM with the public key bound in.

The first byte names the suite (parameters and lengths). A call takes about 0.1 s and 64 MiB, so the caller must limit
concurrency with ``kiosk.store.staff.passwords.turn``.
"""

import os

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.errors import StoreError

SUITE_BYTE = b"\x01"  # 3 rounds, 64 MiB, one lane; salt of 16 bytes, nonce of 12
ROUNDS, MEMORY, LANES = 3, 64 * 1024, 1  # memory in KiB
SALT, NONCE = 16, 12  # bytes


def wrap(pair: X25519PrivateKey, password: bytes) -> bytes:
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    sealed = AESGCM(_key(password, salt)).encrypt(nonce, pair.private_bytes_raw(), _bound(pair))
    return SUITE_BYTE + salt + nonce + sealed


def unwrap(wrapped: bytes, public_key: bytes, password: bytes) -> X25519PrivateKey:
    """Raises StoreError for a wrong password, another pair or changed bytes, without saying which."""
    if wrapped[:1] != SUITE_BYTE:
        raise StoreError("La clé de ce compte a été protégée par une version plus récente : installez-la.")
    salt, nonce, sealed = wrapped[1 : 1 + SALT], wrapped[1 + SALT : 1 + SALT + NONCE], wrapped[1 + SALT + NONCE :]
    try:
        private = AESGCM(_key(password, salt)).decrypt(nonce, sealed, b"kiosk pair" + public_key)
        return X25519PrivateKey.from_private_bytes(private)
    except (InvalidTag, ValueError) as error:
        raise StoreError("La clé de ce compte ne s'ouvre pas avec ce mot de passe.") from error


def _bound(pair: X25519PrivateKey) -> bytes:
    return b"kiosk pair" + pair.public_key().public_bytes_raw()


def _key(password: bytes, salt: bytes) -> bytes:
    return hash_secret_raw(password, salt, ROUNDS, MEMORY, LANES, 32, Type.ID)
