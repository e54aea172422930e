"""`kiosk restore`: the steps of kiosk.store.instance.restore, and the mail to the MSSI."""

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk import clock
from kiosk.commands.shared import FILE, says_errors_plainly, typed_key
from kiosk.config import Settings, load_settings
from kiosk.duty.mssi import to_mssi
from kiosk.errors import KioskError, SettingsError, StoreError
from kiosk.mail.system.restored import Restored
from kiosk.store.base.connection import open_database
from kiosk.store.instance import restore as steps
from kiosk.store.instance import start
from kiosk.store.instance.restore import Doubts, Staged
from kiosk.store.keys.recovery import from_text
from kiosk.store.outbox.deliveries import NewDelivery


@click.command()
@click.argument("file", metavar="FICHIER", type=FILE)
@click.option(
    "--key-file",
    type=FILE,
    metavar="FICHIER",
    help="La clé telle qu'affichée, ou backup.key ; sinon elle est demandée.",
)
@click.option("--replace", is_flag=True, help="Met de côté la base et les fichiers présents.")
@says_errors_plainly
def restore(file: Path, key_file: Path | None, replace: bool) -> None:
    """Remet en place ce que kiosk backup a écrit dans FICHIER ; la borne doit être arrêtée."""
    settings = load_settings()
    raw = _raw_key(key_file)
    private_key = X25519PrivateKey.from_private_bytes(raw) if raw else from_text(_key_text(key_file))
    click.echo(restore_from(settings, file, private_key, clock.now(), replace=replace).as_words())


def _raw_key(key_file: Path | None) -> bytes | None:
    """32 raw bytes, as in the instance before `kiosk init`."""
    if key_file and key_file.is_file() and key_file.stat().st_size == 32:
        return key_file.read_bytes()
    return None


def _key_text(key_file: Path | None) -> str:
    """Never from the command line, which every local user can read."""
    if key_file:
        try:
            return key_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KioskError(f"{key_file} ne peut pas être lu : vérifiez le nom et les droits.") from error
    if not sys.stdin.isatty():
        return sys.stdin.read()
    return typed_key("clé")


@dataclass(frozen=True, slots=True)
class RestoreOutcome:
    """``aside``: the former database; ``stayed``: files that were not replaced."""

    staged: Staged
    doubts: Doubts
    stayed: tuple[str, ...]
    aside: Path | None

    def as_words(self) -> str:
        lines = [
            f"Restauré : la borne est comme le {clock.local(self.staged.written_at):%d/%m/%Y à %H:%M},"
            f" jusqu'à l'événement {self.staged.sequence}.",
            f"Courriels qui n'étaient pas encore partis : {self.doubts.mails}. Ils partent,"
            f" signalés comme doubles possibles."
            " Le MSSI en est prévenu.",
        ]
        if self.stayed:
            lines.append(
                f"Laissés tels quels : {', '.join(self.stayed)} (--replace met ceux de la sauvegarde à leur place)."
            )
        if self.aside:
            lines.append(
                f"Ce qui était là avant est gardé : {self.aside}, et les fichiers (aussi dans secrets/) de même fin."
            )
            lines.append(
                "Détruisez-les quand ils ne servent plus : ils contiennent les anciens signalements et leurs clés."
            )
        return "\n".join(lines)


def restore_from(
    settings: Settings, source: Path, private_key: X25519PrivateKey, now: datetime, *, replace: bool
) -> RestoreOutcome:
    """Raises StoreError: the instance is then unchanged, or refuses to start until a restore succeeds."""
    with start.alone(settings):
        if settings.database.exists() and not replace:
            raise StoreError("Il y a déjà une base : --replace la met de côté. Rien n'a été modifié.")
        stamp = steps.stamp_of(settings, now)
        staged = steps.unpack(settings, source, private_key)
        if not replace and (others := steps.differing_keys(settings, staged)):
            steps.discard(staged)
            raise StoreError(
                f"{others[0]} n'est pas la clé de la sauvegarde : --replace la met de côté. Rien n'a été modifié."
            )
        try:
            return _put_back(settings, staged, stamp, now, replace=replace)
        except steps.FAILURES as error:
            what = f"La restauration s'est interrompue ({error}) : réparez ou libérez le disque, puis recommencez."
            raise StoreError(what) from error


def _put_back(settings: Settings, staged: Staged, stamp: str, now: datetime, *, replace: bool) -> RestoreOutcome:
    steps.begin(settings)
    stayed = steps.place_files(settings, staged, stamp=stamp, replace=replace)
    settings = _anew(settings)
    doubts = steps.put_in_doubt(staged, wait=timedelta(seconds=settings.smtp.ambiguous_wait), now=now)
    mails = _mails(settings, staged, doubts, now)
    steps.announce(staged, mails, site=settings.local_site.id, now=now)
    return RestoreOutcome(staged, doubts, stayed, steps.finish(settings, staged, stamp=stamp))


def _anew(settings: Settings) -> Settings:
    """As restored. A setting that is wrong on this machine is reported at the next start."""
    try:
        return load_settings()
    except SettingsError:
        return settings


def _mails(settings: Settings, staged: Staged, doubts: Doubts, now: datetime) -> list[NewDelivery]:
    restored = Restored(
        saved_at=staged.written_at,
        restored_at=now,
        doubtful=doubts.references,
        mails=doubts.mails,
        sequence=staged.sequence,
    )
    with open_database(staged.database) as db:
        return to_mssi(db, settings, restored, now)
