"""Site key pairs: public half in the database, private half in ``instance/secrets`` (0600) until `kiosk init`."""

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.errors import StoreError
from kiosk.store.base.connection import immediate
from kiosk.store.base.overwrite import remove
from kiosk.store.keys import grants, reader_keys, recovery
from kiosk.store.keys.grants import SiteKey

# Private half of the site key with that number; raises StoreError if it is not available.
KeyOf = Callable[[int], X25519PrivateKey]


def site_key(db: Database, site: str) -> SiteKey:
    """The key for new reports of the site; raises StoreError if there is none."""
    row = db.execute(
        "SELECT id, public_key FROM site_keys WHERE site_id = ? AND retired_at IS NULL ORDER BY id DESC", (site,)
    ).fetchone()
    if row is None:
        raise StoreError(f"Le site « {site} » n'a pas de clé : redémarrez la borne.")
    return SiteKey(row[0], site, row[1], retired=False)


def private_key(secrets: Path, site: str) -> X25519PrivateKey:
    """Read the key file; raises StoreError if it is missing or invalid."""
    path = key_file(secrets, site)
    try:
        return X25519PrivateKey.from_private_bytes(path.read_bytes())
    except PermissionError as error:
        raise StoreError(
            f"La clé privée {path} est là, mais l'utilisateur de la borne n'a pas le droit de la lire : rendez-la-lui"
            " (chown). Ne la remplacez pas."
        ) from error
    except (OSError, ValueError) as error:
        raise StoreError(
            f"La clé privée {path} ne peut pas être lue : remettez-la à partir de la dernière sauvegarde."
        ) from error


def public_half(path: Path) -> bytes | None:
    """Public key of a key file; None if the file is no key."""
    try:
        return X25519PrivateKey.from_private_bytes(path.read_bytes()).public_key().public_bytes_raw()
    except ValueError:
        return None


def in_files(db: Database, secrets: Path) -> KeyOf:
    """Look keys up in their files; the lookup raises StoreError if no file holds the key."""

    def key_of(number: int) -> X25519PrivateKey:
        site, public = db.execute("SELECT site_id, public_key FROM site_keys WHERE id = ?", (number,)).fetchone()
        private = private_key(secrets, site)
        if private.public_key().public_bytes_raw() != public:
            raise StoreError(
                f"Le fichier {key_file(secrets, site)} contient une autre clé du site « {site} » : remettez la bonne."
            )
        return private

    return key_of


def ensure_site_keys(db: Database, secrets: Path, sites: Iterable[str], now: datetime) -> None:
    """Make the missing keys; a private half is on disk before its public half can be used."""
    with_key = {row[0] for row in db.execute("SELECT site_id FROM site_keys WHERE retired_at IS NULL")}
    for site in sites:
        if site not in with_key and not _make_sealed(db, secrets, site, now):
            _make_key(db, secrets, site, now)


def key_file(secrets: Path, site: str) -> Path:
    return secrets / f"site-{site}.key"


def _make_sealed(db: Database, secrets: Path, site: str, now: datetime) -> bool:
    """After `kiosk init` a new site with a reader gets a key that is never in a file."""
    if recovery.current(db) is None or not any(reader.serves(site) for reader in reader_keys.readers(db)):
        return False
    if key_file(secrets, site).exists():
        return False
    with immediate(db):
        grants.new_site_key(db, site, now)
    return True


def _make_key(db: Database, secrets: Path, site: str, now: datetime) -> None:
    path = key_file(secrets, site)
    if not path.exists():  # an interrupted start may have left a good key without a row
        write_secret(path, X25519PrivateKey.generate().private_bytes_raw())
    public = private_key(secrets, site).public_key().public_bytes_raw()
    with immediate(db):
        db.execute(
            "INSERT INTO site_keys (site_id, public_key, created_at) VALUES (?, ?, ?)",
            (site, public, clock.to_text(now)),
        )


def write_secret(path: Path, secret: bytes) -> None:
    """Write atomically, safe against a power cut: new file, sync, rename, sync of the folder."""
    aside = path.with_suffix(".new")
    remove(aside)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Needed because SQLite ignores a failed sync of the folder; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
