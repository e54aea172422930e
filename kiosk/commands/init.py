"""`kiosk init` and `kiosk staff grant`: the recovery key is made and used here, and never kept."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

import click
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk import clock
from kiosk.commands.shared import says_errors_plainly, typed_key
from kiosk.config import Settings, load_settings
from kiosk.domain import roles
from kiosk.errors import StaffError
from kiosk.store.base.connection import Database
from kiosk.store.instance import init as instance_init
from kiosk.store.instance import start
from kiosk.store.keys import grants, password_wrap, reader_keys, recovery
from kiosk.store.staff import accounts
from kiosk.store.staff.passwords import as_bytes

PAPER = """The recovery key of this kiosk:

{key}

Write it down or print it now: it is shown this once and kept nowhere on this machine. Give it to the MSSI, to be kept
in a safe. It opens every report when no password does any more, and every backup.
It is valid once this command says «done»; if it does not, destroy the paper and begin again.
"""


def split_keys(db: Database, settings: Settings, show: Callable[[str], None], now: datetime) -> bool:
    """False, without any change, when it was done before. Raises StoreError when a key is missing.

    The key is shown before it is valid: a break in between leaves a paper that opens nothing, never keys that no paper
    opens.
    """
    if recovery.current(db):
        return False
    key = X25519PrivateKey.generate()
    show(PAPER.format(key=recovery.to_text(key)))
    instance_init.split(db, settings, key.public_key().public_bytes_raw(), now)
    return True


def renew(db: Database, name: str, password: str, show: Callable[[str], None], now: datetime) -> None:
    """Another recovery key, made by a reader of every site. Raises StaffError and StoreError, without any change."""
    account = accounts.find(db, name)
    pair = reader_keys.current(db, account.member.id) if account and account.active else None
    if pair is None or recovery.current(db) is None:
        raise StaffError(f"«{name}» holds no keys: it takes somebody who reads reports, and `kiosk init` before.")
    private = password_wrap.unwrap(pair.wrapped, pair.public_key, as_bytes(password))
    opened = grants.opened_by_reader(db, private)
    instance_init.demand_all(db, opened, name)
    key = X25519PrivateKey.generate()
    show(PAPER.format(key=recovery.to_text(key)))
    instance_init.renew_recovery(db, opened, key.public_key().public_bytes_raw(), now, by=name)


def still_in_files(db: Database, settings: Settings) -> list[str]:
    """The sites that nobody with an account can read yet: their keys are protected by the disk's encryption alone."""
    names = {site.id: site.name for site in settings.sites}
    readable = grants.readable(db)
    return sorted({names.get(key.site, key.site) for key in grants.site_keys(db) if key.id not in readable})


def grant_keys(db: Database, name: str, typed: str, now: datetime) -> int:
    """Opens with the recovery key what the account may read; how many keys were granted.

    Raises StaffError for an account that can hold none, KeyTextError and StoreError for a wrong key.
    """
    account = accounts.find(db, name)
    if account is None or not account.active or account.member.role not in roles.READING:
        raise StaffError(f"«{name}» reads no reports, so there is nothing to grant: see `kiosk staff list`.")
    if reader_keys.current(db, account.member.id) is None:
        raise StaffError(f"«{name}» has no key yet: it is made at the first sign-in, or with the first password.")
    opened = grants.opened_by_recovery(db, recovery.from_text(typed))
    return grants.grant_waiting(db, opened, now, by="recovery", to=name)


@click.command()
@click.option(
    "--new-recovery-key",
    "reader",
    metavar="NAME",
    help="Replace a lost one; NAME, who reads all sites, types a password.",
)
@says_errors_plainly
def init(reader: str | None) -> None:
    """Print the recovery key, once, and leave no key on this machine that opens a report without a password."""

    settings = load_settings()
    if reader:
        _renew(settings, reader.lower())
        return
    with start.prepare(settings, clock.now()) as db:
        if not split_keys(db, settings, _show, clock.now()):
            click.echo("kiosk: this was done before. Nothing was changed.", err=True)
            sys.exit(1)
        left = still_in_files(db, settings)
    click.echo("done: the recovery key above is valid.")
    for site in left:
        click.echo(f"The key of «{site}» stays in its file until somebody who may read it signs in.", err=True)


@click.command()
@click.argument("name")
@click.option(
    "--recovery-file", type=click.File(), metavar="FILE", help="Read the recovery key there (- for standard input)."
)
@says_errors_plainly
def grant(name: str, recovery_file: TextIO | None) -> None:
    """Let NAME read, with the recovery key: when no colleague is left who could."""

    typed = recovery_file.read() if recovery_file else typed_key("recovery key")
    with start.prepare(load_settings(), clock.now()) as db:
        count = grant_keys(db, name.lower(), typed, clock.now())
    click.echo(f"{count} keys granted to {name.lower()}." if count else f"{name.lower()} can read everything already.")


def _renew(settings: Settings, reader: str) -> None:

    password = click.prompt(f"Password of {reader}", hide_input=True, err=True)
    with start.prepare(settings, clock.now()) as db:
        renew(db, reader, password, _show, clock.now())
    click.echo(
        "done: the recovery key above is valid. The one before opens only backups made until now: take a new one."
    )


def _show(text: str) -> None:
    """On its way before anything changes; a closed pipe stops us here."""
    click.echo(text)
    sys.stdout.flush()
