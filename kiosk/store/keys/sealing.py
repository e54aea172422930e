"""Encryption of content at rest: sealed to the site's public key, opened by one function.

HPKE base mode (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, after one byte that names the suite.
``context`` (submission hash and column) is bound in: a blob moved to another report or column does not open.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from kiosk.errors import StoreError

SUITE_BYTE = b"\x01"
SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def seal(plaintext: bytes, public_key: bytes, *, context: bytes) -> bytes:
    """The result is 49 bytes longer than the plaintext."""
    key = X25519PublicKey.from_public_bytes(public_key)
    return SUITE_BYTE + SUITE.encrypt(plaintext, key, info=b"kiosk content" + context)


def open_sealed(sealed: bytes, private_key: X25519PrivateKey, *, context: bytes) -> bytes:
    """Raises StoreError for a wrong key, another context or changed bytes, without saying which."""
    if sealed[:1] != SUITE_BYTE:
        raise StoreError("Un contenu scellé a été écrit par une version plus récente : installez-la.")
    try:
        return SUITE.decrypt(sealed[1:], private_key, info=b"kiosk content" + context)
    except InvalidTag as error:
        raise StoreError("Un contenu scellé ne s'ouvre pas avec cette clé.") from error
