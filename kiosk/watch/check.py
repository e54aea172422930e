"""What is wrong with this installation, and what to do about each of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from kiosk.config import Settings
from kiosk.resources import static_folder
from kiosk.store.base.connection import Database
from kiosk.store.instance import backup, listen_addresses
from kiosk.store.instance.listen_addresses import is_loopback
from kiosk.store.keys import grants, recovery, site_keys
from kiosk.store.keys.grants import SiteKey
from kiosk.store.staff import accounts
from kiosk.store.trace import checks
from kiosk.store.trace.events import first_break
from kiosk.store.watch import health
from kiosk.store.watch.health import Pulse
from kiosk.watch.check_settings import (
    AMBER,
    RED,
    Finding,
    audience_problems,
    mail_problems,
    retention_problems,
    sealing_problems,
    secret_problems,
    site_problems,
)
from kiosk.watch.troubles import ends_soon

MEBIBYTE = 1024 * 1024
OLD = timedelta(days=8)


def find_problems(db: Database, settings: Settings, now: datetime) -> list[Finding]:
    pulse = health.pulse(db, settings, now)
    return [
        *(PULSE_PROBLEMS[word](pulse) for word in pulse.problems),
        *_certificate_problems(pulse),
        *_trace_problems(db, pulse),
        *audience_problems(settings),
        *site_problems(settings),
        *mail_problems(settings),
        *sealing_problems(settings, now),
        *backup_problems(db, now),
        *key_problems(db, settings),
        *retention_problems(settings),
        *secret_problems(settings),
        *_staff_problems(db, settings),
        *_asset_problems(),
    ]


def _forwarder(pulse: Pulse) -> Finding:
    silent = pulse.forwarder_silent_for
    since = "has never run" if silent is None else f"has been silent for {silent} s"
    return Finding(RED, f"The forwarder {since}.", "Start `kiosk run`, or `kiosk forward` beside it.")


def _late(pulse: Pulse) -> Finding:
    minutes = (pulse.oldest_undelivered or 0) // 60
    what = f"{pulse.undelivered} deliveries wait, the oldest for {minutes} min."
    return Finding(RED, what, "See the relay's words in `kiosk queue`; inform the MSSI by telephone meanwhile.")


def _held(pulse: Pulse) -> Finding:
    what = f"The relay has refused {pulse.held} deliveries for good."
    return Finding(RED, what, "Read its words in `kiosk queue`, correct the cause, then `kiosk queue retry`.")


def _relay(pulse: Pulse) -> Finding:
    if pulse.relay == "none":
        what = "No relay is configured: reports are kept, nothing is sent."
        return Finding(RED, what, "Set host, port and security under [smtp] in kiosk.toml.")
    if pulse.relay == "refused":
        what = f"The relay refuses our credentials: {pulse.relay_reply}"
        return Finding(RED, what, "Correct smtp.username or the password file; sending resumes within 15 minutes.")
    what = f"The relay cannot be reached: {pulse.relay_reply}"
    return Finding(RED, what, "Check the network, smtp.host and smtp.port; the queue drains by itself afterwards.")


def _disk(pulse: Pulse) -> Finding:
    what = f"Only {pulse.disk_free // MEBIBYTE} MiB are free on the disk of the instance."
    return Finding(RED, what, "Free some space before reports can no longer be kept.")


def _clock(pulse: Pulse) -> Finding:
    return Finding(RED, "The clock runs before the last recorded event.", "Set the clock, and synchronise it (NTP).")


def _chain(pulse: Pulse) -> Finding:
    what = f"The trace was found broken at event {pulse.broken_event}."
    return Finding(RED, what, "Keep a copy of the database; then `kiosk verify` with a mail that somebody has kept.")


PULSE_PROBLEMS: dict[str, Callable[[Pulse], Finding]] = {
    "forwarder": _forwarder,
    "late": _late,
    "held": _held,
    "relay": _relay,
    "disk": _disk,
    "clock": _clock,
    "chain": _chain,
}


def _certificate_problems(pulse: Pulse) -> Iterator[Finding]:
    if ends_soon(pulse):
        what = f"The relay's certificate ends in {pulse.certificate_days} days; then no mail can leave."
        yield Finding(AMBER, what, "Have it renewed by whoever runs the relay.")


def _trace_problems(db: Database, pulse: Pulse) -> Iterator[Finding]:
    """The whole of it now, not only what the background process has come to."""
    if pulse.broken_event is None and (broken := first_break(db)) is not None:
        yield _chain(replace(pulse, broken_event=broken))
    for name in checks.missing_safeguards(db):
        what = f"The safeguard «{name}» is missing from the database: somebody may have changed what is kept."
        yield Finding(RED, what, "Check the trace (`kiosk verify` with a saved mail), then restore the last backup.")


def _staff_problems(db: Database, settings: Settings) -> Iterator[Finding]:
    address, tls, proxy = (
        listen_addresses.address_of(db, listen_addresses.STAFF),
        settings.staff.tls,
        settings.web.proxy,
    )
    if address and not is_loopback(address) and not tls:
        what = f"Passwords travel in clear to the staff's door ({address})."
        yield Finding(RED, what, "Let it listen on loopback behind a proxy with TLS, and set tls = true under [staff].")
    if tls and not proxy:
        what = "Every visitor of the console looks like the proxy before it."
        yield Finding(AMBER, what, "Set proxy under [web] to the proxy's address.")
    if not any(account.active and account.password_hash for account in accounts.accounts(db)):
        what = "Nobody can sign in to the console: no account has a password."
        yield Finding(AMBER, what, "Make one: kiosk staff add NAME --role manager.")


def _asset_problems() -> Iterator[Finding]:
    if not (static_folder() / "vendor" / "manifest.json").exists():
        what = "The browser files (htmx, fonts) have not been built."
        yield Finding(RED, what, "Install again with `make run` or `pip install .`, with npm or a network.")


def backup_problems(db: Database, now: datetime) -> Iterator[Finding]:
    last = backup.last_written(db)
    if last is None:
        yield Finding(AMBER, "No backup has been made yet.", "kiosk backup FILE, on another disk, each night.")
    elif now - last > OLD:
        yield Finding(AMBER, f"The last backup is {(now - last).days} days old.", "kiosk backup FILE, each night.")


def key_problems(db: Database, settings: Settings) -> Iterator[Finding]:
    if recovery.current(db) is None:
        yield from _keys_before_init(settings)
        return
    names = {site.id: site.name for site in settings.sites}
    readable, recoverable = grants.readable(db), grants.recoverable(db)
    for key in grants.site_keys(db):
        path = site_keys.key_file(settings.secrets, key.site)
        if key.id not in readable:
            yield _unread_key(key, names.get(key.site, key.site), path)
        if key.id not in recoverable:
            what = f"The recovery key does not open the reports of «{names.get(key.site, key.site)}»."
            yield Finding(RED, what, "Start the kiosk once more; if this stays, restore the last backup.")
    for name in sorted({one.reader.name for one in grants.waiting(db)}):
        what = f"«{name}» cannot read reports yet."
        action = f"A colleague who reads already opens the console; or `kiosk staff grant {name}`."
        yield Finding(AMBER, what, action)


def _keys_before_init(settings: Settings) -> Iterator[Finding]:
    for site in settings.sites:
        path = site_keys.key_file(settings.secrets, site.id)
        if not path.exists():
            what = f"The private key of «{site.name}» is missing: kept reports cannot be read."
            yield Finding(RED, what, f"Restore {path} from a backup.")
        else:
            what = f"The private key of «{site.name}» lies unprotected beside the database."
            yield Finding(RED, what, "Encrypt this machine's disk, then split the key among staff: kiosk init.")


def _unread_key(key: SiteKey, site: str, path: Path) -> Finding:
    old = "older reports" if key.retired else "reports"
    if path.exists() and not key.retired:
        what = f"The private key of «{site}» lies in a file until somebody who may read these reports has signed in."
        return Finding(AMBER, what, f"Make an account: kiosk staff add NAME --role manager --site {key.site}.")
    what = f"Nobody's password opens the {old} of «{site}»."
    return Finding(RED, what, "Let somebody read them with the recovery key: kiosk staff grant NAME.")
