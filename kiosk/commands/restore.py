"""`kiosk restore`: the steps of kiosk.store.instance.restore, and the mail that tells the MSSI."""

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk import clock
from kiosk.commands.shared import FILE, says_errors_plainly, typed_key
from kiosk.config import Settings, load_settings
from kiosk.domain.purposes import Purpose
from kiosk.duty.mssi import kiosk_name, new_identity, to_mssi
from kiosk.errors import KioskError, SettingsError, StoreError
from kiosk.mail.system.restored import Restored, compose_restored
from kiosk.store.base.connection import open_database
from kiosk.store.instance import restore as steps
from kiosk.store.instance import start
from kiosk.store.instance.restore import Doubts, Staged
from kiosk.store.keys.recovery import from_text
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace.events import trace_head

WHY = "une sauvegarde a été restaurée sur la borne"


@click.command()
@click.argument("file", type=FILE)
@click.option("--key-file", type=FILE, help="The key as printed, or backup.key; without, it is asked for.")
@click.option("--replace", is_flag=True, help="Put aside the database and the files that are there now.")
@says_errors_plainly
def restore(file: Path, key_file: Path | None, replace: bool) -> None:
    """Put back what `kiosk backup` wrote to FILE; the kiosk must not run."""
    settings = load_settings()
    raw = _raw_key(key_file)
    private_key = X25519PrivateKey.from_private_bytes(raw) if raw else from_text(_key_text(key_file))
    click.echo(restore_from(settings, file, private_key, clock.now(), replace=replace).as_words())


def _raw_key(key_file: Path | None) -> bytes | None:
    """As it lies in the instance before `kiosk init`."""
    if key_file and key_file.is_file() and key_file.stat().st_size == 32:
        return key_file.read_bytes()
    return None


def _key_text(key_file: Path | None) -> str:
    """Never from the command line, which every user of the machine can read."""
    if key_file:
        try:
            return key_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KioskError(f"{key_file} cannot be read.") from error
    if not sys.stdin.isatty():
        return sys.stdin.read()
    return typed_key("key")


@dataclass(frozen=True, slots=True)
class RestoreOutcome:
    """``aside``: where the database lies that was there before; ``stayed``: files that were not replaced."""

    staged: Staged
    doubts: Doubts
    stayed: tuple[str, ...]
    aside: Path | None

    def as_words(self) -> str:
        lines = [
            f"Restored: the kiosk is as it was on {clock.local(self.staged.written_at):%d/%m/%Y at %H:%M},"
            f" up to event {self.staged.sequence}.",
            f"{self.doubts.mails} mails had not left then; they go out, marked as possible doubles. The MSSI is told.",
        ]
        if self.stayed:
            lines.append(f"Left as they are: {', '.join(self.stayed)} (--replace puts the backup's in their place).")
        if self.aside:
            lines.append(
                f"What was there before is kept: {self.aside}, and files (also in secrets/) that end the same."
            )
            lines.append("Destroy them when they are no longer needed: they hold the former reports and their keys.")
        return "\n".join(lines)


def restore_from(
    settings: Settings, source: Path, private_key: X25519PrivateKey, now: datetime, *, replace: bool
) -> RestoreOutcome:
    """Raises StoreError; the instance is then as it was, or a start refuses until this has been done again."""
    with start.alone(settings):
        if settings.database.exists() and not replace:
            raise StoreError("There is a database already: with --replace it is kept aside. Nothing was changed.")
        stamp = steps.stamp_of(settings, now)
        staged = steps.unpack(settings, source, private_key)
        if not replace and (others := steps.differing_keys(settings, staged)):
            steps.discard(staged)
            raise StoreError(f"{others[0]} is not the backup's key: --replace puts it aside. Nothing was changed.")
        try:
            return _put_back(settings, staged, stamp, now, replace=replace)
        except steps.FAILURES as error:
            what = f"The restore broke off ({error}): mend the disk, then do it again."
            raise StoreError(what) from error


def _put_back(settings: Settings, staged: Staged, stamp: str, now: datetime, *, replace: bool) -> RestoreOutcome:
    steps.begin(settings)
    stayed = steps.place_files(settings, staged, stamp=stamp, replace=replace)
    settings = _anew(settings)
    doubts = steps.put_in_doubt(staged, wait=timedelta(seconds=settings.smtp.ambiguous_wait), now=now)
    mails = _mails(settings, staged, doubts, now)
    steps.announce(staged, mails, site=settings.local_site.id, demo=settings.demo, now=now)
    return RestoreOutcome(staged, doubts, stayed, steps.finish(settings, staged, stamp=stamp))


def _anew(settings: Settings) -> Settings:
    """As the restored files say; a setting that fits this machine no more is for the next start to tell."""
    try:
        return load_settings()
    except SettingsError:
        return settings


def _mails(settings: Settings, staged: Staged, doubts: Doubts, now: datetime) -> list[NewDelivery]:
    with open_database(staged.database) as db:
        head = trace_head(db)
    told = Restored(
        name=kiosk_name(settings),
        organisation=settings.organisation.name,
        written_at=staged.written_at,
        restored_at=now,
        doubtful=doubts.references,
        mails=doubts.mails,
        sequence=staged.sequence,
        demo=settings.demo,
        trace=head,
    )
    identity = new_identity(now)
    return to_mssi(
        settings, lambda *to: compose_restored(told, *to, identity=identity), purpose=Purpose.RESTORE, why=WHY
    )
