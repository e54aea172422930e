"""`kiosk check`: the troubles that mails and the console tell, and those that only this command looks for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.addresses import host_of, is_loopback
from kiosk.domain.troubles import FoundTrouble
from kiosk.domain.troubles import setup as trouble
from kiosk.domain.troubles.running import DATABASE
from kiosk.resources import static_folder, unverified_files
from kiosk.store.base.connection import Database
from kiosk.store.base.damage import look
from kiosk.store.instance import backup, listen_addresses
from kiosk.store.instance.owner import strangers
from kiosk.store.keys import backup_signing, follow_up_secret, grants, recovery, site_keys
from kiosk.store.keys.grants import SiteKey
from kiosk.store.staff import accounts
from kiosk.store.trace.events import first_break
from kiosk.store.watch import alterations, health
from kiosk.store.watch.health import Pulse
from kiosk.watch.check_settings import settings_troubles
from kiosk.watch.disk_encryption import Encryption, encryption_of
from kiosk.watch.troubles import troubles_now

OLD = timedelta(days=8)


def find_troubles(db: Database, settings: Settings, now: datetime) -> list[FoundTrouble]:
    if damage := look(db, settings.database):
        return troubles_without_database(settings, DATABASE.found(damage=damage))
    return [
        *troubles_now(_compared_now(db, settings, health.pulse(db, settings, now)), settings),
        *backup_troubles(db, now),
        *_of_keys(db, settings),
        *_of_follow_up(db),
        *public_clear(listen_addresses.address_of(db, listen_addresses.PUBLIC)),
        *_of_staff(db, settings),
        *_without_database(settings),
    ]


def troubles_without_database(settings: Settings, why: FoundTrouble) -> list[FoundTrouble]:
    """Nothing that a database says is told that is damaged or cannot be opened."""
    return [why, *_without_database(settings)]


def _without_database(settings: Settings) -> list[FoundTrouble]:
    return [*settings_troubles(settings), *_of_owner(settings), *_of_disk(settings), *_of_browser_files()]


def _compared_now(db: Database, settings: Settings, pulse: Pulse) -> Pulse:
    """Verify the whole trace and compare all rows; the forwarder may not have come that far."""
    found = alterations.look_at_everything(db, settings.secrets)
    return replace(
        pulse,
        broken_event=first_break(db) if pulse.broken_event is None else pulse.broken_event,
        altered=found.report or found.lost,
        unrecorded=found.accounts,
        structure=found.structure,
    )


def public_clear(address: str | None) -> Iterator[FoundTrouble]:
    """``address``: HOST:PORT where the public door listens."""
    if address and not is_loopback(host_of(address)):
        yield trouble.PUBLIC_CLEAR.found(address=address)


def _of_staff(db: Database, settings: Settings) -> Iterator[FoundTrouble]:
    address = listen_addresses.address_of(db, listen_addresses.STAFF)
    if address and not is_loopback(host_of(address)) and not settings.staff.tls:
        yield trouble.PASSWORDS_CLEAR.found(address=address)
    name = urlsplit(settings.mail.console_url).hostname or ""
    if name and not _is_answered(name, settings, address):
        yield trouble.CONSOLE_HOST.found(name=name)
    if settings.staff.tls and not settings.web.proxy:
        yield trouble.PROXY_UNNAMED.found()
    if not any(account.active and account.password_hash for account in accounts.accounts(db)):
        yield trouble.NOBODY_SIGNS_IN.found()


def _is_answered(name: str, settings: Settings, address: str | None) -> bool:
    """True if the staff door answers under the name. ``address``: where it listens, which it also answers to."""
    listed = [host.strip("[]").lower() for host in settings.web.hosts]
    parents = any(host.startswith(".") and f".{name}".endswith(host) for host in listed)
    return is_loopback(name) or name in [*listed, host_of(address or "").lower()] or parents


def _of_disk(settings: Settings) -> Iterator[FoundTrouble]:
    wrong = {Encryption.NO: trouble.DISK_UNENCRYPTED, Encryption.UNKNOWN: trouble.DISK_UNKNOWN}
    if found := wrong.get(encryption_of(settings.instance)):
        yield found.found(path=settings.instance)


def _of_owner(settings: Settings) -> Iterator[FoundTrouble]:
    if found := [*strangers(settings)]:
        yield trouble.FOREIGN_OWNER.found(path=found[0], more=f" (et {len(found) - 1} de plus)" if found[1:] else "")


def _of_follow_up(db: Database) -> Iterator[FoundTrouble]:
    if at := follow_up_secret.replaced_at(db):
        yield trouble.FOLLOW_UP_REPLACED.found(day=f"{clock.local(at):%d/%m/%Y}")


def _of_browser_files() -> Iterator[FoundTrouble]:
    if not (static_folder() / "vendor" / "manifest.json").exists():
        yield trouble.BROWSER_FILES.found()
        return
    for name in sorted(unverified_files()):
        yield trouble.BROWSER_FILE_ALTERED.found(name=name)


def backup_troubles(db: Database, now: datetime) -> Iterator[FoundTrouble]:
    last = backup.last_written(db)
    if last is None:
        yield trouble.BACKUP_NONE.found()
    elif now - last > OLD:
        yield trouble.BACKUP_OLD.found(days=(now - last).days)


def _of_keys(db: Database, settings: Settings) -> Iterator[FoundTrouble]:
    paper = recovery.current(db)
    if paper is None:
        yield from _before_init(settings)
        return
    if not backup_signing.signs(settings.secrets, paper.signer):
        yield trouble.BACKUP_SIGNER.found()
    names = {site.id: site.name for site in settings.sites}
    readable, recoverable = grants.readable(db), grants.recoverable(db)
    for key in grants.site_keys(db):
        name = names.get(key.site, key.site)
        if key.id not in readable:
            yield _unread(key, name, settings)
        if key.id not in recoverable:
            yield trouble.KEY_UNRECOVERABLE.found(site=name)
    for waiting in sorted({one.reader.name for one in grants.waiting(db)}):
        yield trouble.READER_WAITING.found(name=waiting)


def _before_init(settings: Settings) -> Iterator[FoundTrouble]:
    for site in settings.sites:
        path = site_keys.key_file(settings.secrets, site.id)
        found = trouble.KEY_UNPROTECTED if path.exists() else trouble.KEY_MISSING
        yield found.found(site=site.name, path=path)


def _unread(key: SiteKey, site: str, settings: Settings) -> FoundTrouble:
    if site_keys.key_file(settings.secrets, key.site).exists() and not key.retired:
        return trouble.KEY_IN_FILE.found(site=site, id=key.site)
    return trouble.KEY_UNREAD.found(site=site, which=" (les plus anciens)" if key.retired else "")
