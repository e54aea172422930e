"""`kiosk purge`: erasure of what has passed its retention period."""

import getpass
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import click

from kiosk import clock
from kiosk.commands.shared import as_columns, opened, says_errors_plainly
from kiosk.config import Settings, load_settings
from kiosk.errors import KioskError
from kiosk.keeping import announcement
from kiosk.keeping import purge as purging
from kiosk.keeping.old_backups import old_backups, remove_old_backups
from kiosk.store.base.connection import Database
from kiosk.store.keeping import announcements, erasure
from kiosk.store.keeping.announcements import STEADY_DAYS
from kiosk.store.keeping.purgeable import PurgeableReport

PATIENCE = 10  # tries to overwrite the log, a second apart
STAGES = {"contact": "coordonnées", "content": "contenu et tout ce qui a été écrit"}
KEPT_BY = {
    "open": "pas encore pris en charge",
    "undelivered": "un courriel n'est pas parti",
    "held": "gelé sur décision d'une personne",
    "undecided": "personne n'a décidé au sujet de sa violation de données personnelles",
}


@dataclass(frozen=True, slots=True)
class Purged:
    """Reports erased, or to be erased. ``log_clean``: the bytes have left the database's log as well."""

    erased: Sequence[PurgeableReport]
    coming: Sequence[PurgeableReport]
    kept_back: dict[str, dict[str, int]] = field(default_factory=dict)
    backups: int = 0
    trace_cut: bool = False
    log_clean: bool = True


def look(db: Database, settings: Settings, now: datetime) -> Purged:
    """Changes nothing."""
    plan = purging.plan(db, settings, now)
    backups = len(old_backups(settings, now))
    return Purged(plan.going, plan.coming, purging.kept_back(db, settings, now), backups)


def erase(db: Database, settings: Settings, now: datetime, *, clock_is_right: bool) -> Purged:
    """Raises KioskError while the clock is not trusted yet, unless ``clock_is_right``."""
    who = system_user()
    outlook = announcements.note_look(db, now=now)
    if not (outlook.steady or clock_is_right):
        raise KioskError(
            f"Rien n'a été effacé : l'horloge indique {clock.local(now):%d/%m/%Y %H:%M}, et la"
            f" borne ne l'a observée que"
            f" {outlook.days} jours de suite sur {STEADY_DAYS}. Attendez, ou ajoutez"
            f" --clock-is-right si cette date est la bonne."
        )
    erased: list[PurgeableReport] = []
    while some := purging.erase_some(db, settings, now, who=who):
        erased += some
    cut = False
    while purging.shorten_trace(db, settings, now, who=who, every=timedelta(0)):
        cut = True
    backups = remove_old_backups(db, settings, now, who=who)
    announcement.announce(db, settings, outlook, now)
    return Purged(erased, (), purging.kept_back(db, settings, now), backups, cut, _clean_log(db))


def as_words(purged: Purged, *, dry_run: bool) -> str:
    lines = [_table(purged.erased)] if purged.erased else []
    counted = Counter(each.stage for each in purged.erased)
    lines += [f"{_verb(dry_run)} {STAGES[stage]} × {number}." for stage, number in sorted(counted.items())]
    if not purged.erased:
        lines.append("Rien n'est à effacer.")
    lines += _kept_back(purged.kept_back)
    if purged.coming:
        lines += [
            f"Seront annoncés au MSSI avant l'effacement de leur contenu : {len(purged.coming)}",
            _table(purged.coming),
        ]
    if purged.backups:
        lines.append(f"{_verb(dry_run)} anciennes copies × {purged.backups}.")
    if purged.trace_cut:
        lines.append("Les événements trop anciens ont été retirés de la trace.")
    if not purged.log_clean:
        lines.append("Le journal de la base est encore lu : l'envoi des courriels l'effacera dès que possible.")
    return "\n".join(lines)


def _verb(dry_run: bool) -> str:
    return "Serait effacé :" if dry_run else "Effacé :"


def _kept_back(counted: dict[str, dict[str, int]]) -> Iterator[str]:
    for stage, reasons in counted.items():
        for word, number in reasons.items():
            if number:
                yield f"Gardé malgré son âge : {STAGES[stage]} × {number} ({KEPT_BY.get(word, word)})."


def system_user() -> str:
    """For the trace. The colon tells it from accounts of the console."""
    try:
        return f"system:{getpass.getuser()}"
    except (KeyError, OSError):  # a user id without a name, as in a container
        return "system"


def _table(dues: Sequence[PurgeableReport]) -> str:
    rows = [("RÉFÉRENCE", "TYPE", "REÇU", "AU REPOS DEPUIS", "RÈGLE", "ÉTAPE")]
    for each in dues:
        received, rested = (f"{clock.local(moment):%Y-%m-%d}" for moment in (each.received_at, each.rested_at))
        rows.append((each.reference, each.kind, received, rested, each.reason, each.stage))
    return as_columns(rows)


def _clean_log(db: Database) -> bool:
    for _ in range(PATIENCE):
        if erasure.clean_log(db):
            return True
        time.sleep(1)
    return False


@click.command()
@click.option("--dry-run", is_flag=True, help="Montre ce qui serait effacé, sans rien modifier.")
@click.option("--clock-is-right", is_flag=True, help="Vous l'avez vérifié : la date de la borne est la bonne.")
@says_errors_plainly
def purge(dry_run: bool, clock_is_right: bool) -> None:
    """Efface ce qui a été gardé assez longtemps (la borne le fait aussi d'elle-même)."""
    settings, now = load_settings(), clock.now()
    with opened(settings) as db:
        purged = look(db, settings, now) if dry_run else erase(db, settings, now, clock_is_right=clock_is_right)
    click.echo(as_words(purged, dry_run=dry_run))
