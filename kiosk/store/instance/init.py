"""Encryption set-up (`kiosk init`): site keys move from files to the keys of people.

A crash does no harm: before the commit nothing has changed, and after it the next start removes the files. A file stays
while only the recovery key could read without it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.fingerprint import fingerprint
from kiosk.errors import StoreError
from kiosk.store.base.connection import immediate
from kiosk.store.base.overwrite import remove
from kiosk.store.instance import backup
from kiosk.store.keys import backup_signing, grants, reader_keys, recovery, site_keys
from kiosk.store.keys.grants import SiteKey, WaitingReader
from kiosk.store.keys.reader_keys import Reader
from kiosk.store.keys.recovery import RecoveryKey
from kiosk.store.trace import events
from kiosk.store.trace.events import SYSTEM, Event

InFile = tuple[SiteKey, X25519PrivateKey]


def split(db: Database, settings: Settings, recovery_public: bytes, now: datetime) -> None:
    """Seal every site key to the recovery key and each reader in one commit, then remove the files.

    Raises StoreError if done before, or if a private key is missing.
    """
    found = list(demand_files(db, settings.secrets))
    signer = backup_signing.public_key(settings.secrets)
    with immediate(db):
        if recovery.current(db):
            raise StoreError("Il y a déjà une clé de secours.")
        current = recovery.add(db, recovery_public, signer, now)
        detail = {"sites": sorted({key.site for key, _ in found})} | _on_paper(recovery_public, signer)
        events.append(db, [Event(action="keys_initialised", detail=detail)], now)
        _seal_all(db, found, current, now)
    remove_files(db, settings.secrets, now)
    forget_copies(db, settings)


def demand_files(db: Database, secrets: Path) -> Iterator[InFile]:
    """Every site key with its private half. Raises StoreError for a file that is missing, unreadable or another's."""
    key_of = site_keys.in_files(db, secrets)
    for key in grants.site_keys(db):
        path = site_keys.key_file(secrets, key.site)
        if not path.exists():
            raise StoreError(
                f"La clé privée {path} manque : remettez-la d'abord à partir d'une sauvegarde. Rien n'a été modifié."
            )
        yield key, key_of(key.id)


def _on_paper(recovery_public: bytes, signer: bytes) -> dict[str, str]:
    """For the event: the recovery key's fingerprint, and the check letters printed below it."""
    letters = backup_signing.check_letters(signer)
    return {"fingerprint": fingerprint(recovery_public), backup_signing.DETAIL: letters}


def demand_all(db: Database, opened: Mapping[int, X25519PrivateKey], by: str) -> None:
    """Raises StoreError unless every site key is in ``opened``."""
    if missing := [key.site for key in grants.site_keys(db) if key.id not in opened]:
        raise StoreError(
            f"« {by} » ne lit pas les signalements de « {missing[0]} » : choisissez quelqu'un qui lit tous les sites."
        )


def renew_recovery(
    db: Database,
    opened: Mapping[int, X25519PrivateKey],
    recovery_public: bytes,
    signer: bytes,
    now: datetime,
    *,
    by: str,
) -> None:
    """Replace a lost or exposed recovery key; the old one opens no site key any more.

    Raises StoreError, and changes nothing, unless every site key is in ``opened``.
    """
    with immediate(db):
        demand_all(db, opened, by)
        current = recovery.add(db, recovery_public, signer, now)
        grants.forget_older_recovery(db, current)
        detail = _on_paper(recovery_public, signer)
        events.append(db, [Event(action="recovery_key_renewed", actor=by, detail=detail)], now)
        grants.to_recovery(db, {key: opened[key.id] for key in grants.site_keys(db)}, current, now)


def settle(db: Database, settings: Settings, now: datetime) -> None:
    """At each start and with each new pair: seal keys that are in files, remove files already sealed."""
    forget_copies(db, settings)
    if recovery.current(db) is None or not (found := list(_in_files(db, settings.secrets))):
        return
    _seal_to_recovery(db, found, now)
    _trust_first_readers(db, [key.site for key, _ in found], now)
    grants.grant_waiting(db, {key.id: private for key, private in found}, now, by=SYSTEM)
    remove_files(db, settings.secrets, now)


def forget_copies(db: Database, settings: Settings) -> None:
    """Copies from before `kiosk init`, with whole site keys, and the key that opens them."""
    if (settings.secrets / backup.KEY_FILE).exists() and recovery.current(db):
        backup.forget_unprotected(settings)


def remove_files(db: Database, secrets: Path, now: datetime) -> None:
    """Rotate the keys that both a reader and the recovery key open, and remove their files.

    A deleted file may still be found on the disk or in a copy: new reports need a key that was never in a file.
    """
    sealed = grants.readable(db) & grants.recoverable(db)
    gone = [key for key, _ in _in_files(db, secrets) if key.id in sealed]
    if not gone:
        return
    with immediate(db):
        grants.rotate(db, [key.id for key in gone], now)
    for key in gone:
        remove(site_keys.key_file(secrets, key.site))
    site_keys.sync_folder(secrets)
    with immediate(db):
        events.append(db, [Event(action="key_file_removed", detail={"site": key.site}) for key in gone], now)


def _seal_to_recovery(db: Database, found: Sequence[InFile], now: datetime) -> None:
    """A site added after `kiosk init` has its key in a file while it has no reader."""
    current, sealed = recovery.current(db), grants.recoverable(db)
    new = {key: private for key, private in found if key.id not in sealed}
    if current and new:
        with immediate(db):
            grants.to_recovery(db, new, current, now)


def _trust_first_readers(db: Database, sites: Sequence[str], now: datetime) -> None:
    """Confirm the first readers of a site, if nobody reads yet at any of their sites who could confirm them."""
    trusted = reader_keys.trusted(db)
    known = [reader for reader in reader_keys.known(db) if any(reader.serves(site) for site in sites)]
    first = [reader for reader in known if not any(_meet(reader, other) for other in trusted)]
    if first:
        with immediate(db):
            for reader in first:
                reader_keys.confirm(db, reader, now, by=SYSTEM)


def _meet(one: Reader, other: Reader) -> bool:
    return not one.sites or not other.sites or bool({*one.sites} & {*other.sites})


def _seal_all(db: Database, found: Sequence[InFile], current: RecoveryKey, now: datetime) -> None:
    """Confirm and grant to the readers that the trace knows; whoever runs `kiosk init` sees their names."""
    readers = reader_keys.known(db)
    for reader in readers:
        reader_keys.confirm(db, reader, now, by=SYSTEM)
    grants.to_recovery(db, dict(found), current, now)
    waiting = [WaitingReader(key, reader) for key, _ in found for reader in readers if reader.serves(key.site)]
    grants.to_readers(db, waiting, {key.id: private for key, private in found}, now, by=SYSTEM)


def _in_files(db: Database, secrets: Path) -> Iterator[InFile]:
    key_of = site_keys.in_files(db, secrets)
    for key in grants.site_keys(db):
        if site_keys.key_file(secrets, key.site).exists():
            try:
                yield key, key_of(key.id)
            except StoreError:  # the file holds a newer key of the site, or no key
                continue
