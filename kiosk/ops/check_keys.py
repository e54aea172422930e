"""What is wrong with the keys that open reports: where they lie, who holds them, who waits for one."""

from collections.abc import Iterator
from pathlib import Path

from kiosk.config import Settings
from kiosk.ops.problem import AMBER, RED, Problem
from kiosk.store import grants, keys, recovery
from kiosk.store.connection import Database
from kiosk.store.grants import SiteKey


def key_problems(db: Database, settings: Settings) -> Iterator[Problem]:
    if recovery.current(db) is None:
        yield from _before_init(settings)
        return
    names = {site.id: site.name for site in settings.sites}
    readable, recoverable = grants.readable(db), grants.recoverable(db)
    for key in grants.site_keys(db):
        path = keys.key_file(settings.secrets, key.site)
        if key.id not in readable:
            yield _unread(key, names.get(key.site, key.site), path)
        if key.id not in recoverable:
            what = f"The recovery key does not open the reports of «{names.get(key.site, key.site)}»."
            yield Problem(RED, what, "Start the kiosk once more; if this stays, restore the last backup.")
    for name in sorted({one.reader.name for one in grants.waiting(db)}):
        what = f"«{name}» cannot read reports yet."
        action = f"A colleague who reads already opens the console; or `kiosk staff grant {name}`."
        yield Problem(AMBER, what, action)


def _before_init(settings: Settings) -> Iterator[Problem]:
    for site in settings.sites:
        path = keys.key_file(settings.secrets, site.id)
        if not path.exists():
            what = f"The private key of «{site.name}» is missing: kept reports cannot be read."
            yield Problem(RED, what, f"Restore {path} from a backup.")
        else:
            what = f"The private key of «{site.name}» lies unprotected beside the database."
            yield Problem(RED, what, "Encrypt this machine's disk, then split the key among staff: kiosk init.")


def _unread(key: SiteKey, site: str, path: Path) -> Problem:
    old = "older reports" if key.retired else "reports"
    if path.exists() and not key.retired:
        what = f"The private key of «{site}» lies in a file until somebody who may read these reports has signed in."
        return Problem(AMBER, what, f"Make an account: kiosk staff add NAME --role manager --site {key.site}.")
    what = f"Nobody's password opens the {old} of «{site}»."
    return Problem(RED, what, "Let somebody read them with the recovery key: kiosk staff grant NAME.")
