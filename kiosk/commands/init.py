"""`kiosk init` and `kiosk staff grant`: creation and use of the recovery key, which is never stored."""

import secrets
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk import clock
from kiosk.commands.shared import opened, read_file, says_errors_plainly, typed_key
from kiosk.config import Settings, load_settings
from kiosk.domain import roles
from kiosk.domain.spelling import letters_of
from kiosk.errors import KeyTextError, StaffError
from kiosk.store.base.connection import Database
from kiosk.store.instance import init as instance_init
from kiosk.store.keys import age_keys, backup_signing, confirmation, grants, password_wrap, reader_keys, recovery
from kiosk.store.staff import accounts
from kiosk.store.staff.passwords import as_bytes

PAPER = """La clé de secours de cette borne :

{key}

La même clé, pour le programme age, qui ouvre une sauvegarde même sans borne :

{identity}

Les lettres de contrôle de ses sauvegardes, que kiosk restore demande pour n'en accepter aucune d'autrui :

{letters}

Notez tout cela ou imprimez-le maintenant : la clé n'est affichée que cette fois, et n'est gardée nulle part sur cette
machine. Remettez-la au MSSI, qui la garde dans un coffre. Elle ouvre tous les signalements quand plus aucun mot de
passe ne les ouvre, et toutes les sauvegardes.
Elle est valable une fois que cette commande dit « terminé » ; sinon, détruisez le papier et recommencez.
"""
SAME_FINGERPRINT = "Empreinte de la clé de « {} » : {}. La personne lit-elle la même sur sa page « Mon compte » ?"
READ_NOW = (
    "Lisent dès maintenant les signalements (comparez chaque empreinte avec la page « Mon compte » de la personne ; au"
    " moindre doute : kiosk staff disable NOM) :"
)


TRIES = 3
WHICH = "Pour vérifier le papier, tapez le groupe {} de la ligne {} de la clé"
NOT_COPIED = (
    "Ce groupe n'est pas celui de la clé affichée, qui n'est donc PAS valable : détruisez ce papier et recommencez."
    " Rien n'a été modifié."
)
Check = Callable[[str], None]  # gets the lines of a key; raises KioskError


def unchecked(lines: str) -> None:
    return


def paper_of(key: X25519PrivateKey, signer: bytes) -> str:
    letters = backup_signing.check_letters(signer)
    return PAPER.format(key=recovery.to_text(key), identity=age_keys.identity(key), letters=letters)


def split_keys(
    db: Database, settings: Settings, show: Callable[[str], None], now: datetime, *, check: Check = unchecked
) -> bool:
    """Seal the site keys to a new recovery key and to the readers; False, without any change, if done before.

    The key is shown before it becomes valid: an interruption leaves a paper that opens nothing, never keys that no
    paper opens. ``check`` gets the key's lines and may refuse. Raises StoreError when a site's key is missing.
    """
    if recovery.current(db):
        return False
    list(instance_init.demand_files(db, settings.secrets))
    key = X25519PrivateKey.generate()
    show(paper_of(key, backup_signing.public_key(settings.secrets)))
    check(recovery.to_text(key))
    instance_init.split(db, settings, key.public_key().public_bytes_raw(), now)
    return True


def renew(
    db: Database,
    settings: Settings,
    name: str,
    password: str,
    show: Callable[[str], None],
    now: datetime,
    *,
    check: Check = unchecked,
) -> None:
    """Replace the recovery key; needs a reader of every site. Raises StaffError or StoreError, without change."""
    account = accounts.find(db, name)
    pair = reader_keys.current(db, account.member.id) if account and account.active else None
    if pair is None or recovery.current(db) is None:
        raise StaffError(
            f"« {name} » n'a pas de clé : il faut quelqu'un qui lit les signalements, et kiosk init avant."
        )
    private = password_wrap.unwrap(pair.wrapped, pair.public_key, as_bytes(password))
    opened = grants.opened_by_reader(db, private)
    instance_init.demand_all(db, opened, name)
    key = X25519PrivateKey.generate()
    signer = backup_signing.public_key(settings.secrets)
    show(paper_of(key, signer))
    check(recovery.to_text(key))
    instance_init.renew_recovery(db, opened, key.public_key().public_bytes_raw(), signer, now, by=name)


def still_in_files(db: Database, settings: Settings) -> list[str]:
    """Names of sites whose keys no account opens yet: only the disk's encryption protects these."""
    names = {site.id: site.name for site in settings.sites}
    readable = grants.readable(db)
    return sorted({names.get(key.site, key.site) for key in grants.site_keys(db) if key.id not in readable})


def grant_keys(db: Database, name: str, typed: str, now: datetime) -> int:
    """Grant an account the keys that it may read; return their number.

    Raises StaffError for an account that can hold no key or has none yet, KeyTextError and StoreError for a wrong key.
    """
    account = accounts.find(db, name)
    if account is None or not account.active or account.member.role not in roles.READERS:
        raise StaffError(
            f"« {name} » ne lit pas de signalements, il n'y a rien à lui confier : voyez kiosk staff list."
        )
    reader = next((each for each in reader_keys.readers(db) if each.name == name), None)
    if reader is None:
        raise StaffError(
            f"« {name} » n'a pas encore de clé : elle est créée à sa prochaine connexion, ou avec"
            f" son premier mot de passe."
        )
    opened = grants.opened_by_recovery(db, recovery.from_text(typed))
    return confirmation.confirm(db, reader, opened, now, by=grants.RECOVERY)


def compare_fingerprint(db: Database, name: str) -> None:
    """At a terminal, ask whether the person reads the same. Nothing for an account without a key."""
    for reader in (each for each in reader_keys.readers(db) if each.name == name):
        if sys.stdin.isatty():
            click.confirm(SAME_FINGERPRINT.format(name, reader.fingerprint), abort=True, err=True)


def those_who_read(db: Database, settings: Settings) -> str:
    """Readers to whom `kiosk init` gives the keys, each with the fingerprint to compare."""
    names = {site.id: site.name for site in settings.sites}
    lines = [
        f"  {reader.name} ({', '.join(names.get(site, site) for site in reader.sites) or 'tous les sites'}),"
        f" empreinte {reader.fingerprint}"
        for reader in reader_keys.trusted(db)
    ]
    return "\n".join([READ_NOW, *lines]) if lines else ""


@click.command()
@click.option(
    "--new-recovery-key",
    "reader",
    metavar="NOM",
    help="Remplace une clé perdue ; NOM, qui lit tous les sites, saisit son mot de passe.",
)
@says_errors_plainly
def init(reader: str | None) -> None:
    """Affiche la clé de secours, une seule fois, et ne laisse aucune clé qui ouvre un signalement sans mot de passe."""

    settings = load_settings()
    if reader:
        _renew(settings, reader.lower())
        return
    with opened(settings) as db:
        if not split_keys(db, settings, _show, clock.now(), check=_ask_back):
            click.echo("kiosk : cela a déjà été fait. Rien n'a été modifié.", err=True)
            sys.exit(1)
        left, readers = still_in_files(db, settings), those_who_read(db, settings)
    click.echo("terminé : la clé de secours ci-dessus est valable.")
    if readers:
        click.echo(readers, err=True)
    for site in left:
        click.echo(
            f"La clé de « {site} » reste dans son fichier jusqu'à la connexion de quelqu'un qui peut lire ce site.",
            err=True,
        )


@click.command()
@click.argument("name", metavar="NOM")
@click.option(
    "--recovery-file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FICHIER",
    help="Lit la clé de secours dans ce fichier (- : entrée standard).",
)
@says_errors_plainly
def grant(name: str, recovery_file: Path | None) -> None:
    """Permet à NOM de lire, avec la clé de secours, quand aucun collègue ne peut plus le faire."""

    settings = load_settings()
    written = None if recovery_file is None else read_file(recovery_file)
    with opened(settings) as db:
        compare_fingerprint(db, name.lower())
        typed = typed_key("clé de secours") if written is None else written
        count = grant_keys(db, name.lower(), typed, clock.now())
    click.echo(f"Clés confiées à {name.lower()} : {count}." if count else f"{name.lower()} peut déjà tout lire.")


def _renew(settings: Settings, reader: str) -> None:

    password = click.prompt(f"Mot de passe de {reader}", hide_input=True, err=True)
    with opened(settings) as db:
        renew(db, settings, reader, password, _show, clock.now(), check=_ask_back)
    click.echo(
        "terminé : la clé de secours ci-dessus est valable. La précédente n'ouvre plus que les"
        " sauvegardes faites jusqu'ici :"
        " faites-en une nouvelle."
    )


def _ask_back(lines: str) -> None:
    """At a terminal, ask for one group of the key that was shown: it becomes valid once somebody can read the paper."""
    if not _at_a_terminal():
        return
    line = secrets.randbelow(recovery.LINES)
    groups = lines.splitlines()[line].split("-")
    group = secrets.randbelow(len(groups))
    for _ in range(TRIES):
        typed = click.prompt(WHICH.format(group + 1, line + 1), err=True)
        if letters_of(typed) == groups[group]:
            return
    raise KeyTextError(NOT_COPIED)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _show(text: str) -> None:
    """Flush before anything changes: a closed pipe stops the command here."""
    click.echo(text)
    sys.stdout.flush()
