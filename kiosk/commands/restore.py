"""`kiosk restore`: the steps of kiosk.store.instance.restore, and the mail to the MSSI."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk import clock
from kiosk.commands.restore_preview import preview
from kiosk.commands.shared import FILE, STANDARD_INPUT, read_file, says_errors_plainly, typed_key
from kiosk.commands.verify import noted_by_hand, noted_in_mail
from kiosk.config import Settings, load_settings
from kiosk.duty.mssi import to_mssi
from kiosk.errors import KioskError, SettingsError, StoreError
from kiosk.mail.system.restored import Restored
from kiosk.store.base.connection import open_database
from kiosk.store.instance import restore as steps
from kiosk.store.instance import start
from kiosk.store.instance.proof import Proof
from kiosk.store.instance.restore import Doubts, Staged
from kiosk.store.keys.backup_signing import from_text as letters_from_text
from kiosk.store.keys.recovery import from_text
from kiosk.store.outbox.deliveries import NewDelivery

YES = ("oui", "o")


@click.command()
@click.argument("file", metavar="FICHIER", type=FILE)
@click.option(
    "--key-file",
    type=FILE,
    metavar="FICHIER",
    help="La clé telle qu'affichée, ou backup.key ; sinon elle est demandée.",
)
@click.option("--letters", metavar="LETTRES", help="Les lettres de contrôle du papier ; sinon elles sont demandées.")
@click.option("--head", multiple=True, metavar="NUMÉRO:EMPREINTE", help="Une tête de la trace, à la place des lettres.")
@click.option("--mail", multiple=True, type=FILE, metavar="FICHIER", help="Un courriel conservé (.eml), de même.")
@click.option("--replace", is_flag=True, help="Met de côté la base et les fichiers présents.")
@click.option(
    "--yes", is_flag=True, help="Ne demande pas d'accord après avoir montré ce que la sauvegarde apporterait."
)
@says_errors_plainly
def restore(
    file: Path,
    key_file: Path | None,
    letters: str | None,
    head: tuple[str, ...],
    mail: tuple[Path, ...],
    replace: bool,
    yes: bool,
) -> None:
    """Remet en place ce que kiosk backup a écrit dans FICHIER ; la borne doit être arrêtée."""
    settings = load_settings()
    if not yes and not _at_a_terminal():
        raise KioskError("Personne ne peut donner son accord ici : ajoutez --yes. Rien n'a été modifié.")
    private_key = from_text(_key_text(key_file))
    proof = _proof(letters, head, mail)
    agree = _agreement(settings, replace=replace, yes=yes)
    click.echo(restore_from(settings, file, private_key, proof, clock.now(), agree, replace=replace).as_words())


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _proof(letters: str | None, head: Sequence[str], mail: Sequence[Path]) -> Proof:
    noted = [*(each for path in mail for each in noted_in_mail(path)), *(noted_by_hand(text) for text in head)]
    if letters is None and not noted:
        if not _at_a_terminal():
            raise KioskError("Il manque --letters, --head ou --mail : sans eux, n'importe qui peut être l'auteur.")
        letters = click.prompt("Lettres de contrôle, sous la clé")
    return Proof(None if letters is None else letters_from_text(letters), [each.head for each in noted])


def _agreement(settings: Settings, *, replace: bool, yes: bool) -> Callable[[Staged], None]:
    def agree(staged: Staged) -> None:
        click.echo(preview(settings, staged, replace=replace))
        if not yes and click.prompt("Tapez oui pour la restaurer").strip().lower() not in YES:
            raise StoreError("Personne n'a donné son accord : rien n'a été modifié.")

    return agree


def _key_text(key_file: Path | None) -> str:
    """Never from the command line, which every local user can read."""
    if key_file:
        return read_file(key_file)
    if not _at_a_terminal():
        return read_file(STANDARD_INPUT)
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
    settings: Settings,
    source: Path,
    private_key: X25519PrivateKey,
    proof: Proof,
    now: datetime,
    agree: Callable[[Staged], None],
    *,
    replace: bool,
) -> RestoreOutcome:
    """Raises StoreError: the instance is then unchanged, or refuses to start until a restore succeeds.

    ``agree`` is called before any change, and raises what stops the restore.
    """
    start.make_folder(settings)
    with start.alone(settings):
        if settings.database.exists() and not replace:
            raise StoreError("Il y a déjà une base : --replace la met de côté. Rien n'a été modifié.")
        stamp = steps.stamp_of(settings, now)
        staged = steps.unpack(settings, source, private_key, proof)
        _judge(settings, staged, agree, replace=replace)
        try:
            return _put_back(settings, staged, stamp, now, replace=replace)
        except steps.FAILURES as error:
            what = f"La restauration s'est interrompue ({error}) : réparez ou libérez le disque, puis recommencez."
            raise StoreError(what) from error


def _judge(settings: Settings, staged: Staged, agree: Callable[[Staged], None], *, replace: bool) -> None:
    """Raises what refuses the backup, after removing what was unpacked."""
    try:
        if not replace and (others := steps.differing_keys(settings, staged)):
            raise StoreError(
                f"{others[0]} n'est pas la clé de la sauvegarde : --replace la met de côté. Rien n'a été modifié."
            )
        agree(staged)
    except BaseException:
        steps.discard(staged)
        raise


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
