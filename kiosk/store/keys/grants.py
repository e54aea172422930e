"""Key grants: site keys sealed to each reader's key pair and to the recovery key, from `kiosk init` on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.fingerprint import fingerprint
from kiosk.errors import StoreError
from kiosk.store.base.connection import immediate
from kiosk.store.keys import reader_keys, recovery
from kiosk.store.keys.reader_keys import Reader
from kiosk.store.keys.recovery import RecoveryKey
from kiosk.store.keys.sealing import open_sealed, seal
from kiosk.store.trace import events
from kiosk.store.trace.events import SYSTEM, Event

GRANTED = "key_granted"
RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class SiteKey:
    """``retired``: only older texts are sealed to it."""

    id: int
    site: str
    public_key: bytes
    retired: bool


@dataclass(frozen=True, slots=True)
class WaitingReader:
    """A reader without a grant for a site key."""

    key: SiteKey
    reader: Reader


def site_keys(db: Database) -> list[SiteKey]:
    rows = db.execute("SELECT id, site_id, public_key, retired_at IS NOT NULL FROM site_keys ORDER BY id")
    return [SiteKey(number, site, public, bool(retired)) for number, site, public, retired in rows.fetchall()]


def waiting(db: Database) -> list[WaitingReader]:
    """Readers who cannot read yet: not confirmed, or no other reader of the site has used the console since.

    Empty before `kiosk init`.
    """
    held = set(db.execute("SELECT site_key_id, staff_key_id FROM key_grants WHERE staff_key_id IS NOT NULL").fetchall())
    if recovery.current(db) is None:
        return []
    readers = reader_keys.readers(db)
    return [
        WaitingReader(key, reader)
        for key in site_keys(db)
        for reader in readers
        if reader.serves(key.site) and (key.id, reader.pair) not in held
    ]


def readable(db: Database) -> set[int]:
    """Numbers of the site keys with a grant to a reader."""
    return {row[0] for row in db.execute("SELECT DISTINCT site_key_id FROM key_grants WHERE staff_key_id IS NOT NULL")}


def recoverable(db: Database) -> set[int]:
    """Numbers of the site keys with a grant to the recovery key."""
    current = recovery.current(db)
    rows = db.execute("SELECT site_key_id FROM key_grants WHERE recovery_key_id = ?", (current.id if current else 0,))
    return {row[0] for row in rows.fetchall()}


def opened_by_pair(db: Database, pair: X25519PrivateKey, site_key: int) -> X25519PrivateKey | None:
    """None without a grant. Raises StoreError if the grant does not open."""
    row = db.execute(
        "SELECT sealed, site_keys.public_key FROM key_grants JOIN staff_keys ON staff_keys.id = staff_key_id"
        " JOIN site_keys ON site_keys.id = site_key_id WHERE site_key_id = ? AND staff_keys.public_key = ?",
        (site_key, pair.public_key().public_bytes_raw()),
    ).fetchone()
    return _opened(row[0], pair, row[1]) if row else None


def opened_by_recovery(db: Database, key: X25519PrivateKey) -> dict[int, X25519PrivateKey]:
    """Every site key granted to it. Raises StoreError if this is not the recovery key."""
    current = recovery.current(db)
    if current is None or current.public_key != key.public_key().public_bytes_raw():
        raise StoreError("Ce n'est pas la clé de secours de cette borne : prenez celle que kiosk init a affichée.")
    rows = db.execute(
        "SELECT site_key_id, sealed, public_key FROM key_grants JOIN site_keys ON site_keys.id = site_key_id"
        " WHERE recovery_key_id = ?",
        (current.id,),
    )
    return {number: _opened(sealed, key, public) for number, sealed, public in rows.fetchall()}


def grant_waiting(
    db: Database, opened: Mapping[int, X25519PrivateKey], now: datetime, *, by: str, to: str | None = None
) -> int:
    """Grant the ``opened`` keys to confirmed readers who wait, or only to the account ``to``; returns the count."""
    if not _chosen(db, opened, to):
        return 0
    with immediate(db):
        chosen = _chosen(db, opened, to)
        to_readers(db, chosen, opened, now, by=by)
    return len(chosen)


def to_readers(
    db: Database, chosen: Sequence[WaitingReader], opened: Mapping[int, X25519PrivateKey], now: datetime, *, by: str
) -> None:
    """Inside the caller's transaction, with its events; idempotent."""
    for one in chosen:
        to_reader(db, one.key, opened[one.key.id], one.reader, by, now)
    _trace(db, chosen, by, now)


def to_reader(db: Database, key: SiteKey, private: X25519PrivateKey, reader: Reader, by: str, now: datetime) -> None:
    """Inside the caller's transaction; idempotent."""
    _insert(db, key, private, reader.public_key, now, by, staff_key=reader.pair)


def to_recovery(db: Database, opened: Mapping[SiteKey, X25519PrivateKey], to: RecoveryKey, now: datetime) -> None:
    """Inside the caller's transaction, with its event; idempotent."""
    for key, private in opened.items():
        _to_recovery(db, key, private, to, now)
    if opened:
        detail = {
            "account": RECOVERY,
            "fingerprint": fingerprint(to.public_key),
            "sites": sorted({key.site for key in opened}),
        }
        events.append(db, [Event(action=GRANTED, detail=detail | {"keys": sorted(key.id for key in opened)})], now)


def forget_older_recovery(db: Database, current: RecoveryKey) -> None:
    """Inside the caller's transaction."""
    db.execute("DELETE FROM key_grants WHERE recovery_key_id != ?", (current.id,))


def opened_by_reader(db: Database, pair: X25519PrivateKey) -> dict[int, X25519PrivateKey]:
    found = {key.id: opened_by_pair(db, pair, key.id) for key in site_keys(db)}
    return {number: key for number, key in found.items() if key}


def new_site_key(db: Database, site: str, now: datetime) -> SiteKey:
    """Make a key that is never in a file; grant it to the site's readers and the recovery key.

    Inside the caller's transaction. Raises StoreError before `kiosk init`.
    """
    private, current = X25519PrivateKey.generate(), recovery.current(db)
    if current is None:
        raise StoreError("Les clés ne sont confiées aux lecteurs qu'à partir de kiosk init : lancez-le d'abord.")
    public = private.public_key().public_bytes_raw()
    number = db.execute(
        "INSERT INTO site_keys (site_id, public_key, created_at) VALUES (?, ?, ?) RETURNING id",
        (site, public, clock.to_text(now)),
    ).fetchone()[0]
    key = SiteKey(number, site, public, retired=False)
    _to_recovery(db, key, private, current, now)
    readers = [reader for reader in reader_keys.trusted(db) if reader.serves(site)]
    for reader in readers:
        to_reader(db, key, private, reader, SYSTEM, now)
    trace_new_key(db, key, now, to=[current.public_key, *(reader.public_key for reader in readers)])
    return key


def trace_new_key(db: Database, key: SiteKey, now: datetime, *, to: Sequence[bytes] = ()) -> None:
    """Inside the caller's transaction. ``to``: public keys that it was granted to."""
    detail = {"site": key.site, "key": key.id, "fingerprint": fingerprint(key.public_key)}
    granted = {"to": [fingerprint(each) for each in to]} if to else {}
    events.append(db, [Event(action="site_key_made", detail=detail | granted)], now)


def rotate(db: Database, numbers: Sequence[int], now: datetime) -> None:
    """Inside the caller's transaction: new keys for new reports; retired ones still open old reports."""
    for key in site_keys(db):
        if key.id in numbers and not key.retired:
            db.execute("UPDATE site_keys SET retired_at = ? WHERE id = ?", (clock.to_text(now), key.id))
            new_site_key(db, key.site, now)
            events.append(db, [Event(action="key_rotated", detail={"site": key.site})], now)


def _chosen(db: Database, opened: Mapping[int, X25519PrivateKey], to: str | None) -> list[WaitingReader]:
    found = [one for one in waiting(db) if one.key.id in opened and to in (None, one.reader.name)]
    trusted = reader_keys.trusted(db) if found else []
    return [one for one in found if one.reader in trusted]


def _trace(db: Database, granted: Sequence[WaitingReader], by: str, now: datetime) -> None:
    told: dict[Reader, list[SiteKey]] = {}
    for one in granted:
        told.setdefault(one.reader, []).append(one.key)
    made = []
    for reader, keys in told.items():
        detail = {
            "account": reader.name,
            "fingerprint": reader.fingerprint,
            "sites": sorted({key.site for key in keys}),
        }
        made.append(Event(action=GRANTED, actor=by, detail=detail | {"keys": [key.id for key in keys]}))
    events.append(db, made, now)


def _to_recovery(db: Database, key: SiteKey, private: X25519PrivateKey, to: RecoveryKey, now: datetime) -> None:
    _insert(db, key, private, to.public_key, now, SYSTEM, recovery_key=to.id)


def _insert(
    db: Database,
    key: SiteKey,
    private: X25519PrivateKey,
    public: bytes,
    now: datetime,
    by: str,
    *,
    staff_key: int | None = None,
    recovery_key: int | None = None,
) -> None:
    sealed = seal(private.private_bytes_raw(), public, context=_context(key.public_key))
    db.execute(
        "INSERT INTO key_grants (site_key_id, staff_key_id, recovery_key_id, sealed, granted_by, granted_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (key.id, staff_key, recovery_key, sealed, by, clock.to_text(now)),
    )


def _opened(sealed: bytes, key: X25519PrivateKey, site_public: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(open_sealed(sealed, key, context=_context(site_public)))


def _context(site_public: bytes) -> bytes:
    return b"grant" + site_public
